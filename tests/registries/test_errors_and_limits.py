"""An error and a refusal for another reason are never taken for the deviation that a row is about."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest
from werkzeug import Response

from conformance.verdicts import Verdict
from reference_server.faults.building.requests import gitlab_project_of
from reference_server.faults.building.upload_forms import filename_of, text_of
from reference_server.faults.consistency.deletions import (
    ProjectsDeletedByPrefix,
    ProjectUnlistedByADeletion,
    ReleasesDeletedByPrefix,
)
from reference_server.faults.fault import Fault
from reference_server.faults.http.conditions import AbsentNotModified
from reference_server.faults.metadata.files import MetadataComesLater
from reference_server.faults.upload.duplicates import DuplicatesChangeRequiresPython

from .one_row import judged

if TYPE_CHECKING:
    from reference_server.http.request import Request

pytestmark = pytest.mark.usefixtures("own_folder")

DELETION, SECRET, LONG = (
    "consistency.deletion-spares-others",
    "gitlab.matrix.private-is-secret",
    "metadata.long",
)
AGAIN, HEAD, CONDITIONAL = "upload.again-after-refusal", "http.range.head", "http.absent.conditional"
WIDTH = 65_535
DELETES = ("delete_file", "delete_version", "delete_project")


class PagesFailAfterADeletion(Fault):
    """Answers 503 for project pages from the first deletion on."""

    def __init__(self) -> None:
        self._fails = False

    def handle(self, request: Request) -> Response | None:
        self._fails |= request.endpoint in DELETES
        is_neighbour = request.endpoint == "project_page" and "spared" in request.path
        return Response(status=503) if self._fails and is_neighbour else None


class PagesOfASecondAgo(Fault):
    """Answers for a project page with a copy for one second."""

    def __init__(self) -> None:
        self._copies: dict[tuple[str, str], tuple[float, Response]] = {}

    def respond(self, request: Request, response: Response) -> Response:
        if request.endpoint != "project_page" or request.method != "GET":
            return response
        key = (request.path, request.headers.get("Accept", ""))
        made, copy = self._copies.get(key, (0.0, response))
        if time.monotonic() - made < 1.0:
            return Response(copy.get_data(), status=copy.status_code, headers=list(copy.headers))
        response.direct_passthrough = False
        kept = Response(response.get_data(), status=response.status_code, headers=list(response.headers))
        self._copies[key] = (time.monotonic(), kept)
        return response


class ProjectsDeletedByAJob(Fault):
    """Deletes a project, and those whose names begin alike, when its page is asked for once more."""

    def __init__(self) -> None:
        self._due: set[str] = set()

    def handle(self, request: Request) -> Response | None:
        name = request.arguments.get("name", "")
        if request.endpoint == "delete_project":
            self._due.add(name)
            return Response(status=204)
        if request.endpoint == "project_page" and name in self._due:
            owner = gitlab_project_of(request)
            for package in request.registry.packages(owner):
                if package.normalized.startswith(name):
                    request.registry.delete_package(owner, package.id)
        return None


class SdistsRefused(Fault):
    """Refuses sdists."""

    def handle(self, request: Request) -> Response | None:
        refused = request.endpoint == "upload" and filename_of(request).endswith(b".tar.gz")
        return Response("no sdists", status=400) if refused else None


class RefusalsNameTheFile(Fault):
    """Names the file in the refusal of an upload."""

    def respond(self, request: Request, response: Response) -> Response:
        if request.endpoint != "upload" or response.status_code not in {401, 403, 404}:
            return response
        return Response(f"you cannot upload {filename_of(request).decode()}", status=response.status_code)


class PrivateIsForbidden(Fault):
    """Answers 403 to an upload that it refuses with 404, where the GitLab project exists."""

    def respond(self, request: Request, response: Response) -> Response:
        if request.endpoint != "upload" or response.status_code != 404:
            return response
        exists = request.arguments["gitlab_project"] != "999999999"
        return Response(response.get_data(), status=403) if exists else response


class LongMetadata(Fault):
    """Answers with a status for metadata files of more than 65,535 bytes, or for all of them."""

    def __init__(self, status: int, width: int = WIDTH) -> None:
        self._status, self._width = status, width

    def respond(self, request: Request, response: Response) -> Response:
        size = int(response.headers.get("Content-Length", 0))
        is_long = request.endpoint == "metadata_file" and size > self._width
        return Response(status=self._status) if is_long else response


class SecondUploads(Fault):
    """Answers with a status for the second upload to a project, whatever became of the first."""

    def __init__(self, status: int, reason: str) -> None:
        self._status, self._reason = status, reason
        self._known: set[str] = set()

    def handle(self, request: Request) -> Response | None:
        if request.endpoint != "upload" or "mended" not in (name := text_of(request, "name")):
            return None
        if name in self._known:
            return Response(self._reason, status=self._status)
        self._known.add(name)
        return None


class UploadsFailOfArchived(Fault):
    """Answers 503 to uploads that a status forbids."""

    def respond(self, request: Request, response: Response) -> Response:
        is_refusal = request.endpoint == "upload" and response.status_code in {400, 403, 409}
        return Response(status=503) if is_refusal else response


class SecondWheelsRefused(Fault):
    """Takes no wheel with a build tag."""

    def handle(self, request: Request) -> Response | None:
        has_build = request.endpoint == "upload" and b"-1-py3-" in filename_of(request)
        return Response("one wheel is enough", status=400) if has_build else None


class RangesOfHead(Fault):
    """Answers HEAD with a range with a status and a Content-Length."""

    def __init__(self, status: int, length: str) -> None:
        self._status, self._length = status, length

    def respond(self, request: Request, response: Response) -> Response:
        if request.endpoint == "file" and request.method == "HEAD" and request.headers.get("Range"):
            response.status_code = self._status
            response.headers["Content-Length"] = self._length
        return response


class AbsentIfNoneMatch(AbsentNotModified):
    """Answers with a status to `If-None-Match: *` for what does not exist."""

    def __init__(self, status: int) -> None:
        self._status = status

    def respond(self, request: Request, response: Response) -> Response:
        found = super().respond(request, response)
        return found if found is response else Response(status=self._status)


class RequiresPythonSpaced(DuplicatesChangeRequiresPython):
    """Writes the Requires-Python of a rejected duplicate as other tools do."""

    def note(self, request: Request) -> str:
        return super().note(request).replace(">=", ">= ")


def test_a_page_that_fails_after_a_deletion_has_lost_nothing() -> None:
    found = judged(DELETION, PagesFailAfterADeletion(), settle=0.1)
    assert found.verdict is Verdict.UNTESTABLE, found.message


@pytest.mark.parametrize("fault", [ProjectsDeletedByPrefix, ReleasesDeletedByPrefix])
def test_a_deletion_that_pages_show_late_is_waited_for(fault: type[Fault]) -> None:
    found = judged(DELETION, PagesOfASecondAgo(), fault(), settle=3)
    assert found.verdict is Verdict.FAILED, found.message
    assert "is not listed" in found.message


def test_pages_that_are_late_after_a_right_deletion_are_no_loss() -> None:
    found = judged(DELETION, PagesOfASecondAgo(), settle=3)
    assert found.verdict is Verdict.PASSED, found.message


def test_what_a_job_deletes_too_is_looked_for_once_it_has_run() -> None:
    found = judged(DELETION, ProjectsDeletedByAJob(), settle=1)
    assert found.verdict is Verdict.FAILED, found.message
    assert "expected everything else to stay when a project is deleted" in found.message


@pytest.mark.parametrize(
    "fault", [ProjectsDeletedByPrefix, ReleasesDeletedByPrefix, ProjectUnlistedByADeletion]
)
def test_deletions_are_judged_where_sdists_are_refused(fault: type[Fault]) -> None:
    assert judged(DELETION, SdistsRefused(), settle=0.1).verdict is Verdict.PASSED
    assert judged(DELETION, SdistsRefused(), fault(), settle=0.1).verdict is Verdict.FAILED


def test_versions_are_judged_where_sdists_are_refused() -> None:
    found = judged("simple.json.versions.complete", SdistsRefused())
    assert found.verdict is Verdict.PASSED, found.message


def test_a_refusal_that_names_the_file_reveals_no_project() -> None:
    assert judged(SECRET, RefusalsNameTheFile()).verdict is Verdict.PASSED
    assert judged(SECRET, RefusalsNameTheFile(), PrivateIsForbidden()).verdict is Verdict.FAILED


@pytest.mark.parametrize(
    ("status", "width", "verdict"),
    [
        (404, WIDTH, Verdict.FAILED),
        (500, WIDTH, Verdict.UNTESTABLE),
        (404, 0, Verdict.UNTESTABLE),
    ],
)
def test_long_metadata_is_as_available_as_short(status: int, width: int, verdict: Verdict) -> None:
    found = judged(LONG, LongMetadata(status, width), settle=0.1)
    assert found.verdict is verdict, found.message


def test_long_metadata_may_be_late() -> None:
    found = judged(LONG, MetadataComesLater(), settle=0.1)
    assert found.verdict is Verdict.PASSED, found.message


@pytest.mark.parametrize(
    ("status", "reason", "verdict"),
    [
        (409, "", Verdict.FAILED),
        (400, "File already exists.", Verdict.FAILED),
        (402, "Payment Required", Verdict.UNTESTABLE),
        (413, "too large", Verdict.UNTESTABLE),
        (503, "", Verdict.UNTESTABLE),
        (507, "", Verdict.UNTESTABLE),
    ],
)
def test_only_a_file_that_is_said_to_be_there_is_taken(status: int, reason: str, verdict: Verdict) -> None:
    found = judged(AGAIN, SecondUploads(status, reason))
    assert found.verdict is verdict, found.message


@pytest.mark.parametrize(
    ("status", "length", "verdict"),
    [(200, "10", Verdict.NOTED), (503, "0", Verdict.UNTESTABLE)],
)
def test_a_range_in_a_head_request_changes_no_length(status: int, length: str, verdict: Verdict) -> None:
    found = judged(HEAD, RangesOfHead(status, length))
    assert found.verdict is verdict, found.message


@pytest.mark.parametrize(
    ("status", "verdict"),
    [
        (200, Verdict.FAILED),
        (412, Verdict.FAILED),
        (410, Verdict.PASSED),
        (503, Verdict.UNTESTABLE),
    ],
)
def test_what_does_not_exist_matches_nothing(status: int, verdict: Verdict) -> None:
    found = judged(CONDITIONAL, AbsentIfNoneMatch(status))
    assert found.verdict is verdict, found.message


def test_a_server_error_refuses_no_upload_to_an_archived_project() -> None:
    found = judged("status.archived.no-upload", UploadsFailOfArchived())
    assert found.verdict is Verdict.UNTESTABLE, found.message


def test_a_second_wheel_is_refused_for_the_status_alone() -> None:
    found = judged("status.archived.no-upload", SecondWheelsRefused())
    assert found.verdict is Verdict.PASSED, found.message
    assert "judged without a second wheel of a version" in str(found)


def test_requires_python_is_compared_in_any_spelling() -> None:
    found = judged("upload.dup.different", RequiresPythonSpaced())
    assert found.verdict is Verdict.FAILED, found.message
