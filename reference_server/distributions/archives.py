"""Zip and tar archives in memory, reproducible: independent of the clock and the user."""

from __future__ import annotations

import io
import struct
import tarfile
import zipfile
import zlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

_EPOCH = (1980, 1, 1, 0, 0, 0)
_LONGEST_TAR_PATH = 100
_GZIP_HEADER = b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\xff"  # deflate, no time, no system


def zip_archive(members: Mapping[str, bytes], *, compressed: bool = False) -> bytes:
    """Return a zip archive with these members, in this order."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for path, content in members.items():
            member = zipfile.ZipInfo(path, date_time=_EPOCH)
            member.compress_type = zipfile.ZIP_DEFLATED if compressed else zipfile.ZIP_STORED
            member.external_attr = 0o644 << 16
            member.create_system = 3  # Unix, wherever this runs
            archive.writestr(member, content)
    return buffer.getvalue()


def zip_members(content: bytes) -> dict[str, bytes]:
    """Return the members of a zip archive, in their order."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return {path: archive.read(path) for path in archive.namelist()}


def tar_member(path: str, content: bytes) -> tarfile.TarInfo:
    """Return the header of a regular file."""
    member = tarfile.TarInfo(path)
    member.size = len(content)
    member.mode = 0o644
    return member


def tar_header(
    path: bytes, size: int, *, kind: bytes = tarfile.REGTYPE, more: Mapping[int, bytes] | None = None
) -> bytes:
    """Return the 512-byte header of a member, for headers that `tarfile` does not write.

    `path` is at most 100 bytes; `more` are further fields by their offset. The checksum is right.
    """
    if len(path) > _LONGEST_TAR_PATH:
        raise ValueError(f"{path!r} is too long for a tar header; take a shorter name")
    header = bytearray(tar_member("", b"").tobuf(tarfile.GNU_FORMAT))
    for place, field in {0: path, 124: b"%011o\0" % size, 156: kind, **(more or {})}.items():
        header[place : place + len(field)] = field
    header[148:156] = b" " * 8
    header[148:156] = b"%06o\0 " % sum(header)
    return bytes(header)


def tar_archive(
    members: Mapping[str, bytes],
    *,
    more: Iterable[tuple[tarfile.TarInfo, bytes]] = (),
    format: int = tarfile.USTAR_FORMAT,  # noqa: A002 - tarfile's own name
) -> bytes:
    """Return an uncompressed tar archive with regular files, followed by the members in `more`."""
    plain = io.BytesIO()
    with tarfile.open(fileobj=plain, mode="w", format=format) as archive:
        for path, content in members.items():
            archive.addfile(tar_member(path, content), io.BytesIO(content))
        for member, content in more:
            archive.addfile(member, io.BytesIO(content))
    return plain.getvalue()


def tar_members(content: bytes) -> dict[str, bytes]:
    """Return the regular files of a `.tar.gz` archive, in their order."""
    with tarfile.open(fileobj=io.BytesIO(content), mode="r:gz") as archive:
        streams = {member.name: archive.extractfile(member) for member in archive if member.isreg()}
        return {path: stream.read() for path, stream in streams.items() if stream}


def gzipped(content: bytes) -> bytes:
    """Return a gzip file whose header is the same in every version of Python."""
    packer = zlib.compressobj(6, zlib.DEFLATED, -zlib.MAX_WBITS)
    return gzip_file(packer.compress(content) + packer.flush(), crc=zlib.crc32(content), size=len(content))


def gzip_file(deflated: bytes, *, crc: int, size: int) -> bytes:
    """Return the gzip file around a raw deflate stream. Source: RFC 1952."""
    return _GZIP_HEADER + deflated + struct.pack("<LL", crc, size % 2**32)
