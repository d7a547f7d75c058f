"""The pauses that a registry asks for with 429, Retry-After and `RateLimit-*`.

Source: RFC 6585, 4; RFC 9110, 10.2.3 and 15.6.4; GitLab, User and IP rate limits, Response headers.
"""

from __future__ import annotations

import time
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

LONGEST_PAUSE = 300.0
"""The longest pause, in seconds, that a run waits for. A registry that asks for more is not waited for at all."""

LONGEST_DOUBLED = 60.0
"""The longest pause, in seconds, where the registry does not say how long."""

MOST_PAUSES = 5
"""How often a run waits before it sends one request again."""

_PARTICULARS = frozenset(
    {"range", "if-range", "if-match", "if-none-match", "if-modified-since", "if-unmodified-since"}
)
"""Fields by which a request asks for a part, or under a condition."""

_DAY = 24 * 60 * 60
_LONG = 1_000
"""The number of days from which on it does not matter how many there are."""

_POINT_IN_TIME = 10**8
"""A larger RateLimit-Reset is a point in time, as GitLab sends it; a smaller one a number of seconds."""


def pause_after_refusal(status: int, headers: Mapping[str, str], *, pauses: int = 0) -> float | None:
    """Return the seconds after which a throttled request may be sent again; None for any other answer.

    `pauses` is how often the request has waited already: where a 429 does not say how long, each pause is twice
    as long. A 503 without Retry-After is an ordinary answer.
    """
    asked = _retry_after(headers)
    if status == 503:
        return asked
    if status != 429:
        return None
    if asked is None:
        asked = _reset(headers)
    return min(2.0**pauses, LONGEST_DOUBLED) if asked is None else asked


def pause_before_refusal(headers: Mapping[str, str]) -> float | None:
    """Return the seconds until the quota of requests is renewed, where an answer has used it up; at most a minute."""
    seconds = _reset(headers) if headers.get("RateLimit-Remaining", "").strip() == "0" else None
    return None if seconds is None else min(seconds, LONGEST_DOUBLED)


def without_particulars(headers: Mapping[str, str | None]) -> dict[str, str | None]:
    """Return the header fields of a request without a range and without conditions."""
    return {name: value for name, value in headers.items() if name.lower() not in _PARTICULARS}


def demand(pause: float, *, status: int = 429) -> str:
    """Return what a registry wants that refuses a request with this status to the end, and what to do."""
    if pause <= LONGEST_PAUSE and status == 503:
        return "the registry is down for maintenance, or throttles; see its log, or use --rate"
    if pause <= LONGEST_PAUSE:
        return "the registry throttles; use --rate"
    days = pause / _DAY
    seconds = (
        f"{pause:.0f} s" if days < 2 else f"{days:.0f} days" if days < _LONG else f"more than {_LONG} days"
    )
    return f"the registry asks for a pause of {seconds}; run later"


def _retry_after(headers: Mapping[str, str]) -> float | None:
    value = headers.get("Retry-After", "").strip()
    if value.isascii() and value.isdigit():
        return float(value)
    moment = _seconds_since_1970(value)
    return None if moment is None else max(moment - _now(headers), 0.0)


def _reset(headers: Mapping[str, str]) -> float | None:
    value = headers.get("RateLimit-Reset", "").strip()
    if not (value.isascii() and value.isdigit()):
        return None
    number = float(value)
    return max(number - _now(headers) if number > _POINT_IN_TIME else number, 0.0)


def _now(headers: Mapping[str, str]) -> float:
    """Return the time on the server's clock, which the moments of its answer are about."""
    there = _seconds_since_1970(headers.get("Date", ""))
    return time.time() if there is None else there


def _seconds_since_1970(date: str) -> float | None:
    try:
        return parsedate_to_datetime(date).timestamp()
    except (TypeError, ValueError, OverflowError):
        return None
