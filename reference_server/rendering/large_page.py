"""A list of projects that is too long to be held: its links are made one by one, and its bytes are kept packed."""

from __future__ import annotations

import hashlib
import zlib
from collections.abc import Sequence
from typing import TYPE_CHECKING, overload

from reference_server.rendering.pages import ProjectLink

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

CHUNK = 64 * 1024
GZIP = 16 + zlib.MAX_WBITS


class ManyProjects(Sequence[ProjectLink]):
    """Links to projects: those that are there, and one for each of many further names, with its serial if given."""

    def __init__(
        self, first: tuple[ProjectLink, ...], names: Sequence[str], serials: Mapping[str, int] | None = None
    ) -> None:
        self._first = first
        self._names = names
        self._serials = serials

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
        return self._first[at] if 0 <= at < before else self._link(self._names[at - before])

    def __repr__(self) -> str:
        return f"ManyProjects({self._first!r}, {self._names!r}, {self._serials!r})"

    def __iter__(self) -> Iterator[ProjectLink]:
        yield from self._first
        yield from map(self._link, self._names)

    def _link(self, name: str) -> ProjectLink:
        serial = self._serials[name] if self._serials is not None else None
        return ProjectLink(name=name, url=f"{name}/", serial=serial)


class PackedPage:
    """A large page in one serialization: sent while it is made, and kept compressed once it was sent whole.

    `make` makes it piece by piece, and `identity` is another one for another page.
    """

    def __init__(self, make: Callable[[], Iterable[bytes]], media_type: str, *, identity: str) -> None:
        self.media_type = media_type
        self.digest = hashlib.sha256(f"{media_type}\n{identity}".encode()).hexdigest()[:32]
        """A digest of the page and its media type."""
        self._make = make
        self._kept: tuple[bytes, int] | None = None

    @property
    def size(self) -> int | None:
        """The bytes of the page; None as long as they are not known."""
        return self._kept[1] if self._kept else None

    def gzipped(self) -> Iterable[bytes]:
        """Return the page, compressed."""
        return [self._kept[0]] if self._kept else self._packing(packed=True)

    def pieces(self) -> Iterable[bytes]:
        """Return the page."""
        return _unpacked(self._kept[0]) if self._kept else self._packing(packed=False)

    def _packing(self, *, packed: bool) -> Iterator[bytes]:
        """Make the page, keep it, and yield it as it is or compressed."""
        packer, kept, size = zlib.compressobj(level=6, wbits=GZIP), [], 0
        for piece in self._make():
            size += len(piece)
            kept.append(packer.compress(piece))
            if sent := kept[-1] if packed else piece:
                yield sent
        kept.append(packer.flush())
        self._kept = b"".join(kept), size
        if packed:
            yield kept[-1]


def _unpacked(kept: bytes) -> Iterator[bytes]:
    unpacker = zlib.decompressobj(wbits=GZIP)
    for start in range(0, len(kept), CHUNK):
        piece = kept[start : start + CHUNK]
        while piece:
            if unpacked := unpacker.decompress(piece, CHUNK):
                yield unpacked
            piece = unpacker.unconsumed_tail
    if rest := unpacker.flush():
        yield rest
