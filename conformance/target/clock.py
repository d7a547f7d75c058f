"""The clock of a target, from the Date of its answers. Source: RFC 9110, 6.6.1."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

MOST_SKEW = timedelta(minutes=1)
"""How far two clocks may be apart before tokens, certificates and caches suffer."""


def skew(date: str | None, *, now: datetime) -> timedelta:
    """Return how far a server's clock is ahead of ours; nothing where it sends no date, or none in GMT."""
    try:
        there = parsedate_to_datetime(date) if date and date.endswith("GMT") else now
    except (TypeError, ValueError):
        return timedelta()
    return (there if there.tzinfo else there.replace(tzinfo=UTC)) - now


def skew_text(date: str | None, *, now: datetime) -> str:
    """Return in words that two clocks are more than a minute apart; empty where they are not."""
    found = skew(date, now=now)
    if abs(found) <= MOST_SKEW:
        return ""
    direction = "ahead of" if found > timedelta() else "behind"
    return f"the server's clock is {abs(found).total_seconds():.0f} s {direction} this machine's"
