"""What a group, a cache and a refused token may answer, without a requirement that blames them for it."""

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

if TYPE_CHECKING:
    from pathlib import Path

    from conformance.report.check_result import CheckResult
    from reference_server.http.request import Request

GROUP_PAGE, GROUP_FILE = "group_project_page", "group_file"
CONDITIONS = ("HTTP_IF_MATCH", "HTTP_IF_NONE_MATCH", "HTTP_IF_UNMODIFIED_SINCE")


class AnswersOfACache(Fault):
    """Answers requests for files as a cache that evaluates no condition."""

    def handle(self, request: Request) -> Response | None:
        for name in CONDITIONS if request.endpoint == "file" else ():
            request.environ.pop(name, None)
        return None

    def respond(self, request: Request, response: Response) -> Response:
        if request.endpoint == "file":
            response.headers["Age"] = "60"
        return response


class GroupIsLate(Fault):
    """Answers 404 to the first request for each page of a group."""

    def __init__(self) -> None:
        self._seen: set[str] = set()

    def handle(self, request: Request) -> Response | None:
        if request.endpoint != GROUP_PAGE or request.path in self._seen:
            return None
        self._seen.add(request.path)
        return Response("", status=404)


class AnswersReporters(Fault):
    """Answers everyone but the Maintainer with one status in a group."""

    def __init__(self, status: int) -> None:
        self._status = status

    def respond(self, request: Request, response: Response) -> Response:
        user, _ = request.credentials.basic or ("", "")
        if request.endpoint in {GROUP_PAGE, GROUP_FILE} and user.startswith("reporter"):
            response.status_code = self._status
        return response


class WrongTokensForbidden(Fault):
    """Answers 403 in place of 401."""

    def respond(self, request: Request, response: Response) -> Response:
        del request
        if response.status_code == 401:
            response.status_code = 403
        return response


class ConditionsFail(Fault):
    """Answers 500 in place of 412."""

    def respond(self, request: Request, response: Response) -> Response:
        del request
        if response.status_code == 412:
            response.status_code = 500
        return response


@pytest.fixture(autouse=True)
def _own_folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PYTEST_DEBUG_TEMPROOT", str(tmp_path))  # of the inner sessions


def judged(fault: Fault, *only: str, settle: float = 0) -> dict[str, CheckResult]:
    with ReferenceServer(faults=[fault]) as server:
        target = target_from_table({**server.target()}, embedded=True)
        options = RunOptions(examples=2, settle=settle)
        run = run_checks(target, options, Selection(only=frozenset(only)))
    assert run.verdict_by_id.keys() == set(only)
    return {each.id: each for each in run.results}


def test_a_cache_has_no_duty_of_the_origin() -> None:
    found = judged(AnswersOfACache(), "http.files.304", "http.files.412", "http.files.412.date")
    assert {each.verdict for each in found.values()} == {Verdict.NOT_APPLICABLE}


def test_pages_of_a_group_are_waited_for() -> None:
    names = ("gitlab.group.every-gitlab-project", "gitlab.group.no-other-gitlab-project")
    found = judged(GroupIsLate(), *names, "gitlab.matrix.group-page", settle=10)
    assert {each.verdict for each in found.values()} == {Verdict.PASSED}, found


def test_a_member_of_the_gitlab_project_alone_may_get_403_in_a_private_group() -> None:
    names = ("gitlab.group.file-of-readable-only", "gitlab.matrix.group-page", "gitlab.matrix.group-file")
    found = judged(AnswersReporters(403), *names)
    assert found.pop(names[0]).verdict is Verdict.UNTESTABLE
    assert {each.verdict for each in found.values()} == {Verdict.PASSED}, found


def test_a_server_error_hides_no_file() -> None:
    (found,) = judged(AnswersReporters(500), "gitlab.group.page-of-readable-only").values()
    assert (found.verdict, found.found[:10]) == (Verdict.FAILED, "status 500")


def test_a_wrong_token_may_get_403() -> None:
    (found,) = judged(WrongTokensForbidden(), "gitlab.token.personal-header").values()
    assert found.verdict is Verdict.PASSED


def test_a_server_error_for_a_condition_is_named_as_one() -> None:
    (found,) = judged(ConditionsFail(), "http.files.412").values()
    assert (found.verdict, found.found) == (Verdict.WARNED, "status 500")
    assert found.expected.endswith("no server error")
