"""The bytes that a Range header asks for. Source: RFC 9110, section 14.

werkzeug's parser answers 416 to unknown units and unreadable ranges.
"""

from __future__ import annotations

import re

_SPECIFIER = re.compile(r"bytes[ \t]*=(.*)", re.IGNORECASE)
_RANGE = re.compile(r"[ \t]*(?:([0-9]{1,100})-([0-9]{1,100})?|-([0-9]{1,100}))[ \t]*")


class UnsatisfiableRangeError(Exception):
    """None of the ranges overlaps the content."""


def byte_range(header: str | None, length: int) -> range | None:
    """Return the requested range of bytes, or None for the whole content.

    The whole content is also the answer to an invalid range, another unit, or several ranges.
    Raises `UnsatisfiableRangeError`.
    """
    specifier = _SPECIFIER.fullmatch((header or "").strip())
    members = [_RANGE.fullmatch(member) for member in specifier[1].split(",")] if specifier else []
    found = [_within(*member.groups(), length=length) for member in members if member]
    if not found or len(found) != len(members) or None in found:
        return None
    if not any(found):
        if length == 0 and any(member and member[3] for member in members):
            return None  # an empty suffix of empty content is the whole content
        raise UnsatisfiableRangeError
    return found[0] if len(found) == 1 else None


def _within(first: str | None, last: str | None, suffix: str | None, *, length: int) -> range | None:
    """Return the existing part of a range, possibly empty; None for an invalid range."""
    if first is None:
        return range(max(0, length - int(suffix or 0)), length)
    if last is not None and int(last) < int(first):
        return None
    return range(int(first), length if last is None else min(int(last) + 1, length))
