"""Uploads learn of a project's status later than its pages, and an active project has a reason of its own."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from werkzeug import Response

from conformance.verdicts import Verdict
from reference_server.faults import Fault
from reference_server.faults.building.upload_forms import text_of
from reference_server.faults.status.effects import ArchivedForGood, ReasonOutlivesStatus

from . import one_row

if TYPE_CHECKING:
    from conformance.report.check_result import CheckResult
    from reference_server.http.request import Request
    from reference_server.model import ProjectStatus
    from reference_server.rendering.pages import ProjectPage
    from reference_server.rules import Rules

pytestmark = pytest.mark.usefixtures("own_folder")

AGAIN, ARCHIVED, QUARANTINED = (
    "status.active.again",
    "status.archived.no-upload",
    "status.quarantined.no-upload",
)


class RestoredWithAReason(Fault):
    """Gives a reason for the status `active` too."""

    def project_page(self, page: ProjectPage) -> ProjectPage:
        if (page.status or "active") != "active":
            return page
        return replace(page, status="active", status_reason="restored by an administrator")


class FirstUploadRefused(Fault):
    """Refuses the first upload after a page was archived, as what takes uploads learns of a status later."""

    def __init__(self) -> None:
        self._archived: set[str] = set()

    def handle(self, request: Request) -> Response | None:
        name = text_of(request, "name") if request.endpoint == "upload" else ""
        if name not in self._archived:
            return None
        self._archived.remove(name)
        return Response("archived", status=403)

    def project_page(self, page: ProjectPage) -> ProjectPage:
        if page.status == "archived":
            self._archived.add(page.normalized)
        return page


class UploadsAccepted(Fault):
    """Accepts so many uploads to projects whose status refuses them."""

    def __init__(self, status: str, times: int) -> None:
        self._status, self._left = status, times

    def rules(self, rules: Rules) -> Rules:
        def takes_uploads(project: ProjectStatus) -> bool:
            if project.status != self._status or not self._left:
                return rules.takes_uploads(project)
            self._left -= 1
            return True

        return replace(rules, takes_uploads=takes_uploads)


def judged(row: str, *faults: Fault) -> CheckResult:
    return one_row.judged(row, *faults, settle=0.2)


def test_an_active_project_may_have_a_reason_of_its_own() -> None:
    found = judged(AGAIN, RestoredWithAReason())
    assert found.verdict is Verdict.PASSED, found.message


def test_the_reason_of_a_former_status_is_found() -> None:
    assert judged(AGAIN, ReasonOutlivesStatus()).verdict is Verdict.FAILED


def test_uploads_may_learn_later_that_a_project_is_active_again() -> None:
    found = judged(AGAIN, FirstUploadRefused())
    assert found.verdict is Verdict.PASSED, found.message


def test_uploads_that_never_learn_that_a_project_is_active_again_are_found() -> None:
    assert judged(AGAIN, ArchivedForGood()).verdict is Verdict.FAILED


@pytest.mark.parametrize(("row", "status"), [(ARCHIVED, "archived"), (QUARANTINED, "quarantined")])
@pytest.mark.parametrize(("times", "verdict"), [(1, Verdict.PASSED), (2, Verdict.FAILED)])
def test_uploads_may_learn_later_that_a_project_is_closed(
    row: str, status: str, times: int, verdict: Verdict
) -> None:
    found = judged(row, UploadsAccepted(status, times))
    assert found.verdict is verdict, found.message
