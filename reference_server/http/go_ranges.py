"""The bytes that a Range header asks Go for.

Source: Go's net/http, fs.go: `parseRange`, and its use in `ServeContent`.
"""

from __future__ import annotations

import re

from reference_server.http.ranges import UnsatisfiableRangeError

_UNIT = "bytes="
_BLANKS = " \t\r\n"
_NUMBER = re.compile(r"[+-]?[0-9]{1,100}")
_LARGEST = 2**63 - 1


def go_byte_range(header: str | None, length: int) -> range | None:
    """Return the requested range of bytes, possibly empty, or None for the whole content.

    The whole content is also the answer to several ranges, where Go sends each of them. Raises
    `UnsatisfiableRangeError`, also for an invalid range and for another unit.
    """
    if not header:
        return None
    if not header.startswith(_UNIT):
        raise UnsatisfiableRangeError
    members = [member.strip(_BLANKS) for member in header.removeprefix(_UNIT).split(",")]
    asked = [_part(member, length) for member in members if member]
    found = [part for part in asked if part is not None]
    if asked and not found and length:
        raise UnsatisfiableRangeError
    return found[0] if len(found) == 1 else None


def _part(member: str, length: int) -> range | None:
    """Return the existing part of a range; None for one that begins after the end."""
    first, dash, last = member.partition("-")
    first, last = first.strip(_BLANKS), last.strip(_BLANKS)
    if not dash or (not first and last.startswith("-")):
        raise UnsatisfiableRangeError
    if not first:
        return range(max(0, length - _number(last)), length)
    start = _number(first)
    if start >= length:
        return None
    end = _number(last) if last else length - 1
    if end < start:
        raise UnsatisfiableRangeError
    return range(start, min(end + 1, length))


def _number(text: str) -> int:
    if not _NUMBER.fullmatch(text) or abs(int(text)) > _LARGEST:
        raise UnsatisfiableRangeError
    return int(text)
