"""Which bytes a Range header asks for. Source: RFC 9110, section 14.

werkzeug's own parser answers 416 to units that it does not know and to ranges that it cannot read.
"""

from __future__ import annotations

import re

_SPECIFIER = re.compile(r"bytes[ \t]*=(.*)", re.IGNORECASE)
_RANGE = re.compile(r"[ \t]*(?:([0-9]{1,100})-([0-9]{1,100})?|-([0-9]{1,100}))[ \t]*")


class UnsatisfiableRangeError(Exception):
    """None of the ranges overlaps the content."""


def byte_range(header: str | None, length: int) -> range | None:
    """Give the one range of bytes that is asked for, or None for the whole.

    The whole is also the answer to what is no range of bytes, and to several ranges at once.
    Raises `UnsatisfiableRangeError`.
    """
    specifier = _SPECIFIER.fullmatch((header or "").strip())
    members = [_RANGE.fullmatch(member) for member in specifier[1].split(",")] if specifier else []
    found = [_within(*member.groups(), length=length) for member in members if member]
    if not found or len(found) != len(members) or None in found:
        return None
    if not any(found):
        if length == 0 and any(member and member[3] for member in members):
            return None  # nothing is the whole of nothing
        raise UnsatisfiableRangeError
    return found[0] if len(found) == 1 else None


def _within(first: str | None, last: str | None, suffix: str | None, *, length: int) -> range | None:
    """Give the part of a range that is there, which may be empty; None when it is not valid."""
    if first is None:
        return range(max(0, length - int(suffix or 0)), length)
    if last is not None and int(last) < int(first):
        return None
    return range(int(first), length if last is None else min(int(last) + 1, length))
