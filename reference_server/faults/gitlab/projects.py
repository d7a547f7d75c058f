"""Faults in telling GitLab projects apart, and in the switch that disables packages."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, ClassVar

from reference_server.faults.building.access_decisions import Authorizes
from reference_server.faults.building.requests import gitlab_project_of
from reference_server.faults.fault import Fault
from reference_server.http.json_responses import refusal
from reference_server.model import Action
from reference_server.model.errors import ForbiddenError, GitLabProjectNotFoundError, RegistryError

if TYPE_CHECKING:
    from werkzeug import Response

    from reference_server.http.request import Request
    from reference_server.model import Caller, GitLabProject


class OneRegistryFor(Fault):
    """Takes the registry of one GitLab project for another's, at one route."""

    endpoint: ClassVar[str]

    def handle(self, request: Request) -> Response | None:
        """Ask for the first GitLab project instead of the fourth."""
        if request.endpoint == self.endpoint and request.arguments["gitlab_project"] == "4":
            request.arguments = {**request.arguments, "gitlab_project": "1"}
        return None


class PagesOfOneRegistry(OneRegistryFor):
    """Shows the pages of one GitLab project in another."""

    caught_by = ("gitlab.project.own-space",)
    endpoint = "project_page"


class UploadsToOneRegistry(OneRegistryFor):
    """Puts the uploads to one GitLab project into another's registry."""

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
    """Knows a GitLab project by its number, and not by its path."""

    caught_by = ("gitlab.project.encoded-path",)

    def handle(self, request: Request) -> Response | None:
        path = not request.arguments.get("gitlab_project", "0").isdigit()
        return refusal(GitLabProjectNotFoundError()) if path else None


class SwitchIgnoredFor(Authorizes):
    """Does some actions also when packages are switched off."""

    actions: frozenset[Action]

    def authorize(self, caller: Caller, gitlab_project: GitLabProject, action: Action) -> None:
        on = gitlab_project.packages_enabled or action in self.actions
        super().authorize(caller, replace(gitlab_project, packages_enabled=on), action)


class SwitchIgnored(SwitchIgnoredFor):
    """Serves a GitLab project whose packages are switched off."""

    caught_by = ("gitlab.switch.off-refuses-uploads", "gitlab.switch.off-hides-pages")
    actions = frozenset(Action)


class SwitchOnlyStopsUploads(SwitchIgnoredFor):
    """Shows the pages of a GitLab project whose packages are switched off."""

    caught_by = ("gitlab.switch.off-hides-pages",)
    actions = frozenset({Action.BROWSE})


class SwitchOnlyHidesPages(SwitchIgnoredFor):
    """Takes uploads to a GitLab project whose packages are switched off."""

    caught_by = ("gitlab.switch.off-refuses-uploads",)
    actions = frozenset({Action.UPLOAD})


class SwitchedOffLooksEmpty(Fault):
    """Answers 404 for pages of a GitLab project whose packages are switched off."""

    caught_by = ("gitlab.switch.off-hides-pages",)

    def respond(self, request: Request, response: Response) -> Response:
        off = request.endpoint == "project_page" and request.arguments["gitlab_project"] == "3"
        return refusal(GitLabProjectNotFoundError()) if off else response
