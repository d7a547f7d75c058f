"""Faults in the index of a group."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, ClassVar

from reference_server.faults.building.kept_pages import KeepsFirstPages
from reference_server.faults.fault import Fault
from reference_server.http.json_responses import refusal
from reference_server.model import Credentials
from reference_server.model.errors import (
    ForbiddenError,
    GroupNotFoundError,
    PackageNotFoundError,
    RegistryError,
)
from reference_server.rules.ready_made import PASSWORD

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from werkzeug import Response

    from reference_server.http.request import Request
    from reference_server.model import Action, Caller, GitLabProject, Group
    from reference_server.rendering.pages import ProjectPage, RootPage
    from reference_server.rules import Rules

GROUPS = "/api/v4/groups/"


class SubgroupsLeftOut(Fault):
    """Shows in a group only its own GitLab projects, and not those of its subgroups."""

    caught_by = (
        "gitlab.group.every-gitlab-project",
        "gitlab.group.root-page",
        "gitlab.group.packages",
    )

    def rules(self, rules: Rules) -> Rules:
        def directly(gitlab_projects: Iterable[GitLabProject], group: Group) -> tuple[GitLabProject, ...]:
            depth = group.full_path.count("/") + 1
            members = rules.group_members(gitlab_projects, group)
            return tuple(each for each in members if each.full_path.count("/") == depth)

        return replace(rules, group_members=directly)


class GroupFilesListedTwice(Fault):
    """Lists every file on a group's page twice."""

    caught_by = ("gitlab.group.no-other-gitlab-project",)

    def project_page(self, page: ProjectPage) -> ProjectPage:
        return page.plus(*page.files) if GROUPS in page.url else page


class GroupRootPageCutShort(Fault):
    """Lists only the first project on a group's root page."""

    caught_by = ("gitlab.group.root-page",)

    def root_page(self, page: RootPage) -> RootPage:
        return replace(page, projects=page.projects[:1]) if GROUPS in page.url else page


class GroupFilesMissing(Fault):
    """Serves no file of a group."""

    caught_by = (
        "gitlab.group.links-work",
        "gitlab.group.file-of-readable-only",
        "gitlab.matrix.group-file",
    )

    def handle(self, request: Request) -> Response | None:
        return refusal(PackageNotFoundError()) if request.endpoint == "group_file" else None


class GroupsOpenToEveryone(Fault):
    """Shows all GitLab projects of a group to every caller."""

    caught_by = (
        "gitlab.group.page-of-readable-only",
        "gitlab.group.file-of-readable-only",
        "gitlab.group.packages-of-readable-only",
        "gitlab.matrix.group-page",
        "gitlab.matrix.group-file",
    )

    def rules(self, rules: Rules) -> Rules:
        def everything(
            authorize: Callable[[Caller, GitLabProject, Action], None],
            caller: Caller,
            gitlab_projects: Iterable[GitLabProject],
            action: Action,
        ) -> tuple[GitLabProject, ...]:
            del authorize, caller, action
            return tuple(gitlab_projects)

        return replace(rules, readable_in_group=everything)


class GroupFilesOpenToEveryone(Fault):
    """Serves every file of a group to every caller who knows its URL."""

    caught_by = (
        "gitlab.group.file-of-readable-only",
        "gitlab.matrix.group-file",
    )

    def handle(self, request: Request) -> Response | None:
        if request.endpoint == "group_file":
            request.credentials = Credentials(private_token=PASSWORD)
        return None


class NotFoundAsForbidden(Fault):
    """Answers 403 on a group's page for one kind of what is not there."""

    error: ClassVar[type[RegistryError]]

    def respond(self, request: Request, response: Response) -> Response:
        missing = request.endpoint == "group_project_page" and response.status_code == 404
        return (
            refusal(ForbiddenError())
            if missing and str(self.error()) in response.get_data(as_text=True)
            else response
        )


class ProjectAbsentInGroupForbidden(NotFoundAsForbidden):
    """Answers 403 for a project that is in no GitLab project of a group."""

    caught_by = (
        "gitlab.group.absent-project-not-found",
        "gitlab.matrix.group-page",
    )
    error = PackageNotFoundError


class UnknownGroupForbidden(NotFoundAsForbidden):
    """Answers 403 for a group that does not exist."""

    caught_by = ("gitlab.group.unknown-not-found",)
    error = GroupNotFoundError


class GroupPagesKept(KeepsFirstPages):
    """Keeps the first page of a project in a group."""

    caught_by = ("gitlab.group.new-files-listed",)

    def applies_to(self, request: Request) -> bool:
        return request.endpoint == "group_project_page"
