"""Names that a credential may not publish, ids of packages and names of downloads that are a registry's own choice."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

import pytest
from werkzeug import Response

from conformance.verdicts import Verdict
from reference_server.faults import Fault
from reference_server.faults.building.upload_forms import text_of
from reference_server.faults.consistency.settled import PageEndsAtFiftyFiles
from reference_server.faults.gitlab.rest_packages import PackagesFoundAnywhere
from reference_server.faults.http.files import HyphensInDisposition
from reference_server.faults.name.validity import NamesAsIdentifiers, NamesInAShortColumn
from reference_server.faults.race.uploads import UpdatesLost

from .one_row import judged

if TYPE_CHECKING:
    from reference_server.http.request import Request

pytestmark = pytest.mark.usefixtures("own_folder")

NAMES, PACKAGES, DISPOSITION = (
    "name.valid-accepted",
    "gitlab.rest.own-packages-only",
    "http.files.disposition",
)
LONG_PAGE = "consistency.long-page"
OWN_PREFIX, CORPUS = "(?i)conformance", r"(?i)conformance[.-]\w+[_-](main|picky|versions)"
"""Names that a credential may publish: those with a prefix of its own, or those of a run's corpus alone."""


class NamesForbidden(Fault):
    """Lets the credential publish under some names only."""

    def __init__(self, status: int, allowed: str) -> None:
        self._status, self._allowed = status, re.compile(allowed)

    def handle(self, request: Request) -> Response | None:
        if request.endpoint != "upload" or self._allowed.match(text_of(request, "name")):
            return None
        return Response("not yours", status=self._status)


class PackagesCountedApart(Fault):
    """Has another package of the same number in each other GitLab project."""

    def handle(self, request: Request) -> Response | None:
        if request.endpoint != "package" or request.arguments["gitlab_project"] == "1":
            return None
        table = {"id": request.arguments["package_id"], "name": "someone-elses", "version": "1.0"}
        return Response(json.dumps(table), mimetype="application/json")


class DownloadsNamedByPath(Fault):
    """Names files in Content-Disposition with their folder, which clients leave out."""

    def __init__(self, folder: str) -> None:
        self._folder = folder

    def respond(self, request: Request, response: Response) -> Response:
        if request.endpoint == "file" and response.status_code == 200:
            name = f"{self._folder}{request.arguments['filename']}"
            response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
        return response


@pytest.mark.parametrize("status", [401, 403])
def test_names_that_a_credential_may_not_publish_leave_the_others_to_judge(status: int) -> None:
    found = judged(NAMES, NamesForbidden(status, OWN_PREFIX))
    assert found.verdict is Verdict.PASSED, found.message
    assert found.message.startswith("2 of 3 names were judged: the credential may not publish 0conformance-")


def test_a_name_that_is_refused_is_found_beside_one_that_is_forbidden() -> None:
    found = judged(NAMES, NamesForbidden(403, OWN_PREFIX), NamesInAShortColumn())
    assert found.verdict is Verdict.WARNED, found.message
    assert judged(NAMES, NamesAsIdentifiers()).verdict is Verdict.WARNED


def test_where_every_name_is_forbidden_none_is_judged() -> None:
    found = judged(NAMES, NamesForbidden(403, CORPUS))
    assert found.verdict is Verdict.UNTESTABLE, found.message


def test_each_gitlab_project_may_count_its_packages() -> None:
    assert judged(PACKAGES, PackagesCountedApart()).verdict is Verdict.NOT_APPLICABLE
    assert judged(PACKAGES, PackagesFoundAnywhere()).verdict is Verdict.FAILED


@pytest.mark.parametrize("folder", ["packages/", "a/b/", r"packages\\"])
def test_a_download_may_be_named_by_its_path(folder: str) -> None:
    found = judged(DISPOSITION, DownloadsNamedByPath(folder))
    assert found.verdict is Verdict.PASSED, found.message


def test_a_download_with_another_name_is_found() -> None:
    assert judged(DISPOSITION, HyphensInDisposition()).verdict in {Verdict.FAILED, Verdict.WARNED}


def test_a_long_page_is_made_of_uploads_that_do_not_meet(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("conformance.target.overlap.is_waited_for", lambda *_: True)
    found = judged(LONG_PAGE, UpdatesLost())
    assert found.verdict is Verdict.PASSED, found.message
    assert judged(LONG_PAGE, PageEndsAtFiftyFiles()).verdict is Verdict.FAILED
