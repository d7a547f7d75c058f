"""Registries whose headers, parts of files and file names are their own, within the rules or just outside of them."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from werkzeug import Response

from conformance.verdicts import Verdict
from reference_server.faults import Fault
from reference_server.faults.building.requests import gitlab_project_of
from reference_server.faults.http.files import FilesCompressedUnderOneEtag
from reference_server.faults.http.heads import AcceptByCase, HeadOfPagesWithBody
from reference_server.faults.http.hosts import AnyHostTaken
from reference_server.faults.http.ranges import RangesAdvertisedOnly
from reference_server.faults.http.requests import RefusedBodyAnswered
from reference_server.faults.robustness.framing import ChunkExtensionsRefused
from reference_server.faults.upload.content import CapitalSdistsHyphenated, CapitalsLowered

from .one_row import judged
from .test_particular_uploads import SdistsRefused
from .test_plain_requests import FilesRedirected

if TYPE_CHECKING:
    from reference_server.http.request import Request
    from reference_server.rendering.pages import ProjectPage

pytestmark = pytest.mark.usefixtures("own_folder")

FIELD_NAMES, NO_BODY, AFTER_ERROR = "http.field-names", "http.head.no-body", "http.connection-after-error"
FOUND = {Verdict.FAILED, Verdict.WARNED}


class HeadsLeftOpen(Fault):
    """Keeps the connection open behind an answer to HEAD and a 304, though it is to be closed."""

    def respond(self, request: Request, response: Response) -> Response:
        if request.method == "HEAD" or response.status_code == 304:
            response.call_on_close(lambda: self.wait(request))
        return response

    def wait(self, request: Request) -> None:
        """Wait until the client leaves."""
        assert request.connection is not None
        while request.connection.recv(1):
            pass


class AcceptNeeded(Fault):
    """Answers 406 to a request without Accept."""

    def respond(self, request: Request, response: Response) -> Response:
        return response if "Accept" in request.headers else Response("no Accept", status=406)


class RefusalsAreErrors(Fault):
    """Answers 500 where an upload is refused."""

    def respond(self, request: Request, response: Response) -> Response:
        if request.endpoint == "upload" and response.status_code == 400:
            response.status_code = 500
        return response


class ConnectionsEndWithRefusals(Fault):
    """Closes the connection behind an upload that it refuses."""

    def respond(self, request: Request, response: Response) -> Response:
        if request.endpoint == "upload" and response.status_code >= 400:
            response.headers["Connection"] = "close"
        return response


class CapitalsNormalized(Fault):
    """Lists, links and serves files under names in lower case."""

    def project_page(self, page: ProjectPage) -> ProjectPage:
        return page.each(lambda file: replace(file, filename=file.filename.lower(), url=file.url.lower()))

    def handle(self, request: Request) -> Response | None:
        if request.endpoint == "file":
            packages = request.registry.packages(gitlab_project_of(request))
            for file in (file for package in packages for file in package.files):
                if file.filename.lower() == request.arguments["filename"]:
                    request.arguments = {**request.arguments, "filename": file.filename}
        return None


class FilesCompressedUnderAWeakEtag(FilesCompressedUnderOneEtag):
    """Compresses wheels for clients that accept gzip, and weakens their ETag."""

    def respond(self, request: Request, response: Response) -> Response:
        answer = super().respond(request, response)
        if "Content-Encoding" in answer.headers:
            answer.headers["ETag"] = f"W/{answer.headers['ETag']}"
        return answer


def test_ranges_behind_a_redirect_are_judged() -> None:
    found = judged("http.range.honest", FilesRedirected())
    assert found.verdict is Verdict.PASSED, found.message
    assert judged("http.range.honest", FilesRedirected(), RangesAdvertisedOnly()).verdict in FOUND


def test_the_case_of_field_names_is_judged_behind_a_redirect() -> None:
    found = judged(FIELD_NAMES, FilesRedirected())
    assert found.verdict is Verdict.PASSED, found.message
    assert judged(FIELD_NAMES, FilesRedirected(), AcceptByCase()).verdict is Verdict.FAILED


def test_a_connection_that_stays_open_shows_no_body(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("conformance.wire.session.PATIENCE", 0.3)
    assert judged(NO_BODY, HeadsLeftOpen()).verdict is Verdict.NOT_APPLICABLE


def test_a_body_is_found_over_a_connection_that_stays_open(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("conformance.wire.session.PATIENCE", 0.3)
    found = judged(NO_BODY, HeadOfPagesWithBody(), HeadsLeftOpen())
    assert found.verdict is Verdict.FAILED, found.message


def test_a_host_is_judged_where_accept_is_needed() -> None:
    found = judged("http.host", AcceptNeeded())
    assert found.verdict is Verdict.PASSED, found.message
    assert judged("http.host", AcceptNeeded(), AnyHostTaken()).verdict is Verdict.FAILED


def test_a_spelling_of_chunks_that_ends_in_an_error_is_found() -> None:
    found = judged("robustness.chunked-syntax", RefusalsAreErrors(), ChunkExtensionsRefused())
    assert found.verdict in FOUND, found.message
    assert "chunk extensions" in found.message


def test_a_connection_may_end_with_a_refusal() -> None:
    found = judged(AFTER_ERROR, ConnectionsEndWithRefusals())
    assert found.verdict is Verdict.PASSED, found.message
    assert judged(AFTER_ERROR, RefusedBodyAnswered()).verdict in FOUND


def test_a_name_with_capitals_may_be_listed_and_linked_in_lower_case() -> None:
    found = judged("upload.content-filename", CapitalsNormalized())
    assert found.verdict is Verdict.PASSED, found.message
    for fault in (CapitalsLowered(), CapitalSdistsHyphenated()):
        assert judged("upload.content-filename", fault).verdict in FOUND


def test_a_registry_without_sdists_changes_its_etags() -> None:
    found = judged("http.pages.etag-changes", SdistsRefused())
    assert found.verdict is Verdict.PASSED, found.message


def test_a_compressed_file_may_have_a_weak_etag() -> None:
    found = judged("http.files.etag-per-coding", FilesCompressedUnderAWeakEtag())
    assert found.verdict is Verdict.PASSED, found.message
