"""Registries whose JSON API is late, fails at times, or knows less than PyPI's: no requirement blames them for it."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import pytest
from packaging.utils import canonicalize_name

from conformance.catalogue import catalogue
from conformance.run.checks_run import run_checks
from conformance.run.selection import Selection
from conformance.target import target_from_table
from conformance.verdicts import Verdict
from conformance.verdicts.options import RunOptions
from reference_server import ReferenceServer
from reference_server.faults.building.descriptions import DESCRIPTIONS, ChangesDescriptions
from reference_server.faults.fault import Fault
from reference_server.http.json_responses import refusal
from reference_server.model.errors import PackageNotFoundError

if TYPE_CHECKING:
    from werkzeug import Response

    from conformance.report.check_result import CheckResult
    from reference_server.http.request import Request

pytestmark = pytest.mark.usefixtures("own_folder")

ROWS = frozenset(row.id for row in catalogue() if row.area == "jsonapi" and not row.untested)
SERVED = {"jsonapi.project.served", "jsonapi.release.served"}
LAG = 0.2
"""Seconds that a description of a project is late."""


class Late(Fault):
    """Describes each project late: for a moment after the first look at it."""

    def __init__(self) -> None:
        self._until: dict[str, float] = {}

    def is_early(self, request: Request) -> bool:
        """Whether this asks for a description that is not up to date yet."""
        if request.endpoint not in DESCRIPTIONS:
            return False
        project = canonicalize_name(request.path.split("/")[2])
        return time.monotonic() < self._until.setdefault(project, time.monotonic() + LAG)


class DescribedLate(Late):
    """Has no description at first."""

    def handle(self, request: Request) -> Response | None:
        return refusal(PackageNotFoundError()) if self.is_early(request) else None


class FilesDescribedLate(Late):
    """Describes one file of each release at first, and one release of each project."""

    def respond(self, request: Request, response: Response) -> Response:
        return OneFileDescribed().respond(request, response) if self.is_early(request) else response


class OneFileDescribed(ChangesDescriptions):
    """Describes the first file of a release alone, and that release alone."""

    def change(self, document: dict[str, Any]) -> None:
        document["urls"] = document["urls"][:1]
        if "releases" in document:
            document["releases"] = {document["info"]["version"]: document["urls"]}


class DescriptionsFail(Fault):
    """Answers every third request for a description with 503, once the API has been found."""

    def __init__(self) -> None:
        self._asked = 0

    def respond(self, request: Request, response: Response) -> Response:
        self._asked += request.endpoint in DESCRIPTIONS
        if request.endpoint in DESCRIPTIONS and self._asked % 3 == 0:
            response.status_code = 503
        return response


def judged(*faults: Fault, rows: frozenset[str] = ROWS, **table: Any) -> dict[str, CheckResult]:
    """Judge a registry in the manner of PyPI by requirements on its JSON API."""
    with ReferenceServer(flavour="pypi", faults=faults) as server:
        target = target_from_table(server.target() | table, embedded=True)
        results = run_checks(target, RunOptions(examples=1), Selection(only=rows)).results
    return {each.id: each for each in results}


def blamed(results: dict[str, CheckResult]) -> dict[str, str]:
    """Return the message of each requirement that blames the registry."""
    deviating = {Verdict.FAILED, Verdict.WARNED, Verdict.NOTED, Verdict.ERROR}
    return {name: each.message for name, each in results.items() if each.verdict in deviating}


@pytest.mark.parametrize("fault", [DescribedLate, FilesDescribedLate])
def test_descriptions_that_are_late_are_waited_for(fault: type[Fault]) -> None:
    expected, found = judged(), judged(fault())
    assert blamed(found) == {}
    assert {name: each.verdict for name, each in found.items()} == {
        name: each.verdict for name, each in expected.items()
    }


def test_the_json_api_is_found_though_it_describes_new_projects_late() -> None:
    table = {"profile": "pep503-upload", "layout": "pypi"}
    found = judged(DescribedLate(), rows=frozenset(SERVED), **table)
    assert {each.verdict for each in found.values()} == {Verdict.PASSED}


def test_a_server_error_is_blamed_by_requirements_on_service_alone() -> None:
    results = judged(DescriptionsFail())
    assert blamed(results).keys() <= SERVED
    assert any(each.verdict is Verdict.UNTESTABLE for each in results.values())
