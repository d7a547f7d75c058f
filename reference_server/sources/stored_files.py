"""Distributions that lie on disk and stay where they are: digests and metadata are read when they are asked for."""

from __future__ import annotations

import gzip
import hashlib
import os
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

from reference_server.archives import core_metadata
from reference_server.archives.archive import LIMITS, Archive, Document, is_document
from reference_server.archives.opening import open_archive
from reference_server.archives.reading import BROKEN
from reference_server.archives.tarballs import members
from reference_server.model import CoreMetadata, PackageFile
from reference_server.model.blob import ALGORITHMS, Blob, new_hash
from reference_server.model.errors import ArchiveError, PackageNotFoundError
from reference_server.model.grammar import is_valid_requires_python

if TYPE_CHECKING:
    from collections.abc import Iterator

    from reference_server.archives.member import Member

KEPT = 20_000
"""The number of files whose digests and metadata are remembered."""
MAX_UNPACKED = 256 * 1024 * 1024  # bytes of an sdist before its metadata
CHUNK = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Stamp:
    """A file as it was found. A file with the same stamp is taken to have the same content."""

    path: str
    size: int
    modified: int
    """In nanoseconds since 1970."""

    @classmethod
    def of(cls, path: str | Path, found: os.stat_result | None = None) -> Stamp:
        """Look at a file. Raises `OSError`."""
        stat = found or os.stat(path)  # noqa: PTH116 - of a text, a thousand times
        return cls(str(path), stat.st_size, stat.st_mtime_ns)

    @property
    def is_current(self) -> bool:
        """Whether the file is still there and the same."""
        try:
            return Stamp.of(self.path) == self
        except OSError:
            return False


class StoredBlob(Blob):
    """The bytes of a file that is not the registry's own: it is never deleted."""

    __slots__ = ("stamp",)
    stamp: Stamp

    @classmethod
    def at(cls, stamp: Stamp, *, sha256: str = "") -> StoredBlob:
        """Return the blob of a file, whose sha256 may be known."""
        blob = cls(Path(stamp.path), stamp.size, Digests(stamp, sha256=sha256))
        object.__setattr__(blob, "stamp", stamp)
        return blob

    def open(self) -> BinaryIO:
        """Open it for reading. Raises `PackageNotFoundError` if it was removed or replaced."""
        if not self.stamp.is_current:
            raise PackageNotFoundError
        return Path(self.stamp.path).open("rb")

    def read(self) -> bytes:
        """Return all bytes. Raises `PackageNotFoundError` if it was removed or replaced."""
        with self.open() as stream:
            return stream.read()

    def remove(self) -> None:
        """Do nothing."""


class Digests(Mapping[str, str]):
    """The digests of a file, in hex. Raises `PackageNotFoundError` if the file was removed or replaced."""

    def __init__(self, stamp: Stamp, *, sha256: str = "") -> None:
        self._stamp = stamp
        self._known = {"sha256": sha256} if sha256 else {}

    def __getitem__(self, name: str) -> str:
        if name not in ALGORITHMS:
            raise KeyError(name)
        try:
            return self._known.get(name) or _digests(self._stamp)[name]
        except OSError as gone:
            raise PackageNotFoundError from gone

    def __iter__(self) -> Iterator[str]:
        return iter(ALGORITHMS)

    def __len__(self) -> int:
        return len(ALGORITHMS)

    def __eq__(self, other: object) -> bool:
        """Compare with those of another file by their stamps, and with other mappings if the file is still there."""
        if isinstance(other, Digests):
            return self._stamp == other._stamp
        try:
            return isinstance(other, Mapping) and len(other) == len(self) and dict(self) == dict(other)
        except PackageNotFoundError:
            return False

    def __hash__(self) -> int:
        return hash(self._stamp)


class StoredFile(PackageFile):
    """A file whose Requires-Python and metadata are read when they are first asked for."""

    __slots__ = ("stamp",)
    stamp: Stamp

    @classmethod
    def at(cls, stamp: Stamp, **known: Any) -> StoredFile:
        """Return the file with what is known of it: all but `requires_python` and `core_metadata`."""
        file = cls.__new__(cls)
        blob = StoredBlob.at(stamp)
        for name, value in {
            "stamp": stamp,
            "blob": blob,
            "digests": blob.digests,
            "yanked": None,
            "provenance": None,
            "published_by": None,
            **known,
        }.items():
            object.__setattr__(file, name, value)
        return file

    def __getattr__(self, name: str) -> Any:
        if name not in {"requires_python", "core_metadata"}:
            raise AttributeError(name)
        required, metadata = _metadata(self.stamp, self.filename)
        object.__setattr__(self, "requires_python", required)
        object.__setattr__(self, "core_metadata", metadata)
        return object.__getattribute__(self, name)


@lru_cache(maxsize=KEPT)
def sha256_of(stamp: Stamp) -> str:
    """Return the sha256 of a file, in hex. Raises `OSError`."""
    with Path(stamp.path).open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


@lru_cache(maxsize=KEPT)
def _digests(stamp: Stamp) -> Mapping[str, str]:
    """Hash a file. Raises `OSError`, also if it changes meanwhile."""
    hashes = {each: new_hash(each) for each in ALGORITHMS}
    with Path(stamp.path).open("rb") as stream:
        while piece := stream.read(CHUNK):
            for each in hashes.values():
                each.update(piece)
    if not stamp.is_current:
        raise FileNotFoundError(stamp.path)
    return {name: each.hexdigest() for name, each in hashes.items()}


@lru_cache(maxsize=KEPT)
def _metadata(stamp: Stamp, filename: str) -> tuple[str | None, CoreMetadata | None]:
    """Read Requires-Python, and the metadata if it may be offered. Neither of a broken archive."""
    try:
        archive = _archive(stamp, filename)
    except (ArchiveError, *BROKEN):
        return None, None
    document = core_metadata.read(archive) if archive else None
    if document is None:
        return None, None
    required = core_metadata.requires_python(document) or ""
    offered = core_metadata.is_final(filename, document)
    return (
        required if required and is_valid_requires_python(required) else None,
        CoreMetadata(document) if offered else None,
    )


def _archive(stamp: Stamp, filename: str) -> Archive | None:
    """Open a distribution. An sdist is unpacked as far as its metadata."""
    if not filename.endswith(".tar.gz"):
        return open_archive(filename, StoredBlob.at(stamp), LIMITS)

    def is_wanted(member: Member) -> bool:
        return is_document(member.path, filename) and member.size <= LIMITS.document

    with gzip.open(stamp.path) as stream:
        for member, content in members(_Limited(stream), is_wanted):
            if content is not None:
                return Archive(filename=filename, members=(), documents=(Document(member.path, content),))
    return None


class _Limited:
    """Reads a part of a stream. Raises `ValueError` beyond it."""

    def __init__(self, stream: gzip.GzipFile) -> None:
        self._stream = stream
        self._left = MAX_UNPACKED

    def read(self, size: int) -> bytes:
        content = self._stream.read(size)
        self._left -= len(content)
        if self._left < 0:
            raise ValueError("too much before the metadata")
        return content
