"""How long a cache may answer without asking: Cache-Control and Expires."""

from __future__ import annotations

import re
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime


class Freshness(NamedTuple):
    """For how many seconds an answer stays fresh, and the header field that states it."""

    seconds: float
    stated: str


def freshness_of(headers: Mapping[str, str]) -> Freshness:
    """Return how long an answer stays fresh. Source: RFC 9111, #section-4.2.1.

    What a max-age says counts, and Expires where there is none. A header that states nothing leaves it to caches.
    """
    control = headers.get("Cache-Control", "")
    if re.search(r"\bno-(store|cache)\b", control.lower()):
        return Freshness(0, control)
    if ages := max_ages(control):
        return Freshness(max(ages), f"Cache-Control: {control}")
    expires, date = (_time(headers.get(name, "")) for name in ("Expires", "Date"))
    if expires is None or date is None:
        return Freshness(0, "")
    return Freshness(
        (expires - date).total_seconds(), f"Expires: {headers['Expires']}, Date: {headers['Date']}"
    )


def _time(text: str) -> datetime | None:
    """Return the moment that a field names; None where it names none, such as `0`, which is in the past."""
    try:
        moment = parsedate_to_datetime(text)
    except (TypeError, ValueError):
        return None
    return moment if moment.tzinfo else None


def max_ages(cache_control: str) -> list[int]:
    """Return every max-age that a Cache-Control states, in seconds."""
    return [int(age) for age in re.findall(r"(?<![\w-])max-age=\"?(\d+)", cache_control.lower())]
