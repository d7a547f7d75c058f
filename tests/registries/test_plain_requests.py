"""Registries that answer requests over a plain socket in their own way, or are busy for a while."""

from __future__ import annotations

from itertools import count
from typing import TYPE_CHECKING

import pytest
from werkzeug import Response

from conformance.verdicts import Verdict
from reference_server.faults import Fault
from reference_server.faults.http.targets import AbsoluteTargetsNotFound
from reference_server.faults.negotiation.accept import OnlyFirstLineRead
from reference_server.faults.simple.urls import EncodedLettersNotFound

from .one_row import judged

if TYPE_CHECKING:
    from collections.abc import Callable

    from reference_server.http.request import Request

pytestmark = pytest.mark.usefixtures("own_folder")

UNRESERVED, ABSOLUTE, TWO_LINES = "simple.url.unreserved", "http.absolute-form", "negotiation.two-lines"
FOUND = {Verdict.FAILED, Verdict.WARNED}


def is_encoded(request: Request) -> bool:
    return "%6" in str(request.environ.get("REQUEST_URI", ""))


def is_absolute(request: Request) -> bool:
    return str(request.environ.get("REQUEST_URI", "")).startswith("http")


def has_two_lines(request: Request) -> bool:
    return ",application" in request.headers.get("Accept", "") or ",text" in request.headers.get("Accept", "")


UNUSUAL = {UNRESERVED: is_encoded, ABSOLUTE: is_absolute, TWO_LINES: has_two_lines}
"""The requests that each row is about."""


class FilesRedirected(Fault):
    """Redirects downloads to a URL that is another one each time, with a note in HTML."""

    def __init__(self, *, lost: Callable[[Request], bool] = lambda _: False) -> None:
        self._lost, self._number = lost, count()

    def handle(self, request: Request) -> Response | None:
        if request.endpoint != "file" or "signed" in request.args:
            return None
        folder = "lost" if self._lost(request) else "."
        url = f"./{folder}/{request.arguments['filename']}?signed={next(self._number)}"
        note = f'<a href="{url}">Found</a>'
        return Response(note, status=302, headers={"Location": url, "Content-Type": "text/html"})


class PathsRedirected(FilesRedirected):
    """Redirects downloads to another path each time."""

    def handle(self, request: Request) -> Response | None:
        answer = super().handle(request)
        if answer is not None:
            digest, filename = request.arguments["sha256"], request.arguments["filename"]
            upwards = "x/../" * next(self._number)
            answer.headers["Location"] = f"../{digest}/{upwards}{filename}?signed=1"
        return answer


class SignInPages(Fault):
    """Answers encoded URLs of files with a page for people."""

    def handle(self, request: Request) -> Response | None:
        page = Response("<!DOCTYPE html><title>Sign in</title>", content_type="text/html")
        return page if request.endpoint == "file" and is_encoded(request) else None


class UserAgentRequired(Fault):
    """Refuses requests without User-Agent."""

    def handle(self, request: Request) -> Response | None:
        return None if request.headers.get("User-Agent") else Response("no User-Agent", status=403)


class Fails(Fault):
    """Answers some requests with an error, the first of them or all."""

    def __init__(self, at: Callable[[Request], bool], *, status: int = 503, times: int = 1000) -> None:
        self._at, self._status, self._left = at, status, times

    def handle(self, request: Request) -> Response | None:
        if request.method != "GET" or not self._left or not self._at(request):
            return None
        self._left -= 1
        return Response("overloaded", status=self._status)


def test_files_may_be_redirected() -> None:
    for fault in (FilesRedirected(), PathsRedirected()):
        found = judged(UNRESERVED, fault)
        assert found.verdict is Verdict.PASSED, found.message
    assert judged(UNRESERVED, FilesRedirected(lost=is_encoded)).verdict in FOUND


def test_a_page_for_people_is_no_file() -> None:
    assert judged(UNRESERVED, SignInPages()).verdict in FOUND
    assert judged(UNRESERVED, EncodedLettersNotFound()).verdict in FOUND


def test_encoded_urls_are_asked_for_with_user_agent() -> None:
    found = judged(UNRESERVED, UserAgentRequired())
    assert found.verdict is Verdict.PASSED, found.message


@pytest.mark.parametrize("row", UNUSUAL)
def test_an_error_that_passes_is_no_finding(row: str) -> None:
    found = judged(row, Fails(UNUSUAL[row], times=1))
    assert found.verdict is Verdict.PASSED, found.message


@pytest.mark.parametrize("row", UNUSUAL)
def test_a_busy_server_shows_nothing(row: str) -> None:
    found = judged(row, Fails(UNUSUAL[row]))
    assert found.verdict is Verdict.UNTESTABLE, found.message
    assert "busy" in found.message


@pytest.mark.parametrize("row", UNUSUAL)
def test_an_error_that_stays_is_found(row: str) -> None:
    assert judged(row, Fails(UNUSUAL[row], status=500)).verdict in FOUND


def test_other_targets_and_lines_are_found() -> None:
    assert judged(ABSOLUTE, AbsoluteTargetsNotFound()).verdict in FOUND
    assert judged(TWO_LINES, OnlyFirstLineRead()).verdict in FOUND
