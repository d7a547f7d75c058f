"""The clock of a target, from the Date of its answers."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from conformance.target.clock import skew, skew_text

NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("date", "ahead"),
    [
        ("Mon, 01 Jun 2026 12:00:00 GMT", timedelta()),
        ("Tue, 02 Jun 2026 12:00:00 GMT", timedelta(days=1)),
        ("Mon, 01 Jun 2026 11:55:00 GMT", timedelta(minutes=-5)),
        ("Mon, 01 Jun 2026 12:00:00 -0000", timedelta()),
        ("Mon, 01 Jun 2026 12:00:00 +0200", timedelta()),
        ("yesterday", timedelta()),
        ("", timedelta()),
        (None, timedelta()),
    ],
)
def test_skew(date: str | None, ahead: timedelta) -> None:
    assert skew(date, now=NOON) == ahead


def test_a_minute_is_not_worth_a_word() -> None:
    assert skew_text("Mon, 01 Jun 2026 12:01:00 GMT", now=NOON) == ""
    ahead = skew_text("Mon, 01 Jun 2026 12:02:00 GMT", now=NOON)
    assert ahead == "the server's clock is 120 s ahead of this machine's"
    behind = skew_text("Mon, 01 Jun 2026 11:00:00 GMT", now=NOON)
    assert behind == "the server's clock is 3600 s behind this machine's"
