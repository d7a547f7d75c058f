"""Authentication and authorization of callers.

Sources: GitLab's documentation ("Authenticating with …") and the access table in GitLab's tests. In current
versions guests may read private packages, and a download needs the same rights as the simple pages.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Protocol

from reference_server.model import (
    ANONYMOUS,
    Action,
    Caller,
    Credentials,
    DeployToken,
    GitLabProject,
    JobToken,
    PersonalAccessToken,
    RegistryAccess,
    Role,
    Visibility,
)
from reference_server.model.errors import (
    ForbiddenError,
    GitLabProjectNotFoundError,
    InsufficientScopeError,
    NotAuthenticatedError,
    TokenExpiredError,
    TokenRevokedError,
    UnknownTokenError,
)

JOB_USERNAME = "gitlab-ci-token"
WRITING = frozenset({Action.UPLOAD, Action.DELETE, Action.MANAGE})
MINIMUM_ROLE = {
    Action.UPLOAD: Role.DEVELOPER,
    Action.DELETE: Role.MAINTAINER,
    Action.MANAGE: Role.MAINTAINER,
}
OPEN = frozenset({Action.BROWSE, Action.DOWNLOAD})
"""What everyone may do in a registry that is open to everyone."""
OVER_REST = frozenset({Action.SEE, Action.INSPECT, Action.DELETE, Action.MANAGE})
"""The actions that GitLab offers over its REST API, and those that only this server offers."""


class Tokens(Protocol):
    """Finds tokens by their secret."""

    def personal_access_token(self, secret: str) -> PersonalAccessToken | None:
        """Find a personal access token."""

    def deploy_token(self, secret: str) -> DeployToken | None:
        """Find a deploy token."""

    def job_token(self, secret: str) -> JobToken | None:
        """Find a job token."""


def read_by(credentials: Credentials, action: Action) -> Credentials:
    """Return the credentials that the routes of an action read: the field JOB-TOKEN is for the REST API only."""
    return credentials if action in OVER_REST else replace(credentials, job_token=None)


def identify(credentials: Credentials, tokens: Tokens) -> Caller:
    """Return the caller with these credentials.

    The user name beside a personal access token or a deploy token is ignored, and so is white space around a
    token, as at PyPI. Unknown Basic credentials are ignored, except a job token's.

    Raises `UnknownTokenError`, `TokenExpiredError` or `TokenRevokedError` for every request.
    """
    username, password = credentials.basic or ("", "")
    password = password.strip()
    for secret in (credentials.deploy_token, password):
        deploy_token = tokens.deploy_token(secret) if secret else None
        if deploy_token:
            return Caller(deploy_token=deploy_token)
    for secret in (credentials.private_token, credentials.bearer):
        if secret is not None:
            return _owner(tokens.personal_access_token(secret))
    personal = tokens.personal_access_token(password) if password else None
    if personal:
        return _owner(personal)
    if username == JOB_USERNAME:
        return starter(tokens.job_token(password))
    if credentials.job_token is not None:
        return starter(tokens.job_token(credentials.job_token))
    return ANONYMOUS


def _owner(token: PersonalAccessToken | None) -> Caller:
    if token is None:
        raise UnknownTokenError
    if token.revoked:
        raise TokenRevokedError
    if token.expired:
        raise TokenExpiredError
    return Caller(user=token.user, scopes=token.scopes)


def starter(token: JobToken | None) -> Caller:
    """Return the user who started a job, as the caller by its token. Raises `UnknownTokenError`."""
    if token is None or not token.running:
        raise UnknownTokenError
    return Caller(user=token.user, scopes=frozenset({"api"}), job_project=token.gitlab_project)


def authorize(caller: Caller, gitlab_project: GitLabProject, action: Action) -> None:
    """Check that the caller may perform an action on a GitLab project.

    Raises `InsufficientScopeError` for a token whose scopes never allow the action, `NotAuthenticatedError`
    for an anonymous caller, `GitLabProjectNotFoundError` for a caller who may not know that the GitLab
    project exists, and else `ForbiddenError`.
    """
    if caller.deploy_token and action in OVER_REST:
        raise NotAuthenticatedError
    if caller.user:
        _require_scope(caller, action)
    if is_open(gitlab_project, action):
        return
    if not is_in_job_scope(caller, gitlab_project, action):
        raise ForbiddenError
    if not is_visible(caller, gitlab_project):
        raise NotAuthenticatedError if caller.is_anonymous else GitLabProjectNotFoundError
    if not is_allowed(caller, gitlab_project, action):
        raise NotAuthenticatedError if caller.is_anonymous else ForbiddenError


def _require_scope(caller: Caller, action: Action) -> None:
    enough = ("api",) if action in WRITING else ("api", "read_api")
    if caller.scopes.isdisjoint(enough):
        raise InsufficientScopeError(*enough)


def is_in_job_scope(caller: Caller, gitlab_project: GitLabProject, action: Action) -> bool:
    """Return whether the token of a CI job may be used for this action here. Other tokens may.

    A job may use its own GitLab project, those that have its own on their allowlist, and read those that everyone
    may read, but for registries that are kept for members. It never does what only this server offers.
    Source: GitLab's documentation, "CI/CD job token".
    """
    if caller.job_project is None:
        return True
    if action is Action.MANAGE:
        return False
    listed = caller.job_project == gitlab_project.id or caller.job_project in gitlab_project.job_token_scope
    is_kept = action is not Action.SEE and gitlab_project.registry_access is RegistryAccess.PRIVATE
    is_open = gitlab_project.visibility is not Visibility.PRIVATE and not is_kept
    return listed or (action not in WRITING and is_open)


def is_open(gitlab_project: GitLabProject, action: Action) -> bool:
    """Return whether everyone may perform an action: GitLab's "Allow anyone to pull from package registry"."""
    is_public = gitlab_project.registry_access is RegistryAccess.PUBLIC
    return is_public and gitlab_project.packages_enabled and action in OPEN


def is_visible(caller: Caller, gitlab_project: GitLabProject) -> bool:
    """Return whether the caller may know that the GitLab project exists."""
    if gitlab_project.visibility is Visibility.PUBLIC:
        return True
    if caller.deploy_token:
        return caller.deploy_token.reads and caller.deploy_token.gitlab_project == gitlab_project.id
    if caller.user is None:
        return False
    return gitlab_project.visibility is Visibility.INTERNAL or caller.user.name in gitlab_project.members


def is_allowed(caller: Caller, gitlab_project: GitLabProject, action: Action) -> bool:
    """Return whether a caller who sees the GitLab project may perform an action on it."""
    if action is Action.SEE:
        return True
    if not gitlab_project.packages_enabled:
        return False
    if gitlab_project.registry_access is RegistryAccess.PRIVATE and not _is_member(caller, gitlab_project):
        return False
    if action not in WRITING:
        return True
    if caller.deploy_token:
        return caller.deploy_token.writes and caller.deploy_token.gitlab_project == gitlab_project.id
    role = gitlab_project.members.get(caller.user.name) if caller.user else None
    return role is not None and role >= MINIMUM_ROLE[action]


def _is_member(caller: Caller, gitlab_project: GitLabProject) -> bool:
    if caller.deploy_token:
        return caller.deploy_token.gitlab_project == gitlab_project.id
    return caller.user is not None and caller.user.name in gitlab_project.members
