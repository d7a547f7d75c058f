"""Whether a database's write-ahead log is there and whole. SQLite takes a damaged one for the end of the log.

Source: SQLite, "Database File Format", section 4, "The Write-Ahead Log".
"""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_HEADER = struct.Struct(">8I")
_FRAME = struct.Struct(">6I")
_MAGIC = {0x377F0682: "<", 0x377F0683: ">"}
_MOST = 0xFFFFFFFF


def lost_changes(database: Path, *, has_some: bool) -> str:
    """Return why committed changes are lost: the log of an open database is missing or damaged. Else return "".

    `has_some` says that the log has committed changes.

    A crash may leave one incomplete transaction at the end, which was never acknowledged.
    """
    log = database.with_name(f"{database.name}-wal")
    try:
        content = log.read_bytes()
    except FileNotFoundError:
        return f"{log.name} is missing, which has the latest changes"
    except OSError as error:
        return f"{log.name} cannot be read: {error.strerror}"
    if _is_damaged(content) or (has_some and len(content) <= _HEADER.size):
        return f"{log.name} is damaged, which has the latest changes"
    return ""


def _is_damaged(content: bytes) -> bool:
    if len(content) <= _HEADER.size:
        return False  # it has no changes
    magic, _, page, _, *salts_and_sums = _HEADER.unpack_from(content)
    salts, sums = salts_and_sums[:2], tuple(salts_and_sums[2:])
    order = _MAGIC.get(magic)
    if order is None or page < 512 or _sums(order, content[:24], (0, 0)) != sums:
        return True
    commits_beyond = 0
    for frame in _frames(content, page):
        _, committed, *rest = _FRAME.unpack_from(frame)
        if rest[:2] != salts:
            break  # from before the last checkpoint
        if not commits_beyond:
            sums = _sums(order, frame[_FRAME.size :], _sums(order, frame[:8], sums))
            if sums == tuple(rest[2:]):
                continue
            sums = (-1, -1)
        commits_beyond += committed != 0
    return commits_beyond > 1


def _frames(content: bytes, page: int) -> Iterator[bytes]:
    length = _FRAME.size + page
    for at in range(_HEADER.size, len(content) - length + 1, length):
        yield content[at : at + length]


def _sums(order: str, content: bytes, sums: tuple[int, int]) -> tuple[int, int]:
    first, second = sums
    words = struct.unpack(f"{order}{len(content) // 4}I", content)
    for even, odd in zip(words[::2], words[1::2], strict=True):
        first = (first + even + second) & _MOST
        second = (second + odd + first) & _MOST
    return first, second
