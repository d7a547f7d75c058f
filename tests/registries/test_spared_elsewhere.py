"""Pages of another GitLab project, read at the end of a run by a credential that may have no right there any more."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from werkzeug import Response

from conformance.run.checks_run import run_checks
from conformance.run.selection import Selection
from conformance.target import target_from_table
from conformance.verdicts import Verdict
from conformance.verdicts.options import RunOptions
from reference_server import ReferenceServer
from reference_server.faults import Fault
from reference_server.faults.building.requests import PAGES

if TYPE_CHECKING:
    from conformance.report.check_result import CheckResult
    from reference_server.http.request import Request

pytestmark = pytest.mark.usefixtures("own_folder")

DELETION, SPARED = "gitlab.rest.delete-keeps-others", "consistency.spared-to-the-end"


class ElsewhereClosed(Fault):
    """Answers pages of other GitLab projects with one status once a package was deleted."""

    def __init__(self, status: int, *endpoints: str) -> None:
        self._status, self._endpoints = status, endpoints
        self._is_closed = False

    def handle(self, request: Request) -> Response | None:
        self._is_closed |= request.endpoint == "delete_package"
        if not self._is_closed or request.endpoint not in self._endpoints:
            return None
        is_own = request.arguments["gitlab_project"] == "1"
        return None if is_own else Response("closed", status=self._status)


def last_look(fault: Fault) -> CheckResult:
    with ReferenceServer(faults=[fault]) as server:
        target = target_from_table({**server.target()}, embedded=True)
        options = RunOptions(examples=1, settle=0.2)
        results = run_checks(target, options, Selection(only=frozenset({DELETION, SPARED}))).results
    found = {each.id: each for each in results}
    assert found[DELETION].verdict is Verdict.PASSED, found[DELETION].message
    return found[SPARED]


@pytest.mark.parametrize("status", [401, 403, 404])
def test_a_page_without_a_right_to_it_is_no_lost_file(status: int) -> None:
    found = last_look(ElsewhereClosed(status, *PAGES))
    assert found.verdict is Verdict.UNTESTABLE, found.message


def test_a_page_that_is_gone_from_a_list_that_is_read_is_a_loss() -> None:
    found = last_look(ElsewhereClosed(404, "project_page"))
    assert found.verdict is Verdict.FAILED, found.message
    assert "is not listed" in found.message
