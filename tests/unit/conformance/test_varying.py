"""A registry that answers one request in several ways still does so where it does in another order."""

from __future__ import annotations

from typing import Any

import pytest

from conformance.report.templates.answers import Answer
from conformance.report.templates.varying import Asked, varies

HTML, JSON = "text/html", "application/json"


def asked(
    accept: str, then: str, now: str, *, method: str = "GET", status: int = 200, body: str = ""
) -> Asked:
    """Return a request for a type, with the types of the answers then and now."""
    step: dict[str, Any] = {
        "method": method,
        "url": "https://registry.example.com/simple/demo/",
        "headers": [["Accept", accept]],
        "credential": "DEFAULT",
        "body": body,
        "status": 200,
        "answered": [["Content-Type", then]],
    }
    return Asked(step, Answer(status, {"Content-Type": now}, b""))


def test_another_order_is_the_same_deviation() -> None:
    assert varies(
        [asked(HTML, HTML, HTML), asked(JSON, JSON, JSON), asked(HTML, JSON, HTML), asked(JSON, JSON, HTML)]
    )


def test_a_status_is_a_kind_of_answer() -> None:
    assert varies([asked(HTML, HTML, HTML), asked(HTML, JSON, HTML, status=500)])


@pytest.mark.parametrize(
    "now", [[HTML, HTML], [JSON, JSON]], ids=["as the first answer then", "as the second answer then"]
)
def test_a_registry_that_answers_alike_does_not_vary(now: list[str]) -> None:
    assert not varies([asked(HTML, HTML, now[0]), asked(HTML, JSON, now[1])])


def test_what_varies_now_alone_is_no_reproduction() -> None:
    assert not varies([asked(HTML, HTML, HTML), asked(HTML, HTML, JSON)])


def test_an_upload_may_change_the_answer() -> None:
    upload = asked(HTML, JSON, JSON, method="POST")
    assert not varies([asked(HTML, HTML, HTML), upload, asked(HTML, JSON, JSON)])


def test_requests_over_a_plain_socket_differ_in_their_bytes() -> None:
    assert not varies([asked(HTML, HTML, HTML, body="R0VU"), asked(HTML, JSON, JSON, body="R0VUIA==")])
