"""Reads zip and tar archives member by member, within limits."""

from __future__ import annotations

import gzip
import io
import stat
import struct
import tarfile
import zipfile
import zlib
from typing import IO, TYPE_CHECKING

from reference_server.archives.archive import MEGABYTE, Archive, Document, is_document, is_zip
from reference_server.archives.member import Kind, Member
from reference_server.archives.tarballs import members as members_of_tar
from reference_server.model.errors import (
    ArchiveUnreadableError,
    DirectoryTooLargeError,
    MetadataTooLargeError,
    PathTooLongError,
    TooManyMembersError,
    UnpackedTooLargeError,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from reference_server.archives.archive import ArchiveLimits
    from reference_server.model.blob import Blob

MAX_DICTIONARY = 64 * MEGABYTE  # of LZMA; its highest preset has 64 MiB
MAX_TARGET = 4096  # bytes of a link's target in a zip archive

_COMPRESSIONS = frozenset({zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA})

BROKEN = (
    *(tarfile.TarError, zipfile.BadZipFile, zlib.error, struct.error, EOFError, OSError, ValueError),
    *(ArithmeticError, LookupError, RuntimeError),  # what the readers of archives raise for invalid data
)


def read(filename: str, blob: Blob, limits: ArchiveLimits) -> Archive:
    """Read a wheel or an sdist to its end. Raises as `open_archive`."""
    reading = _Reading(filename, blob.size, limits)
    with blob.open() as stream:
        try:
            return _in_zip(reading, stream) if is_zip(filename) else _in_tar(reading, stream)
        except BROKEN as error:
            raise ArchiveUnreadableError from error


class _Reading:
    """Collects the content of one archive. Raises each `ArchiveTooLargeError` beyond the limits."""

    def __init__(self, filename: str, packed: int, limits: ArchiveLimits) -> None:
        self.limits = limits
        self.packed = packed
        self._filename = filename
        self._most = limits.most_unpacked(packed)
        self._unpacked = 0
        self._of_documents = 0
        self._members: list[Member] = []
        self._documents: list[Document] = []

    def count(self, size: int) -> None:
        """Count unpacked bytes."""
        self._unpacked += size
        if self._unpacked > self._most:
            raise UnpackedTooLargeError

    def is_wanted(self, member: Member) -> bool:
        """Return whether a member is a metadata file."""
        if member.kind is not Kind.FILE or not is_document(member.path, self._filename):
            return False
        if self._of_documents + member.size > self.limits.document:
            raise MetadataTooLargeError(self.limits.document)
        return True

    def add(self, member: Member, content: bytes | None) -> None:
        """Add a member, with its content if it is a metadata file."""
        self._members.append(member)
        if len(self._members) > self.limits.members:
            raise TooManyMembersError(self.limits.members)
        if max(len(member.path), len(member.target)) > self.limits.path:
            raise PathTooLongError(self.limits.path)
        if content is not None:
            self._of_documents += len(content)
            self._documents.append(Document(member.path, content))

    def archive(self) -> Archive:
        """Return the content of the archive."""
        return Archive(
            filename=self._filename, members=tuple(self._members), documents=tuple(self._documents)
        )


def _in_tar(reading: _Reading, stream: IO[bytes]) -> Archive:
    with gzip.GzipFile(fileobj=stream) as unpacked:
        for member, content in members_of_tar(_Counted(unpacked, reading.count), reading.is_wanted):
            reading.add(member, content)
    return reading.archive()


class _Counted:
    """Reads from a stream and counts the bytes."""

    def __init__(self, stream: gzip.GzipFile, count: Callable[[int], None]) -> None:
        self._stream = stream
        self._count = count

    def read(self, size: int) -> bytes:
        content = self._stream.read(size)
        self._count(len(content))
        return content


def _in_zip(reading: _Reading, stream: IO[bytes]) -> Archive:
    _check_directory(stream, reading.limits)
    with zipfile.ZipFile(stream) as archive:
        entries = archive.infolist()
        if sum(entry.compress_size for entry in entries) > reading.packed:  # they overlap
            raise UnpackedTooLargeError
        for entry in entries:
            member = _zip_member(archive, entry)
            reading.count(member.size)
            content = _content(archive, entry) if reading.is_wanted(member) else None
            reading.add(member, content)
    return reading.archive()


def _zip_member(archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> Member:
    if stat.S_ISLNK(entry.external_attr >> 16):
        target = _content(archive, entry) if entry.file_size <= MAX_TARGET else b""
        return Member(entry.filename, Kind.SYMLINK, 0, target.decode("utf-8", "surrogateescape"))
    return Member(entry.filename, Kind.FOLDER if entry.is_dir() else Kind.FILE, entry.file_size)


def _content(archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> bytes:
    """Read a small member, compressed in any way that Python's `zipfile`, and so pip, can read.

    Bzip2 needs 4 MB of memory at most. LZMA needs a dictionary, whose size is in the member: it is bounded.
    """
    if entry.compress_type not in _COMPRESSIONS:
        raise ValueError("an unusual compression")
    if entry.compress_type == zipfile.ZIP_LZMA and _dictionary(archive, entry) > MAX_DICTIONARY:
        raise ValueError("a large dictionary")
    with archive.open(entry) as content:
        found = content.read(entry.file_size + 1)
    if len(found) != entry.file_size:
        raise ValueError("another size than stated")
    return found


def _dictionary(archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> int:
    """Return the size of an LZMA member's dictionary. Source: APPNOTE.TXT, 5.8.8."""
    stream = archive.fp
    assert stream is not None  # noqa: S101 - the archive is open
    stream.seek(entry.header_offset)
    *_, name, extra = struct.unpack("<26s2H", stream.read(30))
    stream.seek(entry.header_offset + 30 + name + extra)
    _, size, _, dictionary = struct.unpack("<2sHBL", stream.read(9))
    return int(dictionary) if size == 5 else MAX_DICTIONARY + 1


def _check_directory(stream: IO[bytes], limits: ArchiveLimits) -> None:
    """Check the size of a zip archive's central directory before it is read.

    Source: APPNOTE.TXT, 4.3.12 to 4.3.16. Raises each `ArchiveTooLargeError`, and `ValueError` without a directory.
    """
    end = stream.seek(0, io.SEEK_END)
    stream.seek(max(0, end - 22 - 0xFFFF - 20 - 56))
    tail = stream.read()
    at = len(tail) - 22 if tail[-22:-18] == b"PK\5\6" and tail[-2:] == b"\0\0" else tail.rfind(b"PK\5\6")
    if at < 0:
        raise ValueError("no end of a zip archive")
    size, _ = struct.unpack_from("<LL", tail, at + 12)
    if tail[max(0, at - 20) :].startswith(b"PK\6\7") and tail[max(0, at - 76) :].startswith(b"PK\6\6"):
        (size,) = struct.unpack_from("<Q", tail, at - 76 + 40)
        at -= 76
    if size > limits.directory:
        raise DirectoryTooLargeError(limits.directory)
    stream.seek(end - len(tail) + at - size)
    if _count(stream.read(size)) > limits.members:
        raise TooManyMembersError(limits.members)


def _count(directory: bytes) -> int:
    at = number = 0
    while directory.startswith(b"PK\1\2", at):
        at += 46 + sum(struct.unpack_from("<HHH", directory, at + 28))
        number += 1
    return number
