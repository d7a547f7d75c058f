"""Servers in front of a registry, with a trait of their own that breaks no rule."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from werkzeug import Response

from conformance.verdicts import Verdict
from reference_server.faults import Fault
from reference_server.faults.auth.files import CachesForgetCredentials
from reference_server.faults.building.requests import PAGES
from reference_server.faults.http.compression import CompressedDespiteWeightZero
from reference_server.faults.http.hosts import AnyHostTaken, HostNotNeeded
from reference_server.http.host import has_valid_host

from .one_row import judged

if TYPE_CHECKING:
    from reference_server.http.request import Request
    from reference_server.rendering.pages import ProjectPage

pytestmark = pytest.mark.usefixtures("own_folder")

FOR_NO_OTHER, HOST, GZIP_Q0 = "auth.read.kept-for-no-other", "http.host", "http.pages.gzip-q0"
SIGNATURE = "X-Amz-Signature=abc"


class SignedLinks(Fault):
    """Links files by URLs that open to all, and only with their signature."""

    def project_page(self, page: ProjectPage) -> ProjectPage:
        return page.each(lambda file: replace(file, url=f"{file.url}?{SIGNATURE}"))

    def handle(self, request: Request) -> Response | None:
        if request.endpoint != "file":
            return None
        is_signed = request.query_string.decode() == SIGNATURE
        if not is_signed:
            return Response("no signature", status=403)
        return Response(f"the file {request.arguments['filename']}", status=200)


class UserAgentNeeded(Fault):
    """Refuses requests without User-Agent."""

    def respond(self, request: Request, response: Response) -> Response:
        return response if request.headers.get("User-Agent") else Response("no User-Agent", status=403)


class AcceptNeeded(Fault):
    """Refuses requests without Accept."""

    def respond(self, request: Request, response: Response) -> Response:
        return response if request.headers.get("Accept") else Response("no Accept", status=406)


class WrongHostsAnswered(Fault):
    """Answers requests without a valid Host with one status."""

    def __init__(self, status: int) -> None:
        self._status = status

    def respond(self, request: Request, response: Response) -> Response:
        return response if has_valid_host(request.environ) else Response("not here", status=self._status)


class WrongHostsLeftWaiting(Fault):
    """Keeps connections with a wrong Host open, and answers nothing."""

    def respond(self, request: Request, response: Response) -> Response:
        if not has_valid_host(request.environ):
            assert request.connection is not None
            while request.connection.recv(1):
                pass
        return response


class PagesInAnotherCoding(Fault):
    """Answers requests that exclude gzip with a coding that they allow, or with another status."""

    def __init__(self, coding: str = "", *, status: int = 200) -> None:
        self._coding, self._status = coding, status

    def respond(self, request: Request, response: Response) -> Response:
        if request.endpoint in PAGES and request.headers.get("Accept-Encoding") == "gzip;q=0":
            response.status_code = self._status
            if self._coding:
                response.headers["Content-Encoding"] = self._coding
        return response


def test_a_url_with_a_signature_opens_to_anyone() -> None:
    found = judged(FOR_NO_OTHER, SignedLinks())
    assert found.verdict is Verdict.PASSED, found.message
    assert judged(FOR_NO_OTHER, SignedLinks(), CachesForgetCredentials()).verdict is Verdict.FAILED


def test_a_front_that_asks_for_accept_is_judged_by_host() -> None:
    assert judged(HOST, AcceptNeeded()).verdict is Verdict.PASSED
    assert judged(HOST, AcceptNeeded(), HostNotNeeded()).verdict is Verdict.FAILED


def test_requests_without_user_agent_may_be_refused() -> None:
    found = judged(HOST, UserAgentNeeded())
    assert found.verdict is Verdict.PASSED, found.message
    assert judged(HOST, UserAgentNeeded(), HostNotNeeded()).verdict is Verdict.FAILED


def test_a_wrong_host_that_is_refused_as_a_right_one_shows_nothing() -> None:
    assert judged(HOST, WrongHostsAnswered(401)).verdict is Verdict.UNTESTABLE
    assert judged(HOST, WrongHostsAnswered(503)).verdict is Verdict.UNTESTABLE
    assert judged(HOST, WrongHostsAnswered(404)).verdict is Verdict.FAILED
    assert judged(HOST, AnyHostTaken()).verdict is Verdict.FAILED


def test_silence_is_no_refusal_of_a_host(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("conformance.wire.session.PATIENCE", 0.3)
    found = judged(HOST, WrongHostsLeftWaiting())
    assert found.verdict is Verdict.FAILED, found.message
    assert "stays open" in found.message


def test_a_page_without_gzip_may_have_another_coding() -> None:
    found = judged(GZIP_Q0, PagesInAnotherCoding("x-coding"))
    assert found.verdict is Verdict.PASSED, found.message
    for coding in ("gzip", "x-gzip"):
        assert judged(GZIP_Q0, PagesInAnotherCoding(coding)).verdict is Verdict.WARNED
    assert judged(GZIP_Q0, CompressedDespiteWeightZero()).verdict is Verdict.WARNED


@pytest.mark.parametrize("status", [406, 500])
def test_a_page_that_is_not_answered_has_no_coding(status: int) -> None:
    assert judged(GZIP_Q0, PagesInAnotherCoding(status=status)).verdict is Verdict.UNTESTABLE
