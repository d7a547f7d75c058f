"""Requests of a script ask under the conditions of now."""

from __future__ import annotations

import pytest

from conformance.report.templates.following import followed, learn

URL = "https://registry.example.com/simple/demo/"
DATES = ("Sat, 28 Nov 2026 15:51:22 GMT", "Sun, 29 Nov 2026 08:00:00 GMT")


@pytest.mark.parametrize(
    ("then", "now", "condition", "wanted"),
    [
        ({"ETag": '"a"'}, {"etag": '"b"'}, '"a"', '"b"'),
        ({"ETag": 'W/"a"'}, {"ETag": '"b"'}, 'W/"x", W/"a"', 'W/"x", W/"b"'),
        ({"ETag": '"a"'}, {"ETag": 'W/"b"'}, '"a-gzip"', '"a-gzip"'),
        ({"ETag": '"a"'}, {}, '"a"', '"a"'),
        ({"ETag": '"a"'}, {"ETag": '"b"'}, "*", "*"),
        ({"Last-Modified": DATES[0]}, {"Last-Modified": DATES[1]}, DATES[0], DATES[1]),
        ({"Date": DATES[0]}, {"Date": DATES[1]}, DATES[0], DATES[0]),
    ],
)
def test_a_condition_has_the_validator_of_now(
    then: dict[str, str], now: dict[str, str], condition: str, wanted: str
) -> None:
    led: dict[str, str] = {}
    learn(led, {"url": URL, "answered": [[*pair] for pair in then.items()]}, URL, now)
    assert followed(led, condition) == wanted


def test_two_validators_that_changed_places_are_followed_at_once() -> None:
    assert followed({'"a"': '"b"', '"b"': '"a"'}, '"a", "b"') == '"b", "a"'
