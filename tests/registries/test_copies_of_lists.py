"""A cache keeps copies of the list of projects, one for longer than another: no requirement blames the registry."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
import requests

from conformance.verdicts import Verdict
from conformance.verdicts.options import RunOptions
from reference_server import ReferenceServer
from reference_server.distributions import wheel
from reference_server.faults import Fault
from reference_server.faults.http.compression import ShortListWithoutCompression
from reference_server.faults.simple.listing import InheritedProjectsInJson
from reference_server.rendering.pages import ProjectLink
from reference_server.rules import Rules

from .one_row import result_of

if TYPE_CHECKING:
    from werkzeug import Response

    from conformance.report.check_result import CheckResult
    from reference_server.http.request import Request
    from reference_server.rendering.pages import RootPage

pytestmark = pytest.mark.usefixtures("own_folder")

CODINGS, FORMS, HREF = "http.root.gzip", "simple.root.agrees-across-types", "simple.html.root.href"
GONE = "zz-deleted"
ALWAYS = 10_000
SETTLE = 0.2


class KeepsOneCopy(Fault):
    """Answers requests for one form or coding of the list with its first copy; no header shows it, but `shown`."""

    def __init__(self, header: str, value: str, *, times: int, shown: tuple[str, str] | None = None) -> None:
        self._header, self._value, self._left, self._shown = header, value, times, shown
        self._copy: bytes = b""

    def respond(self, request: Request, response: Response) -> Response:
        """Put the first copy in the place of a later one."""
        asked = request.headers.get(self._header, "").startswith(self._value)
        if request.endpoint != "root_page" or not asked or not self._left:
            return response
        self._copy = self._copy or response.get_data()
        self._left -= 1
        response.set_data(self._copy)
        if self._shown:
            response.headers.add(*self._shown)
        return response


class DeletesLate(Fault):
    """Lists a project that is not there for so many looks at the list, as one that was deleted a moment ago."""

    def __init__(self, looks: int) -> None:
        self._left = looks

    def root_page(self, page: RootPage) -> RootPage:
        self._left -= 1
        if self._left < 0:
            return page
        return replace(page, projects=(*page.projects, ProjectLink(name=GONE, url=f"{GONE}/")))


UNPACKED = ("Accept-Encoding", "identity")
IN_JSON = ("Accept", "application/vnd.pypi.simple.v1+json")


def judged(row: str, *faults: Fault, read_only: bool = False, settle: float = SETTLE) -> CheckResult:
    """Judge a server of two projects; of the one, every copy of the list was read before the other was published."""
    with ReferenceServer(faults=faults, rules=replace(Rules(), gzips_from=1)) as server:
        server.publish(wheel("alpha", "1.0"))
        for name, value in (UNPACKED, IN_JSON):
            login = (server.username, server.password)
            assert requests.get(server.index_url, auth=login, headers={name: value}, timeout=10).ok
        server.publish(wheel("beta", "1.0"))
        projects = ("alpha", "beta") if read_only else ()
        options = RunOptions(examples=1, settle=settle, read_only=read_only, projects=projects)
        return result_of(row, server.target(), options)


COPIES = pytest.mark.parametrize(("row", "which"), [(CODINGS, UNPACKED), (FORMS, IN_JSON)])


@COPIES
def test_a_copy_that_is_kept_for_longer_than_a_run_waits_is_not_blamed(
    row: str, which: tuple[str, str]
) -> None:
    found = judged(row, KeepsOneCopy(*which, times=ALWAYS))
    assert found.verdict is Verdict.UNTESTABLE, found.message
    assert "a copy of the list may be older" in found.message


def test_a_copy_that_is_kept_for_a_while_is_waited_for() -> None:
    found = judged(CODINGS, KeepsOneCopy(*UNPACKED, times=4))
    assert found.verdict is Verdict.PASSED, found.message


@COPIES
@pytest.mark.parametrize("shown", [("Age", "7"), ("X-Cache", "HIT"), ("Cache-Control", "max-age=600")])
def test_where_nothing_is_published_a_cache_shows_itself(
    row: str, which: tuple[str, str], shown: tuple[str, str]
) -> None:
    found = judged(row, KeepsOneCopy(*which, times=ALWAYS, shown=shown), read_only=True)
    assert found.verdict is Verdict.UNTESTABLE, found.message


@COPIES
def test_where_nothing_is_published_and_no_cache_shows_itself_lists_have_to_agree(
    row: str, which: tuple[str, str]
) -> None:
    found = judged(row, KeepsOneCopy(*which, times=ALWAYS), read_only=True)
    assert (found.verdict, found.found) == (Verdict.FAILED, "beta")


@pytest.mark.parametrize("read_only", [False, True])
@pytest.mark.parametrize(
    ("row", "fault"), [(CODINGS, ShortListWithoutCompression), (FORMS, InheritedProjectsInJson)]
)
def test_a_list_that_lacks_or_adds_a_project_for_good_is_found(
    row: str, fault: type[Fault], *, read_only: bool
) -> None:
    assert judged(row, fault(), read_only=read_only).verdict is Verdict.FAILED


@pytest.mark.parametrize("read_only", [False, True])
@pytest.mark.parametrize(("looks", "verdict"), [(8, Verdict.PASSED), (ALWAYS, Verdict.FAILED)])
def test_a_list_that_shows_a_deletion_late_is_waited_for(
    looks: int, verdict: Verdict, *, read_only: bool
) -> None:
    settle = SETTLE if looks == ALWAYS else 60.0  # it ends with the last of the looks
    found = judged(HREF, DeletesLate(looks), read_only=read_only, settle=settle)
    assert found.verdict is verdict, found.message


class DeletedByAnother(Fault):
    """Loses a project once the landmarks are there; a cache has a later JSON list that still has it."""

    def __init__(self) -> None:
        self._copy: bytes = b""

    def root_page(self, page: RootPage) -> RootPage:
        if any("landmark" in each.name for each in page.projects):
            return page
        return replace(page, projects=(*page.projects, ProjectLink(name=GONE, url=f"{GONE}/")))

    def respond(self, request: Request, response: Response) -> Response:
        """Show the project in HTML alone at first, and keep the first JSON list with a landmark."""
        if request.endpoint != "root_page" or not response.headers["Content-Type"].endswith("json"):
            return response
        listed = response.get_data()
        if b"landmark" in listed:
            self._copy = self._copy or listed.replace(b"]", b',{"name":"' + GONE.encode() + b'"}]')
        response.set_data(self._copy or listed.replace(b',{"name":"' + GONE.encode() + b'"}', b""))
        return response


def test_a_copy_from_before_a_deletion_by_somebody_else_is_not_blamed() -> None:
    found = judged(FORMS, DeletedByAnother())
    assert found.verdict is Verdict.UNTESTABLE, found.message


def test_a_race_is_not_blamed_for_a_copy_of_the_list_that_is_kept_for_long() -> None:
    found = judged("race.case-and-separator", KeepsOneCopy(*IN_JSON, times=ALWAYS))
    assert found.verdict is Verdict.UNTESTABLE, found.message
