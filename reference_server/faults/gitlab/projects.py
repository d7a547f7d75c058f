"""Faults in telling GitLab projects apart, and in the switch that disables packages."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, ClassVar

from reference_server.faults.building.decisions import Authorizes
from reference_server.faults.building.requests import gitlab_project_of
from reference_server.faults.fault import Fault
from reference_server.http.json_responses import refusal
from reference_server.model import Action
from reference_server.model.errors import ForbiddenError, GitLabProjectNotFoundError, RegistryError

if TYPE_CHECKING:
    from werkzeug import Response

    from reference_server.http.request import Request
    from reference_server.model import Caller, GitLabProject


class SharesRegistry(Fault):
    """Uses the registry of another GitLab project at one route."""

    endpoint: ClassVar[str]

    def handle(self, request: Request) -> Response | None:
        """Replace the fourth GitLab project by the first."""
        if request.endpoint == self.endpoint and request.arguments["gitlab_project"] == "4":
            request.arguments = {**request.arguments, "gitlab_project": "1"}
        return None


class PagesOfOneRegistry(SharesRegistry):
    """Serves the pages of another GitLab project."""

    caught_by = ("gitlab.project.own-space",)
    endpoint = "project_page"


class UploadsToOneRegistry(SharesRegistry):
    """Stores uploads in the registry of another GitLab project."""

    caught_by = ("gitlab.project.same-file-in-two",)
    endpoint = "upload"


class UnknownGitlabProjectForbidden(Fault):
    """Answers 403 for a GitLab project that does not exist."""

    caught_by = (
        "gitlab.project.unknown-not-found",
        "gitlab.matrix.private-is-secret",
    )

    def handle(self, request: Request) -> Response | None:
        try:
            gitlab_project_of(request)
        except (RegistryError, KeyError) as error:
            return refusal(ForbiddenError()) if isinstance(error, GitLabProjectNotFoundError) else None
        return None


class GitlabProjectsByIdOnly(Fault):
    """Finds a GitLab project by its id but not by its path."""

    caught_by = ("gitlab.project.encoded-path",)

    def handle(self, request: Request) -> Response | None:
        path = not request.arguments.get("gitlab_project", "0").isdigit()
        return refusal(GitLabProjectNotFoundError()) if path else None


class IgnoresSwitch(Authorizes):
    """Allows some actions although the package registry is disabled."""

    actions: frozenset[Action]

    def authorize(self, caller: Caller, gitlab_project: GitLabProject, action: Action) -> None:
        on = gitlab_project.packages_enabled or action in self.actions
        super().authorize(caller, replace(gitlab_project, packages_enabled=on), action)


class SwitchIgnored(IgnoresSwitch):
    """Serves a GitLab project whose package registry is disabled."""

    caught_by = ("gitlab.switch.off-refuses-uploads", "gitlab.switch.off-hides-pages")
    actions = frozenset(Action)


class SwitchOnlyStopsUploads(IgnoresSwitch):
    """Serves the pages of a GitLab project whose package registry is disabled."""

    caught_by = ("gitlab.switch.off-hides-pages",)
    actions = frozenset({Action.BROWSE})


class SwitchOnlyHidesPages(IgnoresSwitch):
    """Accepts uploads to a GitLab project whose package registry is disabled."""

    caught_by = ("gitlab.switch.off-refuses-uploads",)
    actions = frozenset({Action.UPLOAD})


class SwitchedOffLooksEmpty(Fault):
    """Answers 404 instead of 403 if the package registry is disabled."""

    caught_by = ("gitlab.switch.off-hides-pages",)

    def respond(self, request: Request, response: Response) -> Response:
        off = request.endpoint == "project_page" and request.arguments["gitlab_project"] == "3"
        return refusal(GitLabProjectNotFoundError()) if off else response
