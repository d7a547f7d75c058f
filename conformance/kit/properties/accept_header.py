"""What an Accept header asks for: an oracle, written from the text of RFC 9110, section 12.5.1."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

MOST = 1000
"""The weight of what has no weight. Weights are counted in thousandths: `q=0.25` is 250."""

_WORD = r"[!#$%&'*+.^_`|~0-9A-Za-z-]+"
_QUOTED = r'"(?:[\t \x21\x23-\x5b\x5d-\x7e\x80-\xff]|\\[\t \x21-\x7e\x80-\xff])*"'
_PARAMETER = rf"(?P<name>{_WORD})=(?P<value>{_WORD}|{_QUOTED})"
_NEXT_PARAMETER = re.compile(rf"[ \t]*;[ \t]*(?:{_PARAMETER})?")
_RANGE = re.compile(rf"(?P<type>{_WORD})/(?P<subtype>{_WORD})")
_BLANK_MEMBERS = re.compile(r"[ \t,]*")
_END_OF_MEMBER = re.compile(r"[ \t]*(?:,[ \t,]*|\Z)")
_WEIGHT = re.compile(r"0(?:\.[0-9]{0,3})?|1(?:\.0{0,3})?")


@dataclass(frozen=True, kw_only=True)
class MediaRange:
    """One member of an Accept header, in lower case. `weight` is 0 to 1000; 0 is "not acceptable"."""

    type: str
    subtype: str
    parameters: tuple[tuple[str, str], ...] = ()
    weight: int = MOST

    def precedence(self, media_type: str) -> int | None:
        """Return how specifically a media type without parameters is covered: 2, 1 or 0; None for not at all."""
        type_, _, subtype = media_type.lower().partition("/")
        if self.parameters:
            return None
        if (self.type, self.subtype) == (type_, subtype):
            return 2
        if self.subtype == "*" and self.type in {type_, "*"}:
            return 0 if self.type == "*" else 1
        return None


class BadAccept(ValueError):
    """The header is not of the grammar. What a server makes of it is its own affair, short of failing."""


def read_accept(header: str | None) -> tuple[MediaRange, ...]:
    """Read a header's value; several headers are one, with commas between. Absent or blank is an empty tuple.

    Raises BadAccept for what the grammar does not have, such as a weight above 1 or `*/html`.
    """
    header = header or ""
    ranges = []
    at = _end(_BLANK_MEMBERS, header, 0)
    while at < len(header):
        media_range, at = _read_range(header, at)
        ranges.append(media_range)
        at = _end(_END_OF_MEMBER, header, at)
    return tuple(ranges)


def quality(media_type: str, ranges: Iterable[MediaRange]) -> int:
    """Return the weight, in thousandths, that the most specific range gives a media type; 0 when none covers it.

    Of equally specific ranges the best one counts: the RFC does not say which.
    """
    covering = ((each.precedence(media_type), each.weight) for each in ranges)
    return max(((place, weight) for place, weight in covering if place is not None), default=(0, 0))[1]


def qualities(header: str | None, offered: Iterable[str]) -> dict[str, int]:
    """Return the weight of each media type that is offered. Without a header all are equally welcome.

    Raises BadAccept.
    """
    ranges = read_accept(header) or (MediaRange(type="*", subtype="*"),)
    return {media_type: quality(media_type, ranges) for media_type in offered}


def acceptable(header: str | None, offered: Iterable[str]) -> frozenset[str]:
    """Return the media types that may be sent. Raises BadAccept."""
    return frozenset(each for each, weight in qualities(header, offered).items() if weight > 0)


def preferred(header: str | None, offered: Iterable[str]) -> frozenset[str]:
    """Return the acceptable media types of the greatest weight. Raises BadAccept."""
    weights = qualities(header, offered)
    best = max(weights.values(), default=0)
    return frozenset(each for each, weight in weights.items() if weight == best > 0)


def _read_range(header: str, at: int) -> tuple[MediaRange, int]:
    found = _RANGE.match(header, at)
    if found is None or (found["type"] == "*" and found["subtype"] != "*"):
        raise BadAccept(f"no media range at character {at} of {header!r}")
    at = found.end()
    parameters = []
    while parameter := _NEXT_PARAMETER.match(header, at):
        at = parameter.end()
        if parameter["name"]:
            parameters.append((parameter["name"].lower(), parameter["value"]))
    weights = [value for name, value in parameters if name == "q"]
    return (
        MediaRange(
            type=found["type"].lower(),
            subtype=found["subtype"].lower(),
            parameters=tuple(each for each in parameters if each[0] != "q"),
            weight=_weight(weights, header),
        ),
        at,
    )


def _weight(weights: list[str], header: str) -> int:
    if not weights:
        return MOST
    if len(weights) > 1 or not _WEIGHT.fullmatch(weights[0]):
        raise BadAccept(f"no weight: q={', q='.join(weights)} in {header!r}")
    whole, _, thousandths = weights[0].partition(".")
    return int(whole) * MOST + int(thousandths.ljust(3, "0"))


def _end(pattern: re.Pattern[str], header: str, at: int) -> int:
    found = pattern.match(header, at)
    if found is None:
        raise BadAccept(f"no comma at character {at} of {header!r}")
    return found.end()
