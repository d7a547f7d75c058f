"""A registry that knows projects under one spelling only: that is one cause, and the rest is judged all the same."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

import pytest

from conformance.run.checks_run import run_checks
from conformance.run.selection import Selection
from conformance.run.setup import prepare, take_part
from conformance.run.tidy import tidy
from conformance.target import target_from_table
from conformance.verdicts import Verdict
from conformance.verdicts.options import RunOptions
from reference_server import ReferenceServer
from reference_server.distributions import wheel

from .late_pages import LatePages
from .one_spelling import (
    KnownAsUploaded,
    KnownByLink,
    KnownInLowerCase,
    KnownWithUnderscores,
    SentToTheUpload,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from conformance.report.check_result import CheckResult
    from conformance.run.run import Run
    from reference_server.faults import Fault

pytestmark = pytest.mark.usefixtures("own_folder")

READING = (
    "(simple or http.pages or negotiation or visible or yank or gitlab.name or gitlab.page) and not clients"
)
"""The areas that read pages most."""
WHOLE = "not clients"

NORMALIZED = {"simple.name.normalization", "simple.url.project-normalized"}
OTHER_SPELLINGS = {
    "gitlab.name.case-ignored",
    "gitlab.name.every-spelling-one-page",
    "gitlab.name.runs-collapsed",
    "gitlab.name.separators-equal",
}
KINDS = {
    KnownAsUploaded: NORMALIZED | OTHER_SPELLINGS,
    KnownInLowerCase: NORMALIZED | OTHER_SPELLINGS,
    KnownWithUnderscores: NORMALIZED | OTHER_SPELLINGS,
    SentToTheUpload: {"simple.url.project-normalized"},
}
"""What is about the spellings that each does not know, or redirects."""


def judged(keyword: str, *faults: Fault, settle: float = 0.2) -> dict[str, CheckResult]:
    options = RunOptions(examples=2, rounds=2, settle=settle)
    with ReferenceServer(faults=faults) as server:
        target = target_from_table(server.target(), embedded=True)
        return {each.id: each for each in run_checks(target, options, Selection(keyword=keyword)).results}


@cache
def judged_right(keyword: str) -> dict[str, CheckResult]:
    return judged(keyword)


def only_names_differ(keyword: str, kind: Callable[[], Fault], about_names: set[str]) -> None:
    found, right = judged(keyword, kind()), judged_right(keyword)
    wrong = {row: each for row, each in found.items() if each.verdict is not right[row].verdict}
    assert found.keys() == right.keys()
    assert {row: each.message for row, each in wrong.items() if row not in about_names} == {}
    assert {row for row, each in wrong.items() if each.verdict is Verdict.FAILED} == about_names
    causes = {each.cause for each in wrong.values() if each.cause}
    assert causes == ({"simple.name.normalization"} if len(about_names) > 1 else set())


@pytest.mark.parametrize("kind", KINDS)
def test_only_the_rows_about_names_fail(kind: Callable[[], Fault]) -> None:
    only_names_differ(READING, kind, KINDS[kind])  # type: ignore[index]  # it is one of the classes


@pytest.mark.long
@pytest.mark.parametrize("kind", [KnownAsUploaded, KnownInLowerCase, SentToTheUpload])
def test_only_the_rows_about_names_fail_in_the_whole_catalogue(kind: Callable[[], Fault]) -> None:
    only_names_differ(WHOLE, kind, KINDS[kind])  # type: ignore[index]


@pytest.mark.long
def test_clients_that_find_no_normalized_name_stand_under_that_cause() -> None:
    found = judged("clients.pip.name or clients.pip.install-wheel or simple.name", KnownAsUploaded())
    clients = [
        each for row, each in found.items() if row.startswith("clients") and each.verdict is Verdict.FAILED
    ]
    assert clients
    assert {each.cause for each in clients} == {"simple.name.normalization"}


def prepared(server: ReferenceServer, *, settle: float = 0.2) -> Run:
    return prepare(target_from_table(server.target(), embedded=True), RunOptions(settle=settle))


@pytest.mark.parametrize("delay", [0, 0.25, 0.5])
def test_no_other_spelling_is_asked_for_where_the_normalized_name_is_found(delay: float) -> None:
    """However late: each look at a page is one request."""
    with ReferenceServer(faults=[LatePages(delay)]) as server:
        run = prepared(server, settle=10)
        asked = {each.path.rstrip("/").rpartition("/")[2] for each in server.requests if each.method == "GET"}
        tidy(run)
    assert run.registry.spellings.as_table() == {"regular": True, "rule": "", "known": {}}
    own = {each for each in asked if run.corpus.run_id in each and each != each.lower()}
    assert own <= {run.projects[0].upper()}  # whether spellings are redirected is a feature


def test_another_process_knows_the_spellings() -> None:
    with ReferenceServer(faults=[KnownInLowerCase()]) as server:
        run = prepared(server)
        other = take_part(run.as_table(), run.options, worker="1")
        project = run.projects[0]
        url = other.registry.project_url(project)
        tidy(run)
    assert url == f"{run.target.index_url}{run.corpus.main.lower()}/"
    assert other.registry.project_url(project, exact=True) == f"{run.target.index_url}{project}/"
    assert other.registry.project_url(project.upper()) == f"{run.target.index_url}{project.upper()}/"


def test_a_spelling_that_follows_from_no_upload_is_found_in_the_list() -> None:
    with ReferenceServer(faults=[KnownByLink()]) as server:
        run = prepared(server)
        urls = [run.registry.project_url(each) for each in run.projects]
        files = [run.registry.project_page(each).filenames for each in run.projects]
        tidy(run)
    assert all("_._" in each for each in urls)
    assert all(files)


def test_a_run_that_only_reads_looks_where_the_list_leads() -> None:
    with ReferenceServer(faults=[KnownAsUploaded()]) as server:
        server.publish(wheel("Some.Project", "1.0"))
        target = target_from_table(server.target(), embedded=True)
        run = prepare(target, RunOptions(read_only=True))
        named = prepare(target, RunOptions(read_only=True, projects=("Some.Project",)))
    for each in (run, named):
        assert each.projects == ("some-project",)
        assert each.registry.project_url("some-project") == f"{target.index_url}Some.Project/"
        assert each.offer.has("html")


def test_pages_that_are_late_change_no_verdict() -> None:
    keyword = "simple.name or simple.url or gitlab.name"
    found = judged(keyword, LatePages(0.25), settle=10)
    right = judged(keyword, LatePages(0), settle=10)
    assert {row: each.verdict for row, each in found.items()} == {
        row: each.verdict for row, each in right.items()
    }
