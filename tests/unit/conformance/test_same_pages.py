"""Two pages say the same whatever the order of their files: Pulp's changes over time."""

from __future__ import annotations

import pytest

from conformance.checks.http.test_requests import _says_the_same
from conformance.wire.answer import Answer
from conformance.wire.exchange import Exchange

ONE, TWO = '<a href="one">1</a>', '<a href="two">2</a>'


def page(text: str) -> Answer:
    return Answer(
        method="GET",
        url="http://registry.example.com/simple/one/",
        credential="default",
        status=200,
        reason="",
        headers={},
        content=text.encode(),
        exchange=Exchange(request="GET", credential="default"),
    )


@pytest.mark.parametrize(
    ("first", "second", "same"),
    [
        (f"<body>\n{ONE}\n{TWO}\n</body>", f"<body>\n{ONE}\n{TWO}\n</body>", True),
        (f"<body>\n{ONE}<br>\n{TWO}<br>\n", f"<body>\n{TWO}<br>\n{ONE}<br>\n", True),
        ('{"files": [{"a": 1}, {"b": 2}]}', '{"files": [{"b": 2}, {"a": 1}]}', True),
        (f"<body>\n{ONE}\n{TWO}\n", f"<body>\n{ONE}\n", False),
        (f"<body>\n{ONE}\n", f"<body>\n{TWO}\n", False),
        ('{"files": [{"a": 1}, {"b": 2}]}', '{"files": [{"a": 1}, {"b": 3}]}', False),
        (f"<body>\n{ONE}\n", f"Not Found<body>\n{ONE}\n", False),
    ],
)
def test_order_is_free_and_content_is_not(first: str, second: str, *, same: bool) -> None:
    assert _says_the_same(page(first), page(second)) is same
