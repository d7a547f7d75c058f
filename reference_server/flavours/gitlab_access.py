"""Credentials and permissions in two versions of GitLab.

Source: GitLab, `lib/api/api_guard.rb`, `lib/gitlab/auth/auth_finders.rb`, `app/policies/project_policy.rb`, and the
tables in `spec/requests/api/pypi_packages_spec.rb`.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from reference_server.flavours.flavour import CHALLENGE
from reference_server.model import Action, Caller, RegistryAccess, Role, Visibility
from reference_server.model.errors import (
    ForbiddenError,
    GitLabProjectNotFoundError,
    NotAuthenticatedError,
    RegistryError,
    UnknownTokenError,
    UnusableTokenError,
)
from reference_server.rules.access import OVER_REST, authorize, is_in_job_scope, is_visible, starter
from reference_server.rules.groups import readable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from reference_server.model import Credentials, GitLabProject
    from reference_server.rules.access import Tokens

OF_PROTECTION = frozenset(
    {"protection_rules", "create_protection_rule", "update_protection_rule", "delete_protection_rule"}
)
"""The routes of protection rules."""
READING = frozenset({Action.BROWSE, Action.DOWNLOAD, Action.INSPECT})


def read_by(credentials: Credentials, action: Action) -> Credentials:
    """Return what a route reads: Basic and DEPLOY-TOKEN are for packages, JOB-TOKEN for the REST API."""
    if action in OVER_REST and action is not Action.MANAGE:
        return replace(credentials, basic=None, deploy_token=None)
    return replace(credentials, job_token=None, deploy_token=_deploy_token(credentials))


def _deploy_token(credentials: Credentials) -> str | None:
    """Return what may be a deploy token besides the password of HTTP Basic, which takes the place of the others."""
    return None if credentials.basic else credentials.deploy_token or credentials.bearer


def read_by_13_4(credentials: Credentials, action: Action) -> Credentials:
    """Return what a route reads: job tokens are for packages only."""
    return replace(
        read_by(replace(credentials, bearer=None), action), job_token=None, bearer=credentials.bearer
    )


def with_job_bearer(
    identify: Callable[[Credentials, Tokens], Caller],
) -> Callable[[Credentials, Tokens], Caller]:
    """Identify callers as before; a job token may come as Bearer, too."""

    def identified(credentials: Credentials, tokens: Tokens) -> Caller:
        bearer = credentials.bearer
        if bearer and tokens.job_token(bearer) and not tokens.deploy_token(credentials.deploy_token or ""):
            return starter(tokens.job_token(bearer))
        return identify(credentials, tokens)

    return identified


def authorize_now(caller: Caller, gitlab_project: GitLabProject, action: Action) -> None:
    """Check that the caller may do this in a current version."""
    _require_rest_visibility(caller, gitlab_project, action)
    if caller.is_anonymous and action in READING and _is_switched_off(caller, gitlab_project):
        raise ForbiddenError
    is_hidden = gitlab_project.visibility is Visibility.PRIVATE and action not in OVER_REST
    if is_hidden and not is_in_job_scope(caller, gitlab_project, action):
        raise GitLabProjectNotFoundError
    authorize(caller, gitlab_project, action)


def read_in_group(
    authorized: Callable[[Caller, GitLabProject, Action], None],
    caller: Caller,
    gitlab_projects: Iterable[GitLabProject],
    action: Action,
) -> tuple[GitLabProject, ...]:
    """Return what a caller reads in a group: in a public one, the files of all its GitLab projects."""
    gitlab_projects = tuple(gitlab_projects)
    found = readable(authorized, caller, gitlab_projects, action)
    if action is Action.DOWNLOAD and any(each.visibility is Visibility.PUBLIC for each in gitlab_projects):
        return gitlab_projects
    return found


def authorize_13_4(caller: Caller, gitlab_project: GitLabProject, action: Action) -> None:
    """Check that the caller may do this in 13.4: files are open, Guests read nothing, jobs act as their users."""
    if action is Action.DOWNLOAD:
        return
    gitlab_project = replace(gitlab_project, registry_access=RegistryAccess.ENABLED)  # a later setting
    _require_rest_visibility(caller, gitlab_project, action)
    caller = replace(caller, job_project=None)
    authorize(caller, gitlab_project, action)
    if action in READING and not _reads_13_4(caller, gitlab_project):
        raise ForbiddenError


def _reads_13_4(caller: Caller, gitlab_project: GitLabProject) -> bool:
    if gitlab_project.visibility is not Visibility.PRIVATE or caller.user is None:
        return True
    return gitlab_project.members[caller.user.name] >= Role.REPORTER


def challenge(error: RegistryError) -> str | None:
    """Return the challenge of a current version: every 401 has one."""
    return _bearer(error) or CHALLENGE


def challenge_13_4(error: RegistryError) -> str | None:
    """Return the challenge of 13.4, which is malformed, and is not sent for a wrong token."""
    if isinstance(error, UnknownTokenError):
        return None
    return _bearer(error) or "Basic realm: GitLab Packages Registry"


def _bearer(error: RegistryError) -> str | None:
    if not isinstance(error, UnusableTokenError):
        return None
    return f'Bearer realm="Protected by OAuth 2.0", error="invalid_token", error_description="{error}"'


def _require_rest_visibility(caller: Caller, gitlab_project: GitLabProject, action: Action) -> None:
    """Answer anonymous callers of the REST API as if a GitLab project that they may not see did not exist."""
    if action in OVER_REST and action is not Action.MANAGE and caller.is_anonymous:
        if not is_visible(caller, gitlab_project):
            raise GitLabProjectNotFoundError
        if action is not Action.SEE and _is_closed(gitlab_project):
            raise ForbiddenError
        if action is Action.DELETE:
            raise NotAuthenticatedError


def _is_switched_off(caller: Caller, gitlab_project: GitLabProject) -> bool:
    return is_visible(caller, gitlab_project) and _is_closed(gitlab_project)


def _is_closed(gitlab_project: GitLabProject) -> bool:
    return not gitlab_project.packages_enabled or gitlab_project.registry_access is RegistryAccess.PRIVATE
