"""How long an answer stays fresh, by what its header states."""

from __future__ import annotations

import pytest

from conformance.checks.http.cache_control import freshness_of

NOON = "Sat, 28 Nov 2026 12:00:00 GMT"
NEXT_DAY = "Sun, 29 Nov 2026 12:00:00 GMT"


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
        ({"Expires": NEXT_DAY}, 0),
        ({"Date": NEXT_DAY, "Expires": NOON}, -86400),
    ],
)
def test_a_max_age_counts_before_expires(headers: dict[str, str], seconds: float) -> None:
    assert freshness_of(headers).seconds == seconds
