"""Jobs and others whom a registry refuses: for what they are, and not for a credential that opens nothing any more."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from werkzeug import Response

from conformance.verdicts import Verdict
from conformance.verdicts.options import RunOptions
from reference_server import ReferenceServer
from reference_server.faults import Fault
from reference_server.faults.gitlab.job_tokens import JobTokensAnywhere
from reference_server.faults.gitlab.registry_access import MembersOnlyIgnored, OpenForPushing

from .one_row import result_of

if TYPE_CHECKING:
    from conformance.report.check_result import CheckResult
    from reference_server.http.request import Request

pytestmark = pytest.mark.usefixtures("own_folder")

CLOSED, PULLING = "gitlab.access.members-only-closed", "gitlab.access.open-for-pulling-only"
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
