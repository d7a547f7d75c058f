"""Reads tar archives in one pass, in constant memory, without seeking.

`tarfile` reads extension headers of any size into memory, and ends silently at a broken header.
Source: PyPA "Source distribution format", which requires the POSIX.1-2001 pax format.
"""

from __future__ import annotations

import re
import tarfile
from typing import TYPE_CHECKING, Protocol

from reference_server.archives.member import Kind, Member

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

BLOCK = tarfile.BLOCKSIZE
CHUNK = 64 * 1024  # bytes to read at once when skipping
MAX_EXTENSION = 256 * 1024  # bytes of one extension header, which is kept in memory

_SPARSE = "GNU.sparse."

_EMPTY = bytes(BLOCK)
_USUAL = re.compile(
    rb"([^\0]{1,100})\0*(?<=^.{100})(?:[0-7]{7}\0){3}([0-7]{11})\0[0-7]{11}\0([0-7]{6})\0 ([05])\0{100}"
    rb"(?:ustar\0(?:00).{64}(?:0{7}\0|\0{8}){2}\0{167})",
    re.DOTALL,
)
"""A header of a file or a folder as almost all programs write it, without a prefix of its path."""
_EXTENSIONS = frozenset(
    {tarfile.XHDTYPE, tarfile.SOLARIS_XHDTYPE, tarfile.XGLTYPE}
    | {tarfile.GNUTYPE_LONGNAME, tarfile.GNUTYPE_LONGLINK}
)
_WITHOUT_DATA = frozenset({tarfile.DIRTYPE, tarfile.LNKTYPE, tarfile.SYMTYPE}) | frozenset(
    {tarfile.CHRTYPE, tarfile.BLKTYPE, tarfile.FIFOTYPE}
)


_KINDS = {
    **dict.fromkeys((tarfile.REGTYPE, tarfile.AREGTYPE, tarfile.CONTTYPE), Kind.FILE),
    tarfile.DIRTYPE: Kind.FOLDER,
    tarfile.SYMTYPE: Kind.SYMLINK,
    tarfile.LNKTYPE: Kind.HARDLINK,
    tarfile.GNUTYPE_SPARSE: Kind.SPARSE,
}


class Unpacked(Protocol):
    """The decompressed stream."""

    def read(self, size: int) -> bytes:
        """Return `size` bytes, fewer only at the end."""


def members(stream: Unpacked, wanted: Callable[[Member], bool]) -> Iterator[tuple[Member, bytes | None]]:
    """Yield each member. The content of `wanted` members is read into memory; for others it is None.

    Raises `ValueError`, `EOFError` and `tarfile.HeaderError` for a broken or truncated archive.
    """
    for_all: dict[str, str] = {}
    for_next: dict[str, str] = {}
    block = stream.read(BLOCK)
    if not block:
        raise EOFError
    while block and block != _EMPTY:
        header = _header(block)
        if header.type in _EXTENSIONS:
            (for_all if header.type == tarfile.XGLTYPE else for_next).update(_extension(stream, header))
        else:
            if header.type == tarfile.GNUTYPE_SPARSE:
                _skip_map(stream, block)
            member = _member(header, for_all | for_next)
            for_next.clear()
            if wanted(member):
                yield member, _content(stream, member.size)
            else:
                _skip(stream, _padded(member.size))
                yield member, None
        block = stream.read(BLOCK)
    _nothing_follows(stream)


def _header(block: bytes) -> tarfile.TarInfo:
    """Read a header as `tarfile` does, which takes ten times as long for usual ones."""
    usual = _USUAL.fullmatch(block)
    if usual is None or sum(block) - sum(block[148:156]) + 8 * 32 != int(usual[3], 8):
        return tarfile.TarInfo.frombuf(block, "utf-8", "surrogateescape")
    header = tarfile.TarInfo(_text(usual[1]))
    header.size, header.type = int(usual[2], 8), usual[4]
    if header.type == tarfile.DIRTYPE:
        header.name = header.name.rstrip("/")
    return header


def _member(header: tarfile.TarInfo, extensions: dict[str, str]) -> Member:
    size = 0 if header.type in _WITHOUT_DATA else _positive(int(extensions.get("size", header.size)))
    return Member(
        path=extensions.get("path", header.name),
        kind=Kind.SPARSE if _SPARSE in extensions else _KINDS.get(header.type, Kind.SPECIAL),
        size=size,
        target=extensions.get("linkpath", header.linkname),
    )


def _extension(stream: Unpacked, header: tarfile.TarInfo) -> dict[str, str]:
    """Read an extension header, which applies to the next member or to all following ones."""
    if _positive(header.size) > MAX_EXTENSION:
        raise ValueError("an extension header that is too long")
    content = _content(stream, header.size)
    if header.type == tarfile.GNUTYPE_LONGNAME:
        return {"path": _text(content.partition(b"\0")[0])}
    if header.type == tarfile.GNUTYPE_LONGLINK:
        return {"linkpath": _text(content.partition(b"\0")[0])}
    return dict(_effective(_records(content)))


def _effective(records: Iterable[tuple[str, str]]) -> Iterator[tuple[str, str]]:
    """Yield the records that say something of a member, a few at most however long the header is."""
    for key, value in records:
        if key.startswith(_SPARSE):
            yield _SPARSE, ""
        elif key in {"path", "linkpath", "size"}:
            yield key, value


def _records(content: bytes) -> Iterator[tuple[str, str]]:
    """Yield pax records: each is its own length, a space, `key=value` and a line feed."""
    at = 0
    while at < len(content) and content[at]:
        blank = content.index(b" ", at)
        end = at + int(content[at:blank])
        if not blank < end <= len(content):
            raise ValueError("a record of the wrong length")
        key, _, value = content[blank + 1 : end - 1].partition(b"=")
        yield _text(key), _text(value)
        at = end


def _skip_map(stream: Unpacked, block: bytes) -> None:
    """Skip the further map blocks of an old GNU sparse file."""
    is_extended = block[482]
    while is_extended:
        is_extended = _content(stream, BLOCK)[504]


def _content(stream: Unpacked, size: int) -> bytes:
    content = stream.read(_padded(size))
    if len(content) < _padded(size):
        raise EOFError
    return content[:size]


def _skip(stream: Unpacked, size: int) -> None:
    while size:
        passed = len(stream.read(min(size, CHUNK)))
        if not passed:
            raise EOFError
        size -= passed


def _nothing_follows(stream: Unpacked) -> None:
    """Read to the end, which also verifies the compressed data."""
    while rest := stream.read(CHUNK):
        if rest.count(0) != len(rest):
            raise ValueError("data after the end")


def _positive(size: int) -> int:
    if size < 0:
        raise ValueError("a negative size")
    return size


def _padded(size: int) -> int:
    return -(-size // BLOCK) * BLOCK


def _text(content: bytes) -> str:
    return content.decode("utf-8", "surrogateescape")
