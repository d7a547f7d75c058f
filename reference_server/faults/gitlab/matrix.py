"""Faults in single cells of the access matrix: one visibility, one caller, one action."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, ClassVar

from reference_server.faults.building.decisions import Authorizes, let_in
from reference_server.faults.building.requests import gitlab_project_of
from reference_server.faults.fault import Fault
from reference_server.http.json_responses import json_answer
from reference_server.model import Action, Role, Visibility
from reference_server.model.errors import RegistryError

if TYPE_CHECKING:
    from werkzeug import Response

    from reference_server.http.request import Request
    from reference_server.model import Caller, GitLabProject


class TreatsInternalAs(Authorizes):
    """Treats an internal GitLab project as one of another visibility."""

    visibility: ClassVar[Visibility]
    actions: ClassVar[frozenset[Action]] = frozenset(Action)

    def authorize(self, caller: Caller, gitlab_project: GitLabProject, action: Action) -> None:
        """Replace the visibility."""
        if gitlab_project.visibility is Visibility.INTERNAL and action in self.actions:
            gitlab_project = replace(gitlab_project, visibility=self.visibility)
        super().authorize(caller, gitlab_project, action)


class InternalForMembersOnly(TreatsInternalAs):
    """Hides an internal GitLab project from users who are not members."""

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


class InternalForEveryone(TreatsInternalAs):
    """Serves the pages of an internal GitLab project to anonymous callers."""

    caught_by = ("gitlab.matrix.page", "gitlab.matrix.root-page")
    visibility = Visibility.PUBLIC
    actions = frozenset({Action.BROWSE})


class InternalFilesForEveryone(TreatsInternalAs):
    """Serves the files of an internal GitLab project to anonymous callers."""

    caught_by = ("gitlab.matrix.file", "gitlab.matrix.metadata-file")
    visibility = Visibility.PUBLIC
    actions = frozenset({Action.DOWNLOAD})


class OpensRoute(Fault):
    """Skips authentication at one route."""

    endpoint: ClassVar[str]

    def handle(self, request: Request) -> Response | None:
        """Treat every caller at this route as an owner."""
        if request.endpoint == self.endpoint:
            let_in(request)
        return None


class RootPageUnguarded(OpensRoute):
    """Serves the root page of a private GitLab project to anonymous callers."""

    caught_by = ("gitlab.matrix.root-page", "gitlab.matrix.private-is-secret")
    endpoint = "root_page"


class MetadataUnguarded(OpensRoute):
    """Serves the metadata files of a private GitLab project to anonymous callers."""

    caught_by = (
        "gitlab.matrix.metadata-file",
        "gitlab.matrix.private-is-secret",
        "security.auth.method-bypass",
    )
    endpoint = "metadata_file"


class PublicPackagesForMembersOnly(Authorizes):
    """Lists the packages of a public GitLab project only to its members."""

    caught_by = ("gitlab.matrix.list",)

    def authorize(self, caller: Caller, gitlab_project: GitLabProject, action: Action) -> None:
        if action is Action.INSPECT:
            gitlab_project = replace(gitlab_project, visibility=Visibility.PRIVATE)
        super().authorize(caller, gitlab_project, action)


class ReportersDelete(Authorizes):
    """Lets Reporters delete packages, even with a read-only token."""

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
    """Rejects user names with a percent sign as malformed."""

    caught_by = ("gitlab.matrix.page", "gitlab.matrix.upload")

    def handle(self, request: Request) -> Response | None:
        username = (request.credentials.basic or ("", ""))[0]
        return json_answer({"error": "username is invalid"}, status=400) if "%" in username else None


class HiddenButDifferent(Fault):
    """Hides a private GitLab project by a 404 whose text differs from that of an absent one."""

    caught_by = ("gitlab.matrix.private-is-secret",)

    def respond(self, request: Request, response: Response) -> Response:
        if response.status_code == 404 and _exists(request) and "gitlab_project" in request.arguments:
            return json_answer({"message": "404 Project Not Found, or not for you"}, status=404)
        return response


class HiddenButNumbered(Fault):
    """Adds the id of the GitLab project to the header of every response about an existing one."""

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
