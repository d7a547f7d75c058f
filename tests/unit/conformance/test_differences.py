"""Differences between two values: short ones are written out, of long ones only what differs."""

from __future__ import annotations

import pytest

from conformance.kit.differences import contrasted

LONG = [f"package-{number}-1.0.tar.gz" for number in range(20)]


@pytest.mark.parametrize(
    ("wanted", "found", "right", "wrong"),
    [
        (1, 2, "1", "2"),
        ("a", None, "'a'", "nothing"),
        ((200, "text/html"), (404, None), "200, text/html", "404, nothing"),
        (True, ["a", None], "true", '["a", null]'),
        ({"b", "a"}, set(), "{'a', 'b'}", "{}"),
        (dict.fromkeys(LONG, 1), {**dict.fromkeys(LONG, 1), LONG[3]: 2}, "package-3-1.0.tar.gz: 1", ": 2"),
        (dict.fromkeys(LONG, 1), dict.fromkeys(LONG[1:], 1), "package-0-1.0.tar.gz: 1", "no entry"),
        (LONG, LONG[1:], "package-0", "nothing of:\n  'package-0-1.0.tar.gz'"),
        (LONG, [*LONG, "x"], "and 10 more", "in addition:\n  'x'"),
        (LONG, LONG[::-1], "package-0", "the same in another order"),
        ("a" * 500 + "b", "a" * 500 + "c", "ab'", "different from character 500 on"),
        (b"a" * 500, b"b" * 500, "500 bytes with sha256 ", "500 bytes with sha256 "),
    ],
)
def test_what_differs_is_named(wanted: object, found: object, right: str, wrong: str) -> None:
    texts = contrasted(wanted, found)
    assert right in texts[0]
    assert wrong in texts[1]
    assert all(len(text) < 700 for text in texts)
