"""How long a cache may answer without asking: Cache-Control and Expires."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping

_ASKED_AGAIN = re.compile(r"(?<![\w-])no-(store|cache)(?![\w-])(?!\s*=)", re.IGNORECASE)
"""What keeps caches from answering without asking. A `no-cache` with names of fields is about these alone.

Source: RFC 9111, #section-5.2.2.4.
"""

_QUOTED = re.compile(r'=\s*"[^"]*"')


class Freshness(NamedTuple):
    """For how many seconds an answer stays fresh, and the header field that states it."""

    seconds: float
    stated: str


def freshness_of(headers: Mapping[str, str], *, received: datetime | None = None) -> Freshness:
    """Return how long an answer, received now by default, stays fresh. Source: RFC 9111, #section-4.2.1.

    What a max-age says counts, and Expires where there is none. A header that states nothing leaves it to caches.
    An answer without Date is of the moment at which it was received. Source: RFC 9110, #section-6.6.1.
    """
    control = headers.get("Cache-Control", "")
    if _ASKED_AGAIN.search(_QUOTED.sub("=", control)):
        return Freshness(0, control)
    if ages := max_ages(control):
        return Freshness(max(ages), f"Cache-Control: {control}")
    expires, date = (_time(headers.get(name, "")) for name in ("Expires", "Date"))
    if expires is None:
        return Freshness(0, "")
    seconds = (expires - (date or received or datetime.now(UTC))).total_seconds()
    stated_date = f", Date: {headers['Date']}" if date else ", no Date"
    return Freshness(seconds, f"Expires: {headers['Expires']}{stated_date}")


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
