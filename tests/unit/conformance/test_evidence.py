"""What is wrong in an answer is marked on the page: the status, the header field, the attribute, the byte."""

from __future__ import annotations

from typing import Any

import pytest

from conformance.report.evidence import Evidence
from conformance.report.page_exchange import MOST_PER_BODY, PageExchange, fitting, page_exchange
from conformance.wire.exchange import Exchange, numbers_in

URL = "https://registry.example.com/simple/demo/"
FILE = "../../files/0123/demo-1.0.tar.gz"
PAGE = f'<!DOCTYPE html>\n<a href="{FILE}" data-yanked="&amp;#39;x&amp;#39;">demo-1.0.tar.gz</a>\n'


def exchange(**more: Any) -> Exchange:
    return Exchange(**{"number": 7, "request": f"GET {URL}", "status": 200, "reason": "OK", **more})


def marked(expected: str, found: str, *, where: str = "", **answer: Any) -> PageExchange:
    return page_exchange(exchange(**answer), Evidence(expected=expected, found=found, where=where))


def in_body(shown: PageExchange) -> list[str]:
    return [piece.text for piece in shown.body if piece.marked]


@pytest.mark.parametrize(
    ("expected", "found", "wrong"),
    [
        ("status 404", "status 200: {}", True),
        ("status 401 or 403", "status 200", True),
        ("status 200", "a body without an end", False),
        ("the upload to be refused (4xx)", "status 200: {}", True),
        ("every upload to be accepted (2xx) or refused (4xx)", "status 500 for 'demo'", False),
        ("no file, and a status from 400 to 499 such as 412", "status 200", True),
        ("HEAD to be answered with the status of GET", "status 200 of HEAD, and GET 404", True),
        ("the file of 10 bytes", "status 200, 12 bytes", False),
    ],
)
def test_a_status_that_was_not_expected_is_marked(expected: str, found: str, *, wrong: bool) -> None:
    assert marked(expected, found).status_is_wrong is wrong


def test_how_a_client_ended_is_marked_and_its_requests_are_not() -> None:
    where = "python -m twine upload demo-1.0.tar.gz"
    says = {"expected": "twine to end with exit code 1", "found": "exit code 0: Uploading", "where": where}
    evidence = Evidence(**says)
    run = page_exchange(exchange(status=None, reason="exit code 0", response_body="Uploading"), evidence)
    assert run.status_is_wrong
    assert not page_exchange(exchange(response_body="Uploading"), evidence).is_wrong


def test_a_header_field_that_the_finding_names_is_marked() -> None:
    shown = marked(
        "every answer to have `Vary: Accept`", "nothing", response_headers={"vary": "Cookie", "Server": "x"}
    )
    assert [(field.name, field.marked) for field in shown.headers] == [("vary", True), ("Server", False)]


@pytest.mark.parametrize(
    ("expected", "found", "blamed"),
    [
        ("the whole body, as its header has it", "15 of 30 bytes, then the connection closed", []),
        ("an answer", "no answer: Connection reset by peer", []),
        ("the link of a file", "status 500: 500 Internal Server Error, at no date", []),
        ("every upload to be accepted, or not to allow it", "a location without an etag", []),
        ("Allow to list POST", "OPTIONS", ["Allow"]),
        ("every changed page to have a new ETag", "the same", ["ETag"]),
        ("a page to be fresh for an hour", "Date: Thu, Date: Fri", ["Date"]),
        ("the connection to stay open", "connection: close", ["Connection"]),
        ("a file", "x-yanked of no value", ["X-Yanked"]),
    ],
)
def test_a_header_field_is_marked_only_where_it_is_meant(
    expected: str, found: str, blamed: list[str]
) -> None:
    """Names of one word stand in sentences about something else, too."""
    names = ("Connection", "Server", "Date", "Link", "Allow", "Location", "ETag", "X-Yanked")
    shown = marked(expected, found, response_headers=dict.fromkeys(names, "-"))
    assert [field.name for field in shown.headers if field.marked and not field.missing] == blamed


def test_a_header_field_whose_value_is_quoted_is_marked() -> None:
    shown = marked(
        "every page to be HTML", "status 200, text_html, ''", response_headers={"Content-Type": "text_html"}
    )
    assert [field.marked for field in shown.headers] == [True]


@pytest.mark.parametrize(
    ("expected", "missing"),
    [
        ("the answer to have an ETag", ["ETag"]),
        ("an answer without Content-Encoding", []),
        ("a request with Range to be answered", []),
    ],
)
def test_a_header_field_that_is_not_there_is_named(expected: str, missing: list[str]) -> None:
    shown = marked(expected, "nothing", response_headers={"Server": "x"})
    assert [field.name for field in shown.headers if field.missing] == missing


@pytest.mark.parametrize(
    ("expected", "found", "wrong"),
    [
        ("every link to carry a hash", FILE, [FILE]),
        ("data-yanked to be 'x'", "'&#39;x&#39;'", ["&amp;#39;x&amp;#39;"]),
        ("data-yanked to be 'x'", "nothing of the kind", ['data-yanked="&amp;#39;x&amp;#39;"']),
        ("every page to be valid HTML", "line 2, column 4: unexpected", ['href="../../']),
        (
            "every page to begin with <!doctype html>",
            "<!DOCTYPE html>\n<a href=",
            ["<!DOCTYPE html>\n<a href="],
        ),
    ],
)
def test_the_place_in_the_body_is_marked(expected: str, found: str, wrong: list[str]) -> None:
    shown = marked(expected, found, response_body=PAGE)
    assert in_body(shown) == wrong
    assert "".join(piece.text for piece in shown.body) == PAGE


def test_a_key_of_json_is_marked() -> None:
    shown = marked(
        "every `size` to be a number", "'many'", response_body='{"name": "x", "size": "2", "a": 1}'
    )
    assert in_body(shown) == ['"size": "2"']


def test_a_byte_that_cannot_be_seen_gets_a_name() -> None:
    shown = marked("every body to be valid JSON", "a byte order mark", response_body="\ufeff{}")
    assert in_body(shown) == ["[U+FEFF]"]


def test_what_stands_far_down_is_brought_into_view() -> None:
    body = "x" * 1_500 + f'<a href="{FILE}">' + "y" * 3_000
    shown = marked("every link to carry a hash", FILE, response_body=body)
    assert in_body(shown) == [FILE]
    assert shown.body[0].text == "<1309 characters before> …"
    assert sum(len(piece.text) for piece in shown.body) < MOST_PER_BODY + 100


def test_only_the_exchanges_that_the_finding_names_are_marked() -> None:
    where = f"GET {URL} as default → 200 OK [7]"
    assert numbers_in(where) == {7}
    assert marked("status 404", "status 200", where=where).status_is_wrong
    assert not marked("status 404", "status 200", where=where, number=8).status_is_wrong


def test_where_room_is_short_the_exchange_that_the_finding_names_stays() -> None:
    evidence = Evidence(expected="status 404", found="status 200", where=f"GET {URL} as default → 200 OK [2]")
    exchanges = [exchange(number=number, response_body="x" * 1_000) for number in range(1, 20)]
    shown = [each.number for each in fitting(exchanges, evidence, 6_000)]
    assert shown[0] == 2
    assert shown[1:] == [*range(20 - len(shown) + 1, 20)]
