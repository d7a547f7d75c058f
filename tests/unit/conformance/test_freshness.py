"""How long an answer stays fresh, by what its header states."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest

from conformance.checks.http.cache_control import freshness_of

NOON = "Sat, 28 Nov 2026 12:00:00 GMT"
NEXT_DAY = "Sun, 29 Nov 2026 12:00:00 GMT"
EVENING = datetime(2026, 11, 29, tzinfo=UTC)
"""When the answers were received: half a day after noon."""
HALF_A_DAY = 43200


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({}, 0),
        ({"Cache-Control": "max-age=600"}, 600),
        ({"Cache-Control": "public, MAX-AGE=600, s-maxage=9"}, 600),
        ({"Date": NOON, "Expires": NEXT_DAY}, 86400),
        ({"Date": NOON, "Expires": NEXT_DAY, "Cache-Control": "public"}, 86400),
        ({"Date": NOON, "Expires": NEXT_DAY, "Cache-Control": "max-age=0"}, 0),
        ({"Date": NOON, "Expires": NEXT_DAY, "Cache-Control": "no-cache"}, 0),
        ({"Cache-Control": "no-store, max-age=600"}, 0),
        ({"Date": NOON, "Expires": "0"}, 0),
        ({"Date": NOON, "Expires": "-1"}, 0),
        ({"Expires": NEXT_DAY}, 43200),
        ({"Date": "today", "Expires": NEXT_DAY}, 43200),
        ({"Cache-Control": 'max-age=600, no-cache="Set-Cookie"'}, 600),
        ({"Cache-Control": 'max-age=600, no-cache = "Set-Cookie"'}, 600),
        ({"Cache-Control": 'private="no-cache, no-store", max-age=600'}, 600),
        ({"Cache-Control": "max-age=600, x-no-cache"}, 600),
        ({"Cache-Control": 'max-age="600", No-Cache'}, 0),
        ({"Date": NEXT_DAY, "Expires": NOON}, -86400),
    ],
)
def test_a_max_age_counts_before_expires(headers: dict[str, str], seconds: float) -> None:
    assert freshness_of(headers, received=EVENING).seconds == seconds


def test_an_answer_without_date_is_of_now() -> None:
    expires = format_datetime(datetime.now(UTC) + timedelta(days=1), usegmt=True)
    assert HALF_A_DAY < freshness_of({"Expires": expires}).seconds <= 2 * HALF_A_DAY
