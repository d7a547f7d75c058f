"""Files, objects and names that a registry may treat in a way of its own: no requirement blames it for them."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from werkzeug import Response

from conformance.verdicts import Verdict
from conformance.verdicts.options import RunOptions
from reference_server import ReferenceServer
from reference_server.faults import Fault
from reference_server.faults.auth.reading import ReadsTokensLoosely, TokensEndEarly, TokensHaveNoCase
from reference_server.faults.building.rewritten_pages import ChangesKeys
from reference_server.faults.building.upload_forms import text_of
from reference_server.faults.http.caching import AbsenceKeptForADay
from reference_server.faults.name.validity import OneCharacterRefused
from reference_server.faults.provenance.files import ProvenanceKeptByName
from reference_server.faults.simple.json_files import CoreMetadataEmpty
from reference_server.faults.upload.duplicates import DuplicatesOfOneSpelling

from .one_row import result_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from conformance.report.check_result import CheckResult
    from reference_server.http.request import Request
    from reference_server.rendering.pages import FileLink, ProjectPage

pytestmark = pytest.mark.usefixtures("own_folder")

SECOND, SHORTEST = "upload.dup.different", "name.shortest-accepted"
PROVENANCE, EMPTY = "provenance.of-new-file", "simple.json.file.core-metadata.not-empty"
PASSWORDS, CACHES = "auth.read.nearly-right", "http.pages.cache-control"
SETTLE = 0.2
ALWAYS = 10_000
IN_HEX = "0123456789abcdef0123456789abcdef"
AS_UUID = "01234567-89AB-CDEF-0123-456789ABCDEF"


class NamesRefused(Fault):
    """Refuses uploads to projects of some names."""

    def __init__(self, status: int, refused: str) -> None:
        self._status, self._refused = status, re.compile(refused)

    def handle(self, request: Request) -> Response | None:
        if request.endpoint != "upload" or not self._refused.search(text_of(request, "name")):
            return None
        return Response("not here", status=self._status)


class ProvenanceOfContent(ProvenanceKeptByName):
    """Names provenance objects after the bytes of their files, and keeps them for good."""

    def project_page(self, page: ProjectPage) -> ProjectPage:
        return page.each(
            lambda file: replace(
                file, provenance=file.provenance and f"{file.provenance}?of={file.hashes['sha256']}"
            )
        )


class ProvenanceCached(Fault):
    """Answers with the object of a deleted file so many times, and states for how long it may be kept."""

    def __init__(self, times: int, seconds: int) -> None:
        self._left, self._kept, self._seconds = times, b"", seconds

    def respond(self, request: Request, response: Response) -> Response:
        if request.endpoint != "provenance":
            return response
        if response.status_code == 200:
            self._kept = response.get_data()
        elif self._kept and self._left:
            self._left -= 1
            response = Response(self._kept, content_type="application/json")
        response.headers["Cache-Control"] = f"max-age={self._seconds}"
        return response


class HashesOfMetadataLost(ChangesKeys):
    """Writes an empty object where it serves metadata without knowing its hashes."""

    def keys(self, file: FileLink) -> Mapping[str, Any]:
        return {"core-metadata": {}} if file.core_metadata else {}


class AbsentProjectsElsewhere(Fault):
    """Redirects readers of absent projects to another index, for a day."""

    def respond(self, request: Request, response: Response) -> Response:
        if request.endpoint != "project_page" or response.status_code != 404:
            return response
        headers = {"Location": "http://127.0.0.1:9/simple/", "Cache-Control": "max-age=86400"}
        return Response("", status=302, headers=headers)


class TokenIsANumber(ReadsTokensLoosely):
    """Reads one token as a number, in either case."""

    password = ""

    def __init__(self, number: str) -> None:
        self._number = number

    def also(self, token: str) -> str:
        return self.password if token.lower() == self._number.lower() else token


def judged(row: str, *faults: Fault, token: str = "", profile: str = "gitlab") -> CheckResult:
    with ReferenceServer(faults=faults) as server:
        table = {**server.target(), "profile": profile, "layout": "gitlab-project"}
        if token:
            table["credentials"] = {
                **table["credentials"],
                "default": {"username": server.username, "password": token},
            }
        for each in faults:
            if isinstance(each, TokenIsANumber):
                each.password = server.password
        options = RunOptions(examples=1, settle=SETTLE)
        return result_of(row, table, options)


def test_a_first_file_that_is_refused_says_nothing_of_the_second() -> None:
    found = judged(SECOND, NamesRefused(403, "respelled"))
    assert found.verdict is Verdict.UNTESTABLE, found.message
    assert judged(SECOND, DuplicatesOfOneSpelling()).verdict is Verdict.FAILED


@pytest.mark.parametrize("row", [SECOND, "gitlab.duplicate.refused", "simple.file.immutable"])
def test_a_first_file_that_is_refused_is_no_duplicate(row: str) -> None:
    found = judged(row, NamesRefused(403, "twice"))
    assert found.verdict is Verdict.UNTESTABLE, found.message


def test_the_first_of_two_identical_files_may_be_refused() -> None:
    found = judged("upload.dup.identical", NamesRefused(403, "again"), profile="pep503-upload")
    assert found.verdict is Verdict.UNTESTABLE, found.message


@pytest.mark.parametrize("status", [401, 403])
def test_short_names_that_a_credential_may_not_publish_are_not_judged(status: int) -> None:
    found = judged(SHORTEST, NamesRefused(status, "^.$"))
    assert found.verdict is Verdict.UNTESTABLE, found.message
    assert "the credential may not publish such names" in found.message


def test_a_short_name_that_is_refused_is_found_beside_one_that_is_forbidden() -> None:
    assert judged(SHORTEST, NamesRefused(403, "^[a-z]$"), OneCharacterRefused()).verdict is Verdict.WARNED


def test_an_object_that_is_named_after_the_bytes_of_a_file_may_outlive_it() -> None:
    found = judged(PROVENANCE, ProvenanceOfContent())
    assert found.verdict is Verdict.PASSED, found.message
    assert judged(PROVENANCE, ProvenanceKeptByName()).verdict is Verdict.FAILED


@pytest.mark.parametrize(
    ("times", "seconds", "verdict"),
    [(1, 0, Verdict.PASSED), (ALWAYS, 600, Verdict.UNTESTABLE), (ALWAYS, 0, Verdict.FAILED)],
)
def test_a_cache_may_keep_an_object_for_as_long_as_it_states(
    times: int, seconds: int, verdict: Verdict
) -> None:
    found = judged(PROVENANCE, ProvenanceCached(times, seconds))
    assert found.verdict is verdict, found.message


def test_an_empty_object_is_true_of_metadata_that_is_served() -> None:
    found = judged(EMPTY, HashesOfMetadataLost())
    assert found.verdict is Verdict.PASSED, found.message
    assert judged(EMPTY, CoreMetadataEmpty()).verdict is Verdict.WARNED


def test_a_redirect_to_another_index_is_no_page() -> None:
    found = judged(CACHES, AbsentProjectsElsewhere())
    assert found.verdict is Verdict.PASSED, found.message
    assert judged(CACHES, AbsenceKeptForADay()).verdict is Verdict.WARNED


@pytest.mark.parametrize("token", [IN_HEX, IN_HEX.upper(), AS_UUID])
def test_a_token_that_is_a_number_may_be_read_in_either_case(token: str) -> None:
    found = judged(PASSWORDS, TokenIsANumber(token), token=token)
    assert found.verdict is Verdict.PASSED, found.message


def test_a_number_with_one_digit_more_opens_nothing() -> None:
    class EndsEarly(TokenIsANumber):
        def also(self, token: str) -> str:
            return super().also(token[: len(IN_HEX)])

    assert judged(PASSWORDS, EndsEarly(IN_HEX), token=IN_HEX).verdict is Verdict.FAILED


@pytest.mark.parametrize("fault", [TokensHaveNoCase, TokensEndEarly])
def test_any_other_token_has_its_case_and_its_length(fault: type[Fault]) -> None:
    assert judged(PASSWORDS, fault()).verdict is Verdict.FAILED
