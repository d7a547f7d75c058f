"""A registry that sends readers to another index for projects that it does not have."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from werkzeug import Response

from conformance.run.checks_run import run_checks
from conformance.run.selection import Selection
from conformance.target import Target, target_from_table
from conformance.target.doctor import examine
from conformance.verdicts import Verdict
from conformance.verdicts.options import RunOptions
from reference_server import ReferenceServer
from reference_server.faults import Fault

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from reference_server.http.request import Request

ELSEWHERE = "https://index.example.com/simple/"
PAGES = ("project_page", "group_project_page")
UNKNOWN = (
    "simple.project.unknown-404",
    "auth.unknown-project",
    "gitlab.page.absent-project-not-found",
    "gitlab.group.absent-project-not-found",
    "gitlab.matrix.group-page",
)
OTHERS = (
    "simple.project.no-files",
    "simple.url.variants-same-project",
    "simple.url.redirect-keeps-origin",
    "upload.version-required",
    "http.errors-status",
)
"""Rows that meet projects that are not there."""


class RedirectsUnknownProjects(Fault):
    """Redirects to another index for a project that is not there, as GitLab's request forwarding does."""

    def respond(self, request: Request, response: Response) -> Response:
        if request.endpoint in PAGES and response.status_code == 404:
            return Response("", status=302, headers={"Location": f"{ELSEWHERE}{request.arguments['name']}/"})
        return response


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[ReferenceServer]:
    monkeypatch.setenv("PYTEST_DEBUG_TEMPROOT", str(tmp_path))  # of the inner session
    with ReferenceServer(faults=[RedirectsUnknownProjects()]) as running:
        yield running


def target(server: ReferenceServer, **settings: str) -> Target:
    return target_from_table({**server.target(), **settings}, embedded=True)


def verdicts(target: Target) -> dict[str, Verdict]:
    result = run_checks(target, RunOptions(examples=2), Selection(only=frozenset((*UNKNOWN, *OTHERS))))
    assert result.verdict_by_id.keys() == {*UNKNOWN, *OTHERS}
    return result.verdict_by_id


def test_a_stated_fallback_counts_as_unknown(server: ReferenceServer) -> None:
    found = verdicts(target(server, fallback="redirect"))
    assert set(found.values()) == {Verdict.PASSED}, found


def test_a_fallback_that_nothing_states_is_a_deviation(server: ReferenceServer) -> None:
    found = verdicts(target(server))
    assert found["simple.project.unknown-404"] is Verdict.FAILED
    assert found["auth.unknown-project"] is Verdict.WARNED


def test_the_doctor_proposes_the_line(server: ReferenceServer) -> None:
    (found,) = (each for each in examine(target(server), RunOptions()) if each.about == "unknown projects")
    assert f"to another index, {ELSEWHERE}conformance-doctor-absent/" in found.seen
    assert found.change == 'write `fallback = "redirect"` into registry.toml if that is meant'
    stated = examine(target(server, fallback="redirect"), RunOptions())
    assert [each.wrong for each in stated if each.about == "unknown projects"] == [False]


def test_workers_know_of_it(server: ReferenceServer) -> None:
    table = target(server, fallback="redirect").as_table()
    assert target_from_table(table).fallback == "redirect"
