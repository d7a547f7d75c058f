"""Faults in registries that are for others than those who see their GitLab project."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, ClassVar

from reference_server.faults.building.decisions import Authorizes
from reference_server.model import Action, RegistryAccess
from reference_server.model.errors import ForbiddenError

if TYPE_CHECKING:
    from reference_server.model import Caller, GitLabProject

READING = frozenset({Action.BROWSE, Action.DOWNLOAD, Action.INSPECT})
ALL = frozenset(Action)


class TakesAccessAs(Authorizes):
    """Takes one setting of who may use a registry for another."""

    found: ClassVar[RegistryAccess]
    taken_for: ClassVar[RegistryAccess] = RegistryAccess.ENABLED
    actions: ClassVar[frozenset[Action]] = ALL

    def authorize(self, caller: Caller, gitlab_project: GitLabProject, action: Action) -> None:
        """Replace the setting."""
        if gitlab_project.registry_access is self.found and action in self.actions:
            gitlab_project = replace(gitlab_project, registry_access=self.taken_for)
        super().authorize(caller, gitlab_project, action)


class MembersOnlyIgnored(TakesAccessAs):
    """Serves a registry that is for members only to everyone who sees the GitLab project."""

    caught_by = ("gitlab.access.members-only-closed", "gitlab.token.job-elsewhere-members-only")
    found = RegistryAccess.PRIVATE


class MembersOnlyFilesForEveryone(TakesAccessAs):
    """Serves the files of a registry that is for members only to everyone with the URL."""

    caught_by = ("gitlab.access.members-only-closed", "gitlab.token.job-elsewhere-members-only")
    found = RegistryAccess.PRIVATE
    actions = frozenset({Action.DOWNLOAD})


class MembersOnlyListedForEveryone(TakesAccessAs):
    """Lists the packages of a registry that is for members only to everyone, over the REST API."""

    caught_by = ("gitlab.access.members-only-closed", "gitlab.token.job-elsewhere-members-only")
    found = RegistryAccess.PRIVATE
    actions = frozenset({Action.INSPECT})


class MembersOnlyForMaintainers(Authorizes):
    """Serves a registry that is for members only to those who may publish there."""

    caught_by = ("gitlab.access.members-only-read",)

    def authorize(self, caller: Caller, gitlab_project: GitLabProject, action: Action) -> None:
        is_kept = gitlab_project.registry_access is RegistryAccess.PRIVATE
        super().authorize(caller, gitlab_project, Action.UPLOAD if is_kept and action in READING else action)


class MembersOnlyReadOnly(Authorizes):
    """Refuses all uploads to a registry that is for members only."""

    caught_by = ("gitlab.access.members-only-publish",)

    def authorize(self, caller: Caller, gitlab_project: GitLabProject, action: Action) -> None:
        super().authorize(caller, gitlab_project, action)
        if action is Action.UPLOAD and gitlab_project.registry_access is RegistryAccess.PRIVATE:
            raise ForbiddenError


class PullingByEveryoneIgnored(TakesAccessAs):
    """Keeps a private GitLab project to its members that allows anyone to pull."""

    caught_by = ("gitlab.access.open-to-everyone",)
    found = RegistryAccess.PUBLIC


class OpenPagesOnly(TakesAccessAs):
    """Serves the pages of a GitLab project that allows anyone to pull to everyone, and its files to members."""

    caught_by = ("gitlab.access.open-to-everyone",)
    found = RegistryAccess.PUBLIC
    actions = frozenset({Action.DOWNLOAD})


class OpenForPushing(Authorizes):
    """Lets everyone publish to a GitLab project that allows anyone to pull."""

    caught_by = ("gitlab.access.open-for-pulling-only",)

    def authorize(self, caller: Caller, gitlab_project: GitLabProject, action: Action) -> None:
        is_open = gitlab_project.registry_access is RegistryAccess.PUBLIC
        if not (is_open and action is Action.UPLOAD):
            super().authorize(caller, gitlab_project, action)
