"""Authentication and authorization of callers.

Sources: GitLab's documentation ("Authenticating with …") and the access table in GitLab's tests. In current
versions guests may read private packages, and a download needs the same rights as the simple pages.
"""

from __future__ import annotations

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
WRITING = frozenset({Action.UPLOAD, Action.DELETE})
MINIMUM_ROLE = {Action.UPLOAD: Role.DEVELOPER, Action.DELETE: Role.MAINTAINER}


class Tokens(Protocol):
    """Finds tokens by their secret."""

    def personal_access_token(self, secret: str) -> PersonalAccessToken | None:
        """Find a personal access token."""

    def deploy_token(self, secret: str) -> DeployToken | None:
        """Find a deploy token."""

    def job_token(self, secret: str) -> JobToken | None:
        """Find a job token."""


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
        return _starter(tokens.job_token(password))
    return ANONYMOUS


def _owner(token: PersonalAccessToken | None) -> Caller:
    if token is None:
        raise UnknownTokenError
    if token.revoked:
        raise TokenRevokedError
    if token.expired:
        raise TokenExpiredError
    return Caller(user=token.user, scopes=token.scopes)


def _starter(token: JobToken | None) -> Caller:
    if token is None or not token.running:
        raise UnknownTokenError
    return Caller(user=token.user, scopes=frozenset({"api"}), job_project=token.gitlab_project)


def authorize(caller: Caller, gitlab_project: GitLabProject, action: Action) -> None:
    """Check that the caller may perform an action on a GitLab project.

    Raises `InsufficientScopeError` for a token whose scopes never allow the action, `NotAuthenticatedError`
    for an anonymous caller, `GitLabProjectNotFoundError` for a caller who may not know that the GitLab
    project exists, and else `ForbiddenError`.
    """
    if caller.user:
        _require_scope(caller, action)
    if not is_visible(caller, gitlab_project):
        raise NotAuthenticatedError if caller.is_anonymous else GitLabProjectNotFoundError
    if not is_allowed(caller, gitlab_project, action):
        raise NotAuthenticatedError if caller.is_anonymous else ForbiddenError


def _require_scope(caller: Caller, action: Action) -> None:
    enough = ("api",) if action in WRITING else ("api", "read_api")
    if caller.scopes.isdisjoint(enough):
        raise InsufficientScopeError(*enough)


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
    if action not in WRITING:
        return True
    if caller.deploy_token:
        return caller.deploy_token.writes and caller.deploy_token.gitlab_project == gitlab_project.id
    role = gitlab_project.members.get(caller.user.name) if caller.user else None
    return role is not None and role >= MINIMUM_ROLE[action]
