"""Faults in single cells of the access matrix: one visibility, one caller, one action."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, ClassVar

from reference_server.faults.building.access_decisions import Authorizes, let_in
from reference_server.faults.building.requests import gitlab_project_of
from reference_server.faults.fault import Fault
from reference_server.http.json_responses import json_answer
from reference_server.model import Action, Role, Visibility
from reference_server.model.errors import RegistryError

if TYPE_CHECKING:
    from werkzeug import Response

    from reference_server.http.request import Request
    from reference_server.model import Caller, GitLabProject


class InternalTakenFor(Authorizes):
    """Takes an internal GitLab project for one of another visibility."""

    visibility: ClassVar[Visibility]
    actions: ClassVar[frozenset[Action]] = frozenset(Action)

    def authorize(self, caller: Caller, gitlab_project: GitLabProject, action: Action) -> None:
        """Decide as if the GitLab project had the other visibility."""
        if gitlab_project.visibility is Visibility.INTERNAL and action in self.actions:
            gitlab_project = replace(gitlab_project, visibility=self.visibility)
        super().authorize(caller, gitlab_project, action)


class InternalForMembersOnly(InternalTakenFor):
    """Hides an internal GitLab project from users who are no members."""

    caught_by = (
        "gitlab.matrix.page",
        "gitlab.matrix.root-page",
        "gitlab.matrix.file",
        "gitlab.matrix.metadata-file",
        "gitlab.matrix.upload",
        "gitlab.matrix.list",
        "gitlab.matrix.delete",
    )
    visibility = Visibility.PRIVATE


class InternalForEveryone(InternalTakenFor):
    """Shows the pages of an internal GitLab project to callers that it does not know."""

    caught_by = ("gitlab.matrix.page", "gitlab.matrix.root-page")
    visibility = Visibility.PUBLIC
    actions = frozenset({Action.BROWSE})


class InternalFilesForEveryone(InternalTakenFor):
    """Gives the files of an internal GitLab project to callers that it does not know."""

    caught_by = ("gitlab.matrix.file", "gitlab.matrix.metadata-file")
    visibility = Visibility.PUBLIC
    actions = frozenset({Action.DOWNLOAD})


class Unguarded(Fault):
    """Lets everyone in at one route."""

    endpoint: ClassVar[str]

    def handle(self, request: Request) -> Response | None:
        """Take every caller at this route for the owner."""
        if request.endpoint == self.endpoint:
            let_in(request)
        return None


class RootPageUnguarded(Unguarded):
    """Lists the projects of a private GitLab project for everyone."""

    caught_by = ("gitlab.matrix.root-page", "gitlab.matrix.private-is-secret")
    endpoint = "root_page"


class MetadataUnguarded(Unguarded):
    """Gives everyone the metadata files of private distributions."""

    caught_by = (
        "gitlab.matrix.metadata-file",
        "gitlab.matrix.private-is-secret",
        "security.auth.method-bypass",
    )
    endpoint = "metadata_file"


class PublicPackagesForMembersOnly(Authorizes):
    """Lists the packages of a public GitLab project for its members only."""

    caught_by = ("gitlab.matrix.list",)

    def authorize(self, caller: Caller, gitlab_project: GitLabProject, action: Action) -> None:
        if action is Action.INSPECT:
            gitlab_project = replace(gitlab_project, visibility=Visibility.PRIVATE)
        super().authorize(caller, gitlab_project, action)


class ReportersDelete(Authorizes):
    """Lets Reporters delete packages with a token that may only read."""

    caught_by = ("gitlab.matrix.delete",)

    def authorize(self, caller: Caller, gitlab_project: GitLabProject, action: Action) -> None:
        role = gitlab_project.members.get(caller.user.name) if caller.user else None
        if not (action is Action.DELETE and role is Role.REPORTER):
            super().authorize(caller, gitlab_project, action)


class StrangersPublishToInternal(Authorizes):
    """Lets every user publish to an internal GitLab project."""

    caught_by = ("gitlab.matrix.upload",)

    def authorize(self, caller: Caller, gitlab_project: GitLabProject, action: Action) -> None:
        internal = gitlab_project.visibility is Visibility.INTERNAL
        if not (internal and caller.user and action is Action.UPLOAD):
            super().authorize(caller, gitlab_project, action)


class UndecodedUserNamesMalformed(Fault):
    """Takes a user name with a percent sign for a broken one."""

    caught_by = ("gitlab.matrix.page", "gitlab.matrix.upload")

    def handle(self, request: Request) -> Response | None:
        username = (request.credentials.basic or ("", ""))[0]
        return json_answer({"error": "username is invalid"}, status=400) if "%" in username else None


class HiddenButDifferent(Fault):
    """Hides a private GitLab project, and answers in other words than where there is none."""

    caught_by = ("gitlab.matrix.private-is-secret",)

    def respond(self, request: Request, response: Response) -> Response:
        if response.status_code == 404 and _exists(request) and "gitlab_project" in request.arguments:
            return json_answer({"message": "404 Project Not Found, or not for you"}, status=404)
        return response


class HiddenButNumbered(Fault):
    """Puts the id of the GitLab project into the header of every answer about one that exists."""

    caught_by = ("gitlab.matrix.private-is-secret",)

    def respond(self, request: Request, response: Response) -> Response:
        if _exists(request):
            response.headers["X-Project-Id"] = request.arguments["gitlab_project"]
        return response


def _exists(request: Request) -> bool:
    try:
        gitlab_project_of(request)
    except (RegistryError, KeyError):
        return False
    return True
