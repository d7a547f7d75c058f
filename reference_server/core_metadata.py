"""Core metadata, read out of the distributions themselves. Nothing is unpacked, and nothing is trusted.

Source: PyPA "Core metadata", "Binary distribution format", "Source distribution format".
"""

from __future__ import annotations

import gzip
import io
import re
import struct
import tarfile
import zipfile
import zlib
from email.parser import BytesHeaderParser
from typing import IO, TYPE_CHECKING

from reference_server.grammar import name_and_version

if TYPE_CHECKING:
    from typing_extensions import Buffer

    from reference_server.store.blobs import Blob

MAX_DOCUMENT = 8 * 1024 * 1024  # bytes of one metadata file
MAX_MEMBERS = 20_000  # of one archive
MAX_DIRECTORY = 4 * 1024 * 1024  # bytes of a zip archive's list of members
MAX_UNPACKED = 64 * 1024 * 1024  # bytes of a tar archive that are looked through

BROKEN = (
    *(tarfile.TarError, zipfile.BadZipFile, zlib.error, struct.error, EOFError, OSError, ValueError),
    *(ArithmeticError, LookupError, RuntimeError),  # what the archives' readers raise for nonsense
)
# What an installer decides by: a value that building may still change must not be taken from an sdist.
DECISIVE = frozenset({"requires-dist", "requires-python", "provides-extra"})

_VERSION = re.compile(r"2\.([0-9]{1,9})", re.ASCII)


def read(filename: str, blob: Blob) -> bytes | None:
    """Give a wheel's METADATA or an sdist's PKG-INFO as it is, or None when there is not exactly one.

    So also when the archive is broken, or larger than is sensible.
    """
    look = _in_tar if filename.endswith(".tar.gz") else _in_zip
    try:
        with blob.open() as stream:
            return look(filename, stream)
    except BROKEN:
        return None


def is_final(filename: str, document: bytes) -> bool:
    """Tell whether installing can change nothing that matters in this metadata: always so in a wheel.

    In an sdist from Metadata-Version 2.2 on, when nothing decisive is Dynamic.
    """
    if filename.endswith(".whl"):
        return True
    headers = BytesHeaderParser().parsebytes(document)
    version = _VERSION.fullmatch(str(headers.get("Metadata-Version", "")).strip())
    dynamic = {str(field).strip().lower() for field in headers.get_all("Dynamic", [])}
    return version is not None and int(version[1]) >= 2 and not dynamic & DECISIVE


def requires_python(document: bytes) -> str | None:
    """Give the value of Requires-Python, if the metadata has one."""
    value = BytesHeaderParser().parsebytes(document).get("Requires-Python")
    return str(value).strip() or None if value is not None else None


def _in_zip(filename: str, stream: IO[bytes]) -> bytes | None:
    if not _is_small_directory(stream):
        return None
    with zipfile.ZipFile(stream) as archive:
        members = archive.infolist()
        found = [member for member in members if _is_document(member.filename, filename)]
        if len(members) > MAX_MEMBERS or len(found) != 1 or found[0].file_size > MAX_DOCUMENT:
            return None
        with archive.open(found[0]) as document:
            return _whole(document)


def _is_small_directory(stream: IO[bytes]) -> bool:
    """Look at the size that a zip archive says its list of members has, before all of it is read."""
    end = stream.seek(0, io.SEEK_END)
    stream.seek(max(0, end - 22 - 0xFFFF - 20))
    tail = stream.read()
    place = tail.rfind(b"PK\5\6")
    is_large = b"PK\6\7" in tail[max(0, place - 20) : max(0, place)]  # ZIP64
    if place < 0 or is_large or len(tail) < place + 22:
        return False
    (size,) = struct.unpack_from("<L", tail, place + 12)
    return bool(size <= MAX_DIRECTORY)


def _in_tar(filename: str, stream: IO[bytes]) -> bytes | None:
    with (
        gzip.GzipFile(fileobj=stream) as unpacked,
        tarfile.open(fileobj=io.BufferedReader(_Bounded(unpacked, MAX_UNPACKED)), mode="r|") as archive,
    ):
        for number, member in enumerate(archive):
            if number >= MAX_MEMBERS:
                return None
            if member.isreg() and member.size <= MAX_DOCUMENT and _is_document(member.name, filename):
                document = archive.extractfile(member)
                return _whole(document) if document else None
    return None


def _is_document(path: str, filename: str) -> bool:
    folder, _, name = path.removeprefix("./").partition("/")
    if filename.endswith(".whl"):
        return name == "METADATA" and _agrees(folder, ".dist-info", filename)
    return name == "PKG-INFO" and _agrees(folder, "", filename)


def _agrees(folder: str, suffix: str, filename: str) -> bool:
    """Tell whether the folder is named after the file's name and version."""
    stem = folder.removesuffix(suffix)
    told = name_and_version(f"{stem}.tar.gz") if folder.endswith(suffix) else None
    return told is not None and told == name_and_version(filename)


def _whole(document: IO[bytes]) -> bytes | None:
    content = document.read(MAX_DOCUMENT + 1)
    return content if len(content) <= MAX_DOCUMENT else None


class _Bounded(io.RawIOBase):
    """Reads from a stream, up to a limit. Raises `OSError` beyond it."""

    def __init__(self, stream: gzip.GzipFile, limit: int) -> None:
        self._stream = stream
        self._left = limit

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Buffer) -> int:
        room = memoryview(buffer).cast("B")
        data = self._stream.read(len(room))
        self._left -= len(data)
        if self._left < 0:
            raise OSError("too much to look through")
        room[: len(data)] = data
        return len(data)
