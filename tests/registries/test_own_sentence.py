"""A row deviates for its own sentence: not for what another row is about, and not for what was asked of it first."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from werkzeug import Response

from conformance.run.checks_run import run_checks
from conformance.run.selection import Selection
from conformance.target import target_from_table
from conformance.verdicts import Verdict
from conformance.verdicts.options import RunOptions
from reference_server import ReferenceServer
from reference_server.faults.fault import Fault
from reference_server.faults.security.traversal import PathsAcceptedAsNames, PathsAcceptedAsVersions

if TYPE_CHECKING:
    from pathlib import Path

    from conformance.report.check_result import CheckResult
    from reference_server.http.request import Request
    from reference_server.rendering.pages import ProjectPage

MISTAKES = 4
"""How many mistakes `upload.error-json` knows."""


@pytest.fixture(autouse=True)
def _own_folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PYTEST_DEBUG_TEMPROOT", str(tmp_path))  # of the inner sessions


class RefusalsBreak(Fault):
    """Turns the first refusals of uploads into server errors, as a parser does that nothing guards."""

    def __init__(self, first: int) -> None:
        self.left = first

    def respond(self, request: Request, response: Response) -> Response:
        """Answer 500 with a page for people."""
        if request.endpoint != "upload" or response.status_code < 400 or not self.left:
            return response
        self.left -= 1
        return Response("<h1>Internal Server Error</h1>", status=500, mimetype="text/html")


class VersionsLeadAway(PathsAcceptedAsVersions):
    """Writes files where their versions lead, so that the page of their project has none of them."""

    def project_page(self, page: ProjectPage) -> ProjectPage:
        """Leave out the files of the project whose versions are paths."""
        return replace(page, files=()) if page.name.endswith("version-path") else page


def judged(row: str, folder: Path, *faults: Fault) -> CheckResult:
    with ReferenceServer(faults=faults) as server:
        target = target_from_table(server.target(), embedded=True)
        options = RunOptions(examples=1, ledger_folder=folder)
        (found,) = run_checks(target, options, Selection(only=frozenset({row}))).results
    return found


@pytest.mark.parametrize("broken", range(MISTAKES))
def test_a_server_error_is_no_refusal_in_another_form(broken: int, tmp_path: Path) -> None:
    found = judged("upload.error-json", tmp_path, RefusalsBreak(broken))
    assert found.verdict is Verdict.PASSED, found.message


def test_where_every_mistake_breaks_the_server_no_form_of_a_refusal_is_judged(tmp_path: Path) -> None:
    found = judged("upload.error-json", tmp_path, RefusalsBreak(1000))
    assert found.verdict is Verdict.NOT_APPLICABLE
    assert "no mistake in an upload is refused (4xx)" in found.message


def test_versions_that_are_paths_are_judged_where_names_fail(tmp_path: Path) -> None:
    row = "security.traversal.name-version"
    found = judged(row, tmp_path, PathsAcceptedAsNames(), VersionsLeadAway())
    assert found.verdict is Verdict.FAILED
    assert {"a name that leads up", "a version that leads up"} <= {
        line.partition(":")[0] for line in found.found.splitlines()
    }
