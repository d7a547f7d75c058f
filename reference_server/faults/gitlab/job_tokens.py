"""Faults in what the token of a CI job permits in other GitLab projects, and over the REST API."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, ClassVar

from reference_server.faults.building.decisions import Authorizes
from reference_server.model import Action, RegistryAccess, Visibility
from reference_server.model.errors import ForbiddenError
from reference_server.rules.access import WRITING

if TYPE_CHECKING:
    from reference_server.model import Caller, GitLabProject


class ForgetsTheJob(Authorizes):
    """Takes the token of a job for that of its user."""

    actions: ClassVar[frozenset[Action]] = frozenset(Action)

    def authorize(self, caller: Caller, gitlab_project: GitLabProject, action: Action) -> None:
        """Forget where the job runs."""
        if action in self.actions:
            caller = replace(caller, job_project=None)
        super().authorize(caller, gitlab_project, action)


class JobTokensAnywhere(ForgetsTheJob):
    """Takes the token of a job for that of its user, in every GitLab project."""

    caught_by = (
        "gitlab.token.job-elsewhere-refused",
        "gitlab.token.job-elsewhere-cannot-delete",
        "gitlab.token.job-elsewhere-members-only",
    )


class JobsReadAnywhere(ForgetsTheJob):
    """Lets jobs read pages and files wherever their user may."""

    caught_by = ("gitlab.token.job-elsewhere-refused", "gitlab.token.job-elsewhere-members-only")
    actions = frozenset({Action.BROWSE, Action.DOWNLOAD})


class JobsPublishAnywhere(ForgetsTheJob):
    """Lets jobs publish wherever their user may."""

    caught_by = ("gitlab.token.job-elsewhere-refused",)
    actions = frozenset({Action.UPLOAD})


class JobsDeleteAnywhere(ForgetsTheJob):
    """Lets jobs delete packages wherever their user may."""

    caught_by = ("gitlab.token.job-elsewhere-cannot-delete",)
    actions = frozenset({Action.DELETE})


class JobsReadWhatIsKeptForMembers(ForgetsTheJob):
    """Lets jobs of all GitLab projects read a registry that is for members only, as their user may."""

    caught_by = ("gitlab.token.job-elsewhere-members-only",)

    def authorize(self, caller: Caller, gitlab_project: GitLabProject, action: Action) -> None:
        is_public = gitlab_project.visibility is Visibility.PUBLIC
        is_kept = is_public and gitlab_project.registry_access is RegistryAccess.PRIVATE
        if is_kept and action not in WRITING:
            return super().authorize(caller, gitlab_project, action)
        return Authorizes.authorize(self, caller, gitlab_project, action)


class JobsOfTheirProjectOnly(Authorizes):
    """Refuses job tokens of all other GitLab projects, those on the allowlist and readers of public ones included."""

    caught_by = ("gitlab.token.job-allowed", "gitlab.token.job-elsewhere-reads-public")

    def authorize(self, caller: Caller, gitlab_project: GitLabProject, action: Action) -> None:
        if caller.job_project not in {None, gitlab_project.id}:
            raise ForbiddenError
        super().authorize(caller, gitlab_project, action)


class AllowlistIgnored(Authorizes):
    """Ignores the job token allowlist."""

    caught_by = ("gitlab.token.job-allowed",)

    def authorize(self, caller: Caller, gitlab_project: GitLabProject, action: Action) -> None:
        super().authorize(caller, replace(gitlab_project, job_token_scope=frozenset()), action)


class AllowlistForReading(Authorizes):
    """Lets jobs of GitLab projects on the allowlist read, and not publish."""

    caught_by = ("gitlab.token.job-allowed",)

    def authorize(self, caller: Caller, gitlab_project: GitLabProject, action: Action) -> None:
        if action is Action.UPLOAD:
            gitlab_project = replace(gitlab_project, job_token_scope=frozenset())
        super().authorize(caller, gitlab_project, action)


class PublicNeedsTheAllowlist(Authorizes):
    """Refuses job tokens of GitLab projects that are not on the allowlist, in a public GitLab project, too."""

    caught_by = ("gitlab.token.job-elsewhere-reads-public",)

    def authorize(self, caller: Caller, gitlab_project: GitLabProject, action: Action) -> None:
        if caller.job_project not in {None, gitlab_project.id, *gitlab_project.job_token_scope}:
            raise ForbiddenError
        super().authorize(caller, gitlab_project, action)


class RefusesJobs(Authorizes):
    """Refuses job tokens for some actions."""

    actions: ClassVar[frozenset[Action]]

    def authorize(self, caller: Caller, gitlab_project: GitLabProject, action: Action) -> None:
        """Refuse the token of a job."""
        if caller.job_project is not None and action in self.actions:
            raise ForbiddenError
        super().authorize(caller, gitlab_project, action)


class JobsAndTheRestApi(RefusesJobs):
    """Refuses job tokens over the REST API."""

    caught_by = ("gitlab.token.job-lists-packages", "gitlab.token.job-deletes-package")
    actions = frozenset({Action.INSPECT, Action.DELETE})


class JobsDeleteNothing(RefusesJobs):
    """Lets job tokens list packages over the REST API, and not delete them."""

    caught_by = ("gitlab.token.job-deletes-package",)
    actions = frozenset({Action.DELETE})
