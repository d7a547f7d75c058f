"""Jobs and others whom a registry refuses: for what they are, and not for a credential that opens nothing any more."""

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
from reference_server.faults import Fault
from reference_server.faults.building.decisions import Authorizes
from reference_server.faults.building.upload_forms import text_of
from reference_server.faults.gitlab.files import FilesRepackaged
from reference_server.faults.gitlab.job_tokens import (
    AllowlistForReading,
    AllowlistIgnored,
    JobsAndTheRestApi,
    JobsDeleteAnywhere,
    JobsDeleteNothing,
    JobsOfTheirProjectOnly,
    JobsReadAnywhere,
    JobTokensAnywhere,
)
from reference_server.faults.gitlab.registry_access import (
    READING,
    MembersOnlyFilesForEveryone,
    MembersOnlyIgnored,
    MembersOnlyListedForEveryone,
    OpenForPushing,
)

from .one_row import result_of

if TYPE_CHECKING:
    from conformance.report.check_result import CheckResult
    from reference_server.http.request import Request
    from reference_server.model import Action, Caller, GitLabProject

pytestmark = pytest.mark.usefixtures("own_folder")

CLOSED, PULLING = "gitlab.access.members-only-closed", "gitlab.access.open-for-pulling-only"
ALLOWED = "gitlab.token.job-allowed"
ELSEWHERE = (
    "gitlab.token.job-elsewhere-refused",
    "gitlab.token.job-elsewhere-cannot-delete",
    "gitlab.token.job-elsewhere-members-only",
)


class JobsElsewhereUnauthorized(Fault):
    """Answers 401 where a job may not use a GitLab project, as lawful as 403."""

    def respond(self, request: Request, response: Response) -> Response:
        is_job = bool(request.caller and request.caller.job_project)
        return Response(status=401) if is_job and response.status_code == 403 else response


def judged_with(row: str, *faults: Fault, **passwords: str) -> CheckResult:
    """Judge a new server by one requirement, with other passwords of some credentials."""
    with ReferenceServer(faults=faults) as server:
        table = server.target()
        for name, password in passwords.items():
            table["credentials"][name.replace("_", "-")]["password"] = password
        return result_of(row, table, RunOptions(examples=1, settle=0.02))


class ToOutsiders(Fault):
    """Answers those who may not read a registry for members only with a status and a body, and no content."""

    def __init__(self, status: int, **bodies: str) -> None:
        self._status, self._bodies = status, bodies

    def respond(self, request: Request, response: Response) -> Response:
        body = self._bodies.get(request.endpoint)
        if body is None or response.status_code not in {401, 403, 404}:
            return response
        if request.arguments.get("gitlab_project", "7") != "7" or "main" in request.path:
            return response
        kind = "application/json" if request.endpoint == "packages" else "text/html"
        return Response(body, status=self._status, mimetype=kind)


EMPTY_PAGE = "<!DOCTYPE html><html><head><title>Links</title></head><body></body></html>"


@pytest.mark.parametrize("row", [CLOSED, ELSEWHERE[2]])
@pytest.mark.parametrize(
    "bodies",
    [
        {"packages": "[]"},
        {"packages": "{}"},
        {"project_page": EMPTY_PAGE},
        {"group_project_page": EMPTY_PAGE},
        {"file": "<html>Sign in</html>"},
    ],
    ids=str,
)
def test_an_answer_without_the_wheel_serves_nothing(row: str, bodies: dict[str, str]) -> None:
    assert judged_with(row, ToOutsiders(200, **bodies)).verdict is Verdict.PASSED


@pytest.mark.parametrize("row", [CLOSED, ELSEWHERE[2]])
@pytest.mark.parametrize("route", ["packages", "project_page", "group_project_page", "file"])
def test_a_server_error_is_no_refusal(row: str, route: str) -> None:
    found = judged_with(row, ToOutsiders(500, **{route: "broken"}))
    assert (found.verdict, "answered with an error" in found.message) == (Verdict.UNTESTABLE, True)


@pytest.mark.parametrize("row", [CLOSED, ELSEWHERE[2]])
def test_other_bytes_in_the_place_of_a_file_are_served_all_the_same(row: str) -> None:
    found = judged_with(row, MembersOnlyFilesForEveryone(), FilesRepackaged())
    assert (found.verdict, "the file" in found.found) == (Verdict.FAILED, True)


# whose job it is


class JobsOfADeveloper(Fault):
    """Runs all jobs for another user than that of `default`, who may not do one thing."""

    def __init__(self, refused: str) -> None:
        self._refused = refused

    def respond(self, request: Request, response: Response) -> Response:
        if not (request.caller and request.caller.job_project):
            return response
        if request.endpoint == self._refused:
            return Response(status=403)
        if request.path == "/api/v4/job":
            return Response('{"user": {"id": 1}}', mimetype="application/json")
        return response


@pytest.mark.parametrize(
    ("row", "refused"),
    [
        ("gitlab.token.job-deletes-package", "delete_package"),
        (ALLOWED, "upload"),
        (ALLOWED, "project_page"),
    ],
)
def test_a_job_has_the_rights_of_its_user(row: str, refused: str) -> None:
    found = judged_with(row, JobsOfADeveloper(refused))
    assert (found.verdict, "as the user of `default`" in found.message) == (Verdict.UNTESTABLE, True)
    assert judged_with(row).verdict is Verdict.PASSED


@pytest.mark.parametrize(
    ("row", "fault"),
    [
        ("gitlab.token.job-deletes-package", JobsDeleteNothing()),
        (ALLOWED, AllowlistForReading()),
        (ALLOWED, AllowlistIgnored()),
    ],
)
def test_a_job_of_default_may_what_default_may(row: str, fault: Fault) -> None:
    assert judged_with(row, fault).verdict is Verdict.FAILED


# whether there is an allowlist


class AllowlistSwitchedOff(Fault):
    """Lets jobs of all GitLab projects use each one, and says so."""

    def respond(self, request: Request, response: Response) -> Response:
        if request.endpoint != "job_token_scope":
            return response
        return Response('{"inbound_enabled": false, "outbound_enabled": false}', mimetype="application/json")


@pytest.mark.parametrize("row", ELSEWHERE)
def test_an_owner_may_switch_the_allowlist_off(row: str) -> None:
    found = judged_with(row, JobTokensAnywhere(), AllowlistSwitchedOff())
    assert (found.verdict, "its allowlist is switched off" in found.message) == (Verdict.NOT_APPLICABLE, True)
    assert judged_with(row, JobTokensAnywhere()).verdict is Verdict.FAILED


# what is refused to all


class UploadsForbidden(Fault):
    """Refuses what is uploaded for one check, to all callers."""

    def handle(self, request: Request) -> Response | None:
        """Answer 403."""
        if request.endpoint == "upload" and text_of(request, "name").endswith("-job-elsewhere"):
            return Response(status=403)
        return None


def test_an_upload_that_is_refused_to_default_is_not_judged() -> None:
    assert judged_with(ELSEWHERE[0], UploadsForbidden()).verdict is Verdict.UNTESTABLE


# the token of a group


class TokensOfAGroup(Authorizes):
    """Lists no deploy token with the GitLab project: they are those of its group, and read all of its registries."""

    def respond(self, request: Request, response: Response) -> Response:
        if request.endpoint == "deploy_tokens":
            return Response("[]", mimetype="application/json")
        return response

    def authorize(self, caller: Caller, gitlab_project: GitLabProject, action: Action) -> None:
        """Let the deploy token of the first GitLab project read all others."""
        if caller.deploy_token is not None and action in READING:
            caller = replace(
                caller, deploy_token=replace(caller.deploy_token, gitlab_project=gitlab_project.id)
            )
        super().authorize(caller, gitlab_project, action)


def test_the_token_of_a_group_reads_what_is_for_members() -> None:
    found = judged_with(CLOSED, TokensOfAGroup())
    assert (found.verdict, "deploy-read" in found.message) == (Verdict.PASSED, True)


# one defect, one cause


@pytest.mark.parametrize(
    ("fault", "root", "under"),
    [
        (MembersOnlyIgnored(), CLOSED, {ELSEWHERE[2]}),
        (MembersOnlyFilesForEveryone(), CLOSED, {ELSEWHERE[2]}),
        (MembersOnlyListedForEveryone(), CLOSED, {ELSEWHERE[2]}),
        (JobTokensAnywhere(), ELSEWHERE[0], {*ELSEWHERE[1:]}),
        (JobsReadAnywhere(), ELSEWHERE[0], {ELSEWHERE[2]}),
        (JobsDeleteAnywhere(), ELSEWHERE[1], set()),
        (JobsOfTheirProjectOnly(), ALLOWED, {"gitlab.token.job-elsewhere-reads-public"}),
        (JobsAndTheRestApi(), "gitlab.token.job-lists-packages", {"gitlab.token.job-deletes-package"}),
    ],
)
def test_one_defect_is_one_cause(fault: Fault, root: str, under: set[str]) -> None:
    rows = {CLOSED, ALLOWED, *ELSEWHERE, "gitlab.token.job-elsewhere-reads-public"}
    rows |= {"gitlab.token.job-lists-packages", "gitlab.token.job-deletes-package"}
    with ReferenceServer(faults=[fault]) as server:
        target = target_from_table({**server.target()}, embedded=True)
        options, selection = RunOptions(examples=1, settle=0.02), Selection(only=frozenset(rows))
        results = run_checks(target, options, selection).results
    failed = {each.id: each.cause for each in results if each.verdict is Verdict.FAILED}
    assert failed == {root: ""} | dict.fromkeys(under, root)


# dead credentials


@pytest.mark.parametrize("row", ELSEWHERE)
def test_a_job_that_has_ended_finds_nothing(row: str) -> None:
    found = judged_with(row, JobTokensAnywhere(), job_elsewhere="ended")
    assert (found.verdict, "'job-elsewhere'" in found.message) == (Verdict.UNTESTABLE, True)
    assert judged_with(row).verdict is Verdict.PASSED


@pytest.mark.parametrize("row", ELSEWHERE)
def test_a_running_job_may_be_refused_with_401(row: str) -> None:
    """The public GitLab project distinguishes its token from a wrong one."""
    assert judged_with(row, JobsElsewhereUnauthorized()).verdict is Verdict.PASSED


@pytest.mark.parametrize(
    ("row", "credential"), [(CLOSED, "stranger"), (CLOSED, "deploy_read"), (PULLING, "stranger")]
)
def test_an_outsider_whose_credential_has_expired_finds_nothing(row: str, credential: str) -> None:
    found = judged_with(row, **{credential: "expired"})
    assert (found.verdict, repr(credential.replace("_", "-")) in found.message) == (Verdict.UNTESTABLE, True)
    assert judged_with(row).verdict is Verdict.PASSED


@pytest.mark.parametrize(("row", "fault"), [(CLOSED, MembersOnlyIgnored()), (PULLING, OpenForPushing())])
def test_what_is_open_to_everyone_needs_no_credential(row: str, fault: Fault) -> None:
    assert judged_with(row, fault, stranger="expired").verdict is Verdict.FAILED
