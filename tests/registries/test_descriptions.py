"""Registries whose JSON API is late, fails at times, or knows less than PyPI's: no requirement blames them for it."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from packaging.utils import canonicalize_name

from conformance.catalogue import catalogue
from conformance.catalogue.causes import causes
from conformance.checks.jsonapi.listed_files import latest, latest_stated
from conformance.checks.jsonapi.test_files import _differences as differences
from conformance.checks.jsonapi.test_files import _elsewhere as elsewhere
from conformance.pages import FileLink, ProjectPage
from conformance.run.checks_run import run_checks
from conformance.run.selection import Selection
from conformance.target import target_from_table
from conformance.verdicts import Verdict
from conformance.verdicts.options import RunOptions
from reference_server import ReferenceServer
from reference_server.faults.building.descriptions import (
    DESCRIPTIONS,
    PROJECT,
    ChangesDescribedFiles,
    ChangesDescriptions,
)
from reference_server.faults.building.upload_forms import filename_of
from reference_server.faults.fault import Fault
from reference_server.http.json_responses import refusal
from reference_server.model.errors import PackageNotFoundError

if TYPE_CHECKING:
    from werkzeug import Response

    from conformance.report.check_result import CheckResult
    from reference_server.http.request import Request
    from reference_server.rendering.pages import ProjectPage as ServedPage

pytestmark = pytest.mark.usefixtures("own_folder")

ROWS = frozenset(row.id for row in catalogue() if row.area == "jsonapi" and not row.untested)
SERVED = {"jsonapi.project.served", "jsonapi.release.served"}
SETTLE = 1.5
"""Seconds that a run waits for what may be late."""
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
        results = run_checks(target, RunOptions(examples=1, settle=SETTLE), Selection(only=rows)).results
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


class WheelsAlone(Fault):
    """Takes wheels alone, as registries of built distributions do."""

    def handle(self, request: Request) -> Response | None:
        is_other = request.method == "POST" and not filename_of(request).endswith(b".whl")
        return refusal(PackageNotFoundError()) if is_other else None


class NoReleases(ChangesDescriptions):
    """Leaves out `releases`, which the documentation holds for deprecated."""

    acts_on = (PROJECT,)

    def change(self, document: dict[str, Any]) -> None:
        del document["releases"]


class FilesWithoutNames(ChangesDescribedFiles):
    """Names no file."""

    def change_file(self, file: dict[str, Any]) -> None:
        del file["filename"]


class PagesWithoutPythons(Fault):
    """Leaves the optional Requires-Python out of pages."""

    def project_page(self, page: ServedPage) -> ServedPage:
        return replace(page, files=tuple(replace(file, requires_python=None) for file in page.files))


class WrongAddress(Fault):
    """Has nothing at the address of the JSON API, as where another one was given."""

    def handle(self, request: Request) -> Response | None:
        return refusal(PackageNotFoundError()) if request.endpoint in DESCRIPTIONS else None


def test_a_description_without_releases_is_not_asked_for_their_files() -> None:
    found = judged(NoReleases())
    assert blamed(found) == {}
    assert found["jsonapi.files.releases"].verdict is Verdict.NOT_APPLICABLE


def test_where_no_file_is_described_by_its_name_nothing_is_said_of_it() -> None:
    rows = frozenset({"jsonapi.file.url", "jsonapi.file.digests-right", "jsonapi.file.packagetype"})
    found = judged(FilesWithoutNames(), rows=rows)
    assert {each.verdict for each in found.values()} == {Verdict.UNTESTABLE}
    assert all("jsonapi.files.urls" in each.message for each in found.values())


def test_a_page_without_requires_python_says_nothing_of_it() -> None:
    found = judged(PagesWithoutPythons(), rows=frozenset({"jsonapi.file.same-as-simple"}))
    assert blamed(found) == {}
    assert found["jsonapi.file.same-as-simple"].verdict is Verdict.PASSED


def test_a_registry_of_wheels_alone_is_judged_by_its_wheels() -> None:
    found = judged(WheelsAlone())
    assert blamed(found) == {}
    for row in ("info.metadata", "info.first-upload", "file.packagetype", "file.url", "files.releases"):
        assert found[f"jsonapi.{row}"].verdict is Verdict.PASSED, found[f"jsonapi.{row}"].message


def test_a_release_without_files_may_be_the_latest_where_the_page_states_it() -> None:
    page = ProjectPage(files=(link("demo-1.0.tar.gz"),), where="", versions=("1.0", "9.0", "10.0rc1", "x"))
    assert str(latest(page, "demo")) == "1.0"
    assert str(latest_stated(page)) == "9.0"
    assert latest_stated(replace(page, versions=None)) is None


def link(filename: str) -> FileLink:
    return FileLink(filename=filename, url="", hashes={}, requires_python=None)


FORMER = ("demo-1.0-py2.5.egg", "demo-1.0.win32.exe", "demo-1.0.linux-x86_64.tar.gz", "demo-1.1-2.tar.gz")
"""Files of former formats, of which the last may be read as version 2 of demo-1.1."""


def test_files_of_former_formats_may_stand_under_any_version() -> None:
    page = ProjectPage(files=tuple(map(link, ("demo-1.0.tar.gz", *FORMER))), where="")
    files = [{"filename": name} for name in page.filenames]
    assert differences(files, {"demo-1.0.tar.gz"}, page) == []
    assert elsewhere(files, "demo", "1.0") == []
    assert elsewhere(files, "demo", "1.1") == ["demo-1.0.tar.gz under 1.1"]
    unlisted = [*files, {"filename": "demo-3.0.egg"}]
    assert differences(unlisted, set(), page) == ["demo-3.0.egg, which is not listed"]
    assert differences([], {"demo-1.0.tar.gz"}, page) == ["no demo-1.0.tar.gz"]


def test_at_a_wrong_address_nothing_but_service_is_blamed() -> None:
    found = judged(WrongAddress())
    assert blamed(found).keys() == SERVED
    assert found["jsonapi.latest.yanked"].verdict is Verdict.UNTESTABLE


def test_at_a_wrong_address_releases_follow_from_projects() -> None:
    results = judged(WrongAddress(), rows=frozenset(SERVED))
    assert blamed(results).keys() == SERVED
    (entry,) = (each for each in causes() if "jsonapi.project.served" in each.roots)
    assert all(entry.explains("jsonapi.release.served", each.found) for each in results.values())
