"""Zip archives written record by record, so that each of them can lie.

Source: the ZIP file format specification (APPNOTE), 4.3.
"""

from __future__ import annotations

import hashlib
import struct
import zlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

STORED, DEFLATED = 0, 8
ENCRYPTED = 1
"""The flag of a member that needs a password."""
_SINCE_ZIP64 = 45
_DAY = 33  # 1 January 1980
_REGULAR_FILE = 0o100644 << 16
_TO_BE_FOUND_IN_ZIP64 = 0xFFFFFFFF


@dataclass(frozen=True, kw_only=True)
class Entry:
    """One member: its bytes as they are stored, and what the archive says of them."""

    path: str
    stored: bytes
    crc: int
    size: int
    sha256: bytes
    method: int = STORED
    flags: int = 0
    local_path: str | None = None
    """The path in front of the bytes, where it is not the one in the list at the end."""
    local_extra: bytes = b""
    zip64_size: int | None = None
    """A size in ZIP64's own field, in place of `size`."""
    inside: int | None = None
    """How far into the member before it this one begins, for one that shares those bytes."""

    def head(self) -> bytes:
        """Return the local header, which stands in front of the bytes."""
        path = (self.path if self.local_path is None else self.local_path).encode()
        extra = self._zip64 + self.local_extra
        fields = (*self._fields, len(path), len(extra))
        return struct.pack("<4s5H3L2H", b"PK\3\4", *fields) + path + extra

    def listed(self, offset: int) -> bytes:
        """Return the line of the list at the end. `offset` is where the local header begins."""
        path = self.path.encode()
        made_by = 3 << 8 | self._version  # Unix
        fields = (made_by, *self._fields, len(path), len(self._zip64), 0, 0, 0, _REGULAR_FILE, offset)
        return struct.pack("<4s6H3L5H2L", b"PK\1\2", *fields) + path + self._zip64

    @property
    def _fields(self) -> tuple[int, ...]:
        size = self.size if self.zip64_size is None else _TO_BE_FOUND_IN_ZIP64
        return (self._version, self.flags, self.method, 0, _DAY, self.crc, self._stored_size, size)

    @property
    def _version(self) -> int:
        return 20 if self.zip64_size is None else _SINCE_ZIP64

    @property
    def _stored_size(self) -> int:
        return len(self.stored) if self.zip64_size is None else _TO_BE_FOUND_IN_ZIP64

    @property
    def _zip64(self) -> bytes:
        if self.zip64_size is None:
            return b""
        return struct.pack("<2H2Q", 1, 16, self.zip64_size, len(self.stored))


def entry(path: str, content: bytes) -> Entry:
    """Return an honest member, stored as it is."""
    return Entry(
        path=path,
        stored=content,
        crc=zlib.crc32(content),
        size=len(content),
        sha256=hashlib.sha256(content).digest(),
    )


def repeated(path: str, block: bytes, times: int, *, first: bytes = b"", last: bytes = b"") -> Entry:
    """Return a deflated member that has one block many times over, for the effort of one block."""
    crc, sha256 = 0, hashlib.sha256()
    for piece in (first, *[block] * times, last):
        crc = zlib.crc32(piece, crc)
        sha256.update(piece)
    return Entry(
        path=path,
        stored=_piece(first) + _piece(block) * times + _piece(last, ends=True),
        crc=crc,
        size=len(first) + len(block) * times + len(last),
        sha256=sha256.digest(),
        method=DEFLATED,
    )


def _piece(content: bytes, *, ends: bool = False) -> bytes:
    """Deflate what is to be joined: nothing refers back beyond a full flush."""
    packer = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS)
    return packer.compress(content) + packer.flush(zlib.Z_FINISH if ends else zlib.Z_FULL_FLUSH)


def archive(entries: Iterable[Entry], *, begins: int = 0, comment_size: int = 0) -> bytes:
    """Return the archive of these members.

    `begins` is its place in the file; `comment_size` is how many bytes after it the archive calls its comment.
    """
    entries = list(entries)
    body, listed, place = bytearray(), bytearray(), begins
    for each in entries:
        if each.inside is None:
            place = begins + len(body)
            body += each.head() + each.stored
        else:
            place += each.inside
        listed += each.listed(place)
    end = (0, 0, len(entries), len(entries), len(listed), begins + len(body), comment_size)
    return bytes(body + listed) + struct.pack("<4s4H2LH", b"PK\5\6", *end)
