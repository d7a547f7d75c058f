"""Removal by pages: what a registry does not know, or promises to delete, is gone once its page says so."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from werkzeug import Request, Response

from conformance.corpus.ledger import Entry, Ledger
from conformance.run.clean_up import CleanUp, clean_up
from conformance.target import target_from_table
from conformance.verdicts.options import TrafficLimits
from conformance.wire import Redactor, Session, Transcript

if TYPE_CHECKING:
    from pathlib import Path

    from pytest_httpserver import HTTPServer

NAME = "conformance-abcdefgh-main"
FILE = "conformance_abcdefgh_main-1.0-py3-none-any.whl"
SETTLE = 60.0
"""Seconds that a page may go on listing: more than the test takes."""


class Registry:
    """Answers DELETE with a status, and the page with a status; the file leaves the page after some reads.

    `missing` bytes of the page never come: the connection closes before them.
    """

    def __init__(
        self,
        server: HTTPServer,
        *,
        status: int,
        page: int = 200,
        leaves_after: int = 10**9,
        missing: int = 0,
    ) -> None:
        self.url = server.url_for("").rstrip("/")
        self._status, self._page, self._left = status, page, leaves_after
        self._missing = missing
        self._was_asked = False
        server.expect_request(f"/simple/{NAME}/").respond_with_handler(self._read)
        server.expect_request(f"/x/{NAME}/1.0", method="DELETE").respond_with_handler(self._delete)
        server.expect_request("/simple/").respond_with_data("", status=404)

    def _read(self, _: Request) -> Response:
        if self._was_asked:
            self._left -= 1
        links = f'<a href="/f/{FILE}">{FILE}</a>' if self._left > 0 else ""
        text = f"<!DOCTYPE html><html><body>{links}</body></html>"
        response = Response(text, status=self._page if self._was_asked else 200, content_type="text/html")
        response.content_length = len(text) + self._missing
        return response

    def _delete(self, _: Request) -> Response:
        self._was_asked = True
        return Response(status=self._status)

    def cleaned(self, ledger: Ledger, *, settle: float = 0) -> CleanUp:
        """Remove what the ledger lists."""
        management = {"driver": "http", "delete-release": f"{self.url}/x/{{normalized}}/{{version}}"}
        target = target_from_table(
            {"url": self.url, "profile": "pep503-upload", "layout": "root+simple", "management": management}
        )
        ledger.add(Entry(url=target.url, project=NAME, version="1.0", filename=FILE))
        transcript = Transcript()
        session = Session(transcript=transcript, redact=Redactor([]), limits=TrafficLimits())
        try:
            return clean_up(ledger, target, session=session, transcript=transcript, settle=settle)
        finally:
            session.close()


@pytest.fixture
def ledger(tmp_path: Path) -> Ledger:
    return Ledger(tmp_path / "abcdefgh.jsonl")


class SearchedRegistry:
    """Deletes by an id, which a search finds after some vain ones; the page lists the file until then."""

    def __init__(self, server: HTTPServer, *, vain: int) -> None:
        self.url = server.url_for("").rstrip("/")
        self._vain = vain
        self._is_there = True
        server.expect_request(f"/simple/{NAME}/").respond_with_handler(self._read)
        server.expect_request("/search").respond_with_handler(self._search)
        server.expect_request("/c/7", method="DELETE").respond_with_handler(self._delete)
        server.expect_request("/simple/").respond_with_data("", status=404)

    def _read(self, _: Request) -> Response:
        links = f'<a href="/f/{FILE}">{FILE}</a>' if self._is_there else ""
        return Response(f"<!DOCTYPE html><html><body>{links}</body></html>", content_type="text/html")

    def _search(self, _: Request) -> Response:
        self._vain -= 1
        found = [{"id": 7, "name": NAME, "version": "1.0"}] if self._vain < 0 else []
        return Response(json.dumps(found), content_type="application/json")

    def _delete(self, _: Request) -> Response:
        self._is_there = False
        return Response(status=204)


@pytest.mark.parametrize(("vain", "left"), [(0, 0), (1, 0), (9, 1)])
def test_what_a_search_finds_late_is_searched_for_once_more(
    httpserver: HTTPServer, ledger: Ledger, vain: int, left: int
) -> None:
    url = SearchedRegistry(httpserver, vain=vain).url
    management = {"driver": "http", "find-id": f"{url}/search", "delete-release": f"{url}/c/{{id}}"}
    target = target_from_table({"url": url, "profile": "pep503-upload", "management": management})
    ledger.add(Entry(url=target.url, project=NAME, version="1.0", filename=FILE))
    transcript = Transcript()
    session = Session(transcript=transcript, redact=Redactor([]), limits=TrafficLimits())
    done = clean_up(ledger, target, session=session, transcript=transcript)
    session.close()
    assert (done.deleted, len(done.left), len(ledger.entries())) == (1 - left, left, left)


@pytest.mark.parametrize("page", [401, 403, 500, 503])
@pytest.mark.parametrize("status", [202, 404])
def test_what_may_be_on_a_page_that_cannot_be_read_is_left(
    httpserver: HTTPServer, ledger: Ledger, status: int, page: int
) -> None:
    done = Registry(httpserver, status=status, page=page).cleaned(ledger)
    assert (done.deleted, len(done.left), len(ledger.entries())) == (0, 1, 1)
    assert f"→ {status}" in done.reason
    assert "its page cannot be read" in done.reason


@pytest.mark.parametrize("status", [202, 404])
def test_what_may_be_on_a_page_that_breaks_off_is_left(
    httpserver: HTTPServer, ledger: Ledger, status: int
) -> None:
    done = Registry(httpserver, status=status, missing=9).cleaned(ledger)
    assert (done.deleted, len(done.left), len(ledger.entries())) == (0, 1, 1)
    assert f"→ {status}" in done.reason
    assert "its page cannot be read" in done.reason
    assert "then the connection closed" in done.reason


@pytest.mark.parametrize("status", [202, 404])
def test_what_a_page_lists_is_left(httpserver: HTTPServer, ledger: Ledger, status: int) -> None:
    done = Registry(httpserver, status=status).cleaned(ledger)
    assert (done.deleted, len(done.left), len(ledger.entries())) == (0, 1, 1)
    assert "its page lists it" in done.reason


@pytest.mark.parametrize("page", [404, 410])
@pytest.mark.parametrize(("status", "deleted"), [(202, 1), (404, 0)])
def test_what_has_no_page_is_gone(
    httpserver: HTTPServer, ledger: Ledger, status: int, page: int, deleted: int
) -> None:
    done = Registry(httpserver, status=status, page=page).cleaned(ledger)
    assert (done.deleted, done.left, ledger.entries()) == (deleted, (), ())


@pytest.mark.parametrize(("status", "deleted"), [(202, 1), (404, 0)])
def test_a_page_has_time_to_settle(httpserver: HTTPServer, ledger: Ledger, status: int, deleted: int) -> None:
    done = Registry(httpserver, status=status, leaves_after=3).cleaned(ledger, settle=SETTLE)
    assert (done.deleted, done.left, ledger.entries()) == (deleted, (), ())
