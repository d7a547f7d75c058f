"""Zip archives written record by record, so that any record can be wrong.

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
STREAMED = 8
"""The flag of a member whose sizes follow its bytes."""
_SINCE_ZIP64 = 45
_DAY = 33  # 1 January 1980
_REGULAR_FILE = 0o100644 << 16
TO_BE_FOUND_IN_ZIP64 = 0xFFFFFFFF
"""What stands for a size that the ZIP64 field has."""


@dataclass(frozen=True, kw_only=True)
class Entry:
    """One member: its stored bytes, and the archive's statements about them."""

    path: str
    stored: bytes
    crc: int
    size: int
    sha256: bytes
    method: int = STORED
    flags: int = 0
    local_path: str | None = None
    """The path in the local header, if it differs from the central directory."""
    local_extra: bytes = b""
    zip64_size: int | None = None
    """A size in the ZIP64 field, instead of `size`."""
    inside: int | None = None
    """The offset into the previous member, for a member that shares its bytes."""
    local_size: int | None = None
    """A size in the local header, instead of `size`."""
    local_packed: int | None = None
    """A size of the stored bytes in the local header, instead of their own."""
    comment: bytes = b""
    after: bytes = b""
    """What follows the bytes, and is part of no member."""

    def head(self) -> bytes:
        """Return the local header, which precedes the bytes."""
        path = (self.path if self.local_path is None else self.local_path).encode()
        extra = self._zip64 + self.local_extra
        *fields, crc, stored, size = self._fields
        if self.flags & STREAMED:
            crc = stored = size = 0
        size = size if self.local_size is None else self.local_size
        stored = stored if self.local_packed is None else self.local_packed
        return (
            struct.pack("<4s5H3L2H", b"PK\3\4", *fields, crc, stored, size, len(path), len(extra))
            + path
            + extra
        )

    def tail(self) -> bytes:
        """Return what follows the bytes: the data descriptor of a streamed member, and `after`."""
        sizes = (self.crc, len(self.stored), self.size)
        descriptor = struct.pack("<4s3L", b"PK\7\x08", *sizes) if self.flags & STREAMED else b""
        return descriptor + self.after

    def listed(self, offset: int) -> bytes:
        """Return the record in the central directory. `offset` is the position of the local header."""
        path = self.path.encode()
        made_by = 3 << 8 | self._version  # Unix
        lengths = (len(path), len(self._zip64), len(self.comment))
        fields = (made_by, *self._fields, *lengths, 0, 0, _REGULAR_FILE, offset)
        return struct.pack("<4s6H3L5H2L", b"PK\1\2", *fields) + path + self._zip64 + self.comment

    @property
    def _fields(self) -> tuple[int, ...]:
        size = self.size if self.zip64_size is None else TO_BE_FOUND_IN_ZIP64
        return (self._version, self.flags, self.method, 0, _DAY, self.crc, self._stored_size, size)

    @property
    def _version(self) -> int:
        return 20 if self.zip64_size is None else _SINCE_ZIP64

    @property
    def _stored_size(self) -> int:
        return len(self.stored) if self.zip64_size is None else TO_BE_FOUND_IN_ZIP64

    @property
    def _zip64(self) -> bytes:
        if self.zip64_size is None:
            return b""
        return struct.pack("<2H2Q", 1, 16, self.zip64_size, len(self.stored))


def entry(path: str, content: bytes) -> Entry:
    """Return a correct member, stored without compression."""
    return Entry(
        path=path,
        stored=content,
        crc=zlib.crc32(content),
        size=len(content),
        sha256=hashlib.sha256(content).digest(),
    )


def repeated(path: str, block: bytes, times: int, *, first: bytes = b"", last: bytes = b"") -> Entry:
    """Return a deflated member that repeats a block, which is compressed only once."""
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
    """Deflate one piece of a stream. A full flush makes it independent of other pieces."""
    packer = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS)
    return packer.compress(content) + packer.flush(zlib.Z_FINISH if ends else zlib.Z_FULL_FLUSH)


def archive(entries: Iterable[Entry], *, begins: int = 0, comment_size: int = 0) -> bytes:
    """Return the archive of these members.

    `begins` is its position in the file; `comment_size` is the number of bytes after it that count as its comment.
    """
    entries = list(entries)
    body, listed, place = bytearray(), bytearray(), begins
    for each in entries:
        if each.inside is None:
            place = begins + len(body)
            body += each.head() + each.stored + each.tail()
        else:
            place += each.inside
        listed += each.listed(place)
    end = (0, 0, len(entries), len(entries), len(listed), begins + len(body), comment_size)
    return bytes(body + listed) + struct.pack("<4s4H2LH", b"PK\5\6", *end)
