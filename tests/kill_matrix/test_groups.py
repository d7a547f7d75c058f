"""What is said of a group to a caller who may not read it, which is no fault of the registry."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from conformance.catalogue import catalogue
from reference_server.faults import Fault
from reference_server.http.json_responses import refusal
from reference_server.model.errors import ForbiddenError

from .matrix import FEW, HTTP, red

if TYPE_CHECKING:
    from werkzeug import Response

    from reference_server.http.request import Request

    from .trial import Trial

OF_GROUPS = {row.id for row in catalogue() if row.id.startswith("gitlab.group.")} & HTTP


class GroupForbidden(Fault):
    """Answers 403 in a group to all, as GitLab does to a member of one GitLab project of a private group."""

    says_so = False

    def respond(self, request: Request, response: Response) -> Response:
        if request.endpoint.startswith("group_"):
            return refusal(ForbiddenError())
        if request.endpoint == "gitlab_project" and self.says_so:
            described = json.loads(response.get_data())
            described["permissions"]["group_access"] = None
            response.set_data(json.dumps(described))
        return response


class GroupForbiddenToMembersOfTheGitLabProject(GroupForbidden):
    """The same, and the API says that the user is no member of the group."""

    says_so = True


@pytest.mark.parametrize(
    ("fault", "verdict"),
    [(GroupForbiddenToMembersOfTheGitLabProject, "not applicable"), (GroupForbidden, "failed")],
)
def test_a_group_that_the_user_may_not_read(fault: type[Fault], verdict: str, trial: Trial) -> None:
    results = trial(fault(), OF_GROUPS, examples=FEW, rounds=FEW)
    assert results.keys() == OF_GROUPS
    if verdict == "failed":
        assert red(results)
    else:
        assert {each.verdict.value for each in results.values()} == {verdict}
