"""A list of projects that is too long to be held: its links are made one after the other, and its bytes kept packed."""

from __future__ import annotations

import hashlib
import zlib
from collections.abc import Sequence
from typing import TYPE_CHECKING, overload

from reference_server.rendering.pages import ProjectLink

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

CHUNK = 64 * 1024
GZIP = 16 + zlib.MAX_WBITS


class ManyProjects(Sequence[ProjectLink]):
    """Links to projects: those that are there, and one for each of many further names."""

    def __init__(self, first: tuple[ProjectLink, ...], names: Sequence[str]) -> None:
        self._first = first
        self._names = names

    def __len__(self) -> int:
        return len(self._first) + len(self._names)

    @overload
    def __getitem__(self, place: int) -> ProjectLink: ...

    @overload
    def __getitem__(self, place: slice) -> tuple[ProjectLink, ...]: ...

    def __getitem__(self, place: int | slice) -> ProjectLink | tuple[ProjectLink, ...]:
        if isinstance(place, slice):
            return tuple(self[each] for each in range(*place.indices(len(self))))
        at = place if place >= 0 else place + len(self)
        before = len(self._first)
        return self._first[at] if 0 <= at < before else _link(self._names[at - before])

    def __iter__(self) -> Iterator[ProjectLink]:
        yield from self._first
        yield from map(_link, self._names)


def _link(name: str) -> ProjectLink:
    return ProjectLink(name=name, url=f"{name}/")


class PackedPage:
    """A large page in one serialization: compressed as it is made, and unpacked as it is sent."""

    def __init__(self, pieces: Iterable[bytes], media_type: str) -> None:
        self.media_type = media_type
        self.size = 0
        """The bytes of the page, unpacked."""
        digest, packer = hashlib.sha256(media_type.encode() + b"\n"), zlib.compressobj(level=6, wbits=GZIP)
        packed = []
        for piece in pieces:
            self.size += len(piece)
            digest.update(piece)
            packed.append(packer.compress(piece))
        self.gzipped = b"".join([*packed, packer.flush()])
        """The page, compressed."""
        self.digest = digest.hexdigest()[:32]
        """A digest of the page and its media type."""

    def pieces(self) -> Iterator[bytes]:
        """Yield the page."""
        unpacker = zlib.decompressobj(wbits=GZIP)
        for start in range(0, len(self.gzipped), CHUNK):
            piece = self.gzipped[start : start + CHUNK]
            while piece:
                if unpacked := unpacker.decompress(piece, CHUNK):
                    yield unpacked
                piece = unpacker.unconsumed_tail
        if rest := unpacker.flush():
            yield rest
