"""Servers that break now and then, know less than the newest, or answer as HTTP/1.0: rows blame none for that."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from werkzeug import Response

from conformance.verdicts import Verdict
from conformance.verdicts.options import RunOptions
from reference_server import ReferenceServer
from reference_server.faults import Fault
from reference_server.faults.building.requests import PAGES
from reference_server.faults.building.upload_forms import text_of, values_of
from reference_server.faults.http.heads import AcceptByCase, ContentTypeByCase
from reference_server.faults.http.hosts import AnyHostTaken
from reference_server.faults.http.targets import AbsoluteTargetsNotFound
from reference_server.faults.robustness.framing import ExpectationsIgnored
from reference_server.rules.negotiation import SIMPLE_JSON

from .one_row import judged, result_of
from .test_heads_and_parts import CapitalsNormalized

if TYPE_CHECKING:
    from conformance.report.check_result import CheckResult
    from reference_server.http.request import Request
    from reference_server.rendering.pages import ProjectPage

pytestmark = pytest.mark.usefixtures("own_folder")

FIELD_NAMES, UPLOADED, NO_BODY = "http.field-names", "http.field-names.upload", "http.head.no-body"
FILENAME, DYNAMIC, WHOLE = "upload.content-filename", "upload.dynamic-valid", "upload.whole-form"
FOUND = {Verdict.FAILED, Verdict.WARNED, Verdict.NOTED}
PLAIN = "registry-conformance"
"""The User-Agent of requests over a plain socket."""


class EveryNthBreaks(Fault):
    """Answers each Nth request over a plain socket as a load balancer does that has no server."""

    def __init__(self, every: int) -> None:
        self.every, self.seen = every, 0

    def handle(self, request: Request) -> Response | None:
        if request.headers.get("User-Agent") != PLAIN:
            return None
        self.seen += 1
        return None if self.seen % self.every else Response("no healthy upstream", status=503)


class HeadsUnanswered(Fault):
    """Closes the connection instead of answering HEAD, and knows no page: it never sends a 304."""

    def handle(self, request: Request) -> Response | None:
        if request.method == "HEAD" and request.connection is not None:
            request.connection.shutdown(2)
        return None

    def respond(self, request: Request, response: Response) -> Response:
        del request
        response.headers.pop("ETag", None)
        return response


class OnlyJson(Fault):
    """Has every page in JSON, whatever is asked for."""

    def handle(self, request: Request) -> Response | None:
        if request.endpoint in PAGES:
            request.environ["HTTP_ACCEPT"] = SIMPLE_JSON
        return None


class LinksInLowerCase(CapitalsNormalized):
    """Serves files at URLs that do not end with their names."""

    def project_page(self, page: ProjectPage) -> ProjectPage:
        return page.each(lambda file: replace(file, url=file.url.lower()))


class WaitsForBodies(ExpectationsIgnored):
    """Never answers a client that waits for `100 Continue`, as http.server does not where it speaks HTTP/1.0."""

    def handle(self, request: Request) -> Response | None:
        if "Expect" in request.headers and request.connection is not None:
            while request.connection.recv(1):
                pass
        return super().handle(request)


class MetadataRefused(Fault):
    """Refuses a metadata version, or where it has a field alone."""

    def __init__(self, version: str, field: str = "") -> None:
        self.version, self.field = version, field

    def handle(self, request: Request) -> Response | None:
        if request.endpoint != "upload" or text_of(request, "metadata_version") != self.version:
            return None
        is_refused = not self.field or values_of(request, self.field)
        return Response("not supported", status=400) if is_refused else None


@pytest.mark.parametrize("row", [FIELD_NAMES, UPLOADED])
@pytest.mark.parametrize("every", [2, 3, 4, 5, 7])
def test_an_error_that_stays_away_once_is_not_for_the_names(row: str, every: int) -> None:
    found = judged(row, EveryNthBreaks(every))
    assert found.verdict not in FOUND, found.message


def test_errors_now_and_then_are_named() -> None:
    for row in (FIELD_NAMES, UPLOADED):
        found = judged(row, EveryNthBreaks(3))
        assert found.verdict is Verdict.UNTESTABLE
        assert "now and then" in found.message


def test_names_that_are_misread_are_found() -> None:
    assert judged(FIELD_NAMES, AcceptByCase()).verdict is Verdict.FAILED
    assert judged(UPLOADED, ContentTypeByCase()).verdict is Verdict.FAILED


def test_a_head_without_an_answer_is_no_connection_that_stays_open() -> None:
    found = judged(NO_BODY, HeadsUnanswered())
    assert found.verdict is Verdict.UNTESTABLE
    assert "HEAD gets no answer" in found.message


def test_a_url_in_json_need_not_end_with_the_name() -> None:
    found = judged(FILENAME, LinksInLowerCase(), OnlyJson())
    assert found.verdict is Verdict.PASSED, found.message
    assert judged(FILENAME, LinksInLowerCase()).verdict is Verdict.FAILED


@pytest.mark.parametrize(
    ("row", "version", "field"),
    [(DYNAMIC, "2.5", "dynamic"), (WHOLE, "1.1", "home_page"), (WHOLE, "1.0", "home_page")],
)
def test_an_unknown_metadata_version_is_left_out(row: str, version: str, field: str) -> None:
    found = judged_as_pypi(row, MetadataRefused(version))
    assert found.verdict is Verdict.PASSED, found.message
    assert f"judged without metadata {version}" in found.message
    assert judged_as_pypi(row, MetadataRefused(version, field)).verdict in FOUND


def judged_as_pypi(row: str, fault: Fault) -> CheckResult:
    with ReferenceServer(flavour="pypi", faults=(fault,)) as server:
        return result_of(row, {**server.target(), "profile": "pypi"}, RunOptions(examples=1))


@pytest.mark.parametrize(
    ("row", "fault"),
    [
        ("http.host", AnyHostTaken),
        ("http.absolute-form", AbsoluteTargetsNotFound),
        ("robustness.expect-continue", WaitsForBodies),
    ],
)
def test_a_server_of_http_1_0_is_not_bound(
    row: str, fault: type[Fault], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("conformance.wire.session.PATIENCE", 0.3)
    assert judged(row, fault()).verdict in FOUND
    monkeypatch.setattr("reference_server.serving.wsgi_server._Handler.protocol_version", "HTTP/1.0")
    found = judged(row, fault())
    assert found.verdict is Verdict.NOT_APPLICABLE, found.message
    assert "HTTP/1.0" in found.message
