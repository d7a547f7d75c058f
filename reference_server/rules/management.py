"""Managing the registry: GitLab projects, their settings, and tokens. Who may do so, and what is valid.

Sources: GitLab's documentation of permissions, of personal access tokens and of deploy tokens. A Maintainer changes the
settings of a GitLab project and manages its tokens, a user their own personal access tokens. A job token manages
nothing.
"""

from __future__ import annotations

import re
from dataclasses import replace
from types import MappingProxyType
from typing import TYPE_CHECKING, TypedDict, Unpack

from reference_server.model import (
    DeployToken,
    GitLabProject,
    Group,
    JobToken,
    PersonalAccessToken,
    RegistryAccess,
    Role,
    TokenRecord,
    Visibility,
)
from reference_server.model.errors import (
    FieldError,
    ForbiddenError,
    InsufficientScopeError,
    InvalidFieldError,
    NotAuthenticatedError,
    NotFoundError,
)
from reference_server.rules.access import is_visible
from reference_server.rules.current_tokens import has_come
from reference_server.rules.groups import members

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import date

    from reference_server.model import Caller, Token, User
    from reference_server.rules.registry import Registry

PERSONAL_SCOPES = ("api", "read_api")
DEPLOY_SCOPES = ("read_package_registry", "write_package_registry")
LONGEST_NAME = 255  # characters
LONGEST_PATH = 255  # characters
RESERVED = frozenset({"-", "api", "files", "integrity", "legacy", "projects", "simple", "users"})
"""First segments of paths that belong to the server."""

# Source: GitLab's documentation, "Reserved project and group names" and the error text of `path`.
_SEGMENT = re.compile(r"[A-Z0-9_](?:[A-Z0-9_.-]*[A-Z0-9_])?", re.IGNORECASE | re.ASCII)
_CONTROL = re.compile(r"[\x00-\x1f\x7f\ud800-\udfff]")


class NameTakenError(FieldError):
    """Another GitLab project has this path."""

    message = "path has already been taken"


class Settings(TypedDict, total=False):
    """Settings of a GitLab project."""

    visibility: Visibility
    packages_enabled: bool
    registry_access: RegistryAccess
    duplicates_allowed: bool
    job_token_scope: frozenset[int]


class NewToken(TypedDict):
    """What is common to all new tokens. `secret` is random."""

    secret: str
    name: str
    expires_at: date | None


# who may


def require_maintainer(
    caller: Caller, gitlab_project: GitLabProject, *, minimum: Role = Role.MAINTAINER
) -> None:
    """Check that the caller may change a GitLab project's settings and tokens. Its visibility takes an Owner.

    Raises `NotAuthenticatedError`, `NotFoundError` where the caller may not see it, `InsufficientScopeError` and
    `ForbiddenError`.
    """
    if not is_visible(caller, gitlab_project):
        raise NotAuthenticatedError if caller.is_anonymous else NotFoundError
    user = require_user(caller)
    if gitlab_project.members.get(user.name, Role.GUEST) < minimum:
        raise ForbiddenError


def require_user(caller: Caller, *scopes: str) -> User:
    """Return the user, whose token has one of the scopes (default: `api`).

    Raises `NotAuthenticatedError`, `InsufficientScopeError` and `ForbiddenError`.
    """
    if caller.is_anonymous:
        raise NotAuthenticatedError
    if caller.user is None or caller.job_project is not None:
        raise ForbiddenError
    enough = scopes or ("api",)
    if caller.scopes.isdisjoint(enough):
        raise InsufficientScopeError(*enough)
    return caller.user


# GitLab projects


def visible_gitlab_projects(registry: Registry, caller: Caller) -> tuple[GitLabProject, ...]:
    """Return the GitLab projects that the caller may see, by id."""
    return tuple(each for each in registry.store.gitlab_projects() if is_visible(caller, each))


def create_gitlab_project(
    registry: Registry, full_path: str, *, owner: User, anywhere: bool = False, **settings: Unpack[Settings]
) -> GitLabProject:
    """Add a GitLab project with one Owner, who has to be a Maintainer in its group unless `anywhere`.

    Raises `InvalidFieldError`, `ForbiddenError` and `NameTakenError`.
    """
    segments = full_path.split("/")
    if not (
        len(segments) >= 2
        and len(full_path) <= LONGEST_PATH
        and all(_SEGMENT.fullmatch(segment) for segment in segments)
        and segments[0].lower() not in RESERVED
        and not any(segment.lower().endswith((".git", ".atom")) for segment in segments)
    ):
        field = "path"
        raise InvalidFieldError(field)
    with registry.store.lock:
        if not anywhere:
            _require_group(registry, owner, segments[:-1])
        if registry.store.gitlab_project(full_path):
            raise NameTakenError
        made = GitLabProject(
            id=max((each.id for each in registry.store.gitlab_projects()), default=0) + 1,
            full_path=full_path,
            members=MappingProxyType({owner.name: Role.OWNER}),
            **settings,
        )
        registry.store.add_gitlab_project(made)
        return made


def _require_group(registry: Registry, user: User, segments: list[str]) -> None:
    """Check that a user may add to a group: a Maintainer in one of the GitLab projects of it, or of its parent if new.

    Everyone may begin a group at the top. Raises `ForbiddenError`.
    """
    for depth in range(len(segments), 0, -1):
        group = Group(id=0, full_path="/".join(segments[:depth]))
        found = members(registry.store.gitlab_projects(), group)
        if found:
            if not any(each.members.get(user.name, Role.GUEST) >= Role.MAINTAINER for each in found):
                raise ForbiddenError
            return


def change_settings(
    registry: Registry, gitlab_project: GitLabProject, **settings: Unpack[Settings]
) -> GitLabProject:
    """Change settings of a GitLab project, and return it. Raises `GitLabProjectNotFoundError`."""
    with registry.store.lock:
        changed = replace(registry.gitlab_project(str(gitlab_project.id)), **settings)
        registry.store.add_gitlab_project(changed)
        return changed


def job_token_allowlist(registry: Registry, gitlab_project: GitLabProject) -> tuple[GitLabProject, ...]:
    """Return the GitLab projects whose CI jobs may use this one, itself first."""
    others = (each for each in registry.store.gitlab_projects() if each.id in gitlab_project.job_token_scope)
    return (gitlab_project, *(each for each in others if each.id != gitlab_project.id))


def allow_job_tokens(
    registry: Registry, caller: Caller, gitlab_project: GitLabProject, reference: str
) -> GitLabProject:
    """Let CI jobs of another GitLab project, which the caller sees, use this one. Raises `NotFoundError`."""
    with registry.store.lock:
        other = registry.gitlab_project(reference)
        if not is_visible(caller, other):
            raise NotFoundError
        scope = registry.gitlab_project(str(gitlab_project.id)).job_token_scope
        change_settings(registry, gitlab_project, job_token_scope=scope | {other.id})
        return other


def disallow_job_tokens(registry: Registry, gitlab_project: GitLabProject, target_id: int) -> None:
    """Remove a GitLab project from the job token allowlist. Raises `NotFoundError`."""
    with registry.store.lock:
        scope = registry.gitlab_project(str(gitlab_project.id)).job_token_scope
        if target_id not in scope:
            raise NotFoundError
        change_settings(registry, gitlab_project, job_token_scope=scope - {target_id})


# packages


def put_yank(
    registry: Registry,
    gitlab_project: GitLabProject,
    package_id: int,
    reason: str | None,
    *,
    file_id: int | None = None,
) -> None:
    """Yank the files of a package, or one of them; None undoes it. Raises `NotFoundError` where there are none.

    Other packages keep theirs, even those of the same name and version in another spelling.
    """
    with registry.store.lock:
        package = registry.package(gitlab_project, package_id)
        chosen = {file.id for file in package.files if file_id in {None, file.id}}
        if not chosen:
            raise NotFoundError
        files = tuple(replace(file, yanked=reason) if file.id in chosen else file for file in package.files)
        registry.store.put_package(replace(package, files=files))


# tokens


def personal_access_tokens(registry: Registry, user: User) -> tuple[PersonalAccessToken, ...]:
    """Return the personal access tokens of a user."""
    return tuple(
        each
        for each in registry.store.tokens()
        if isinstance(each, PersonalAccessToken) and each.user == user
    )


def deploy_tokens(registry: Registry, gitlab_project: GitLabProject) -> tuple[DeployToken, ...]:
    """Return the deploy tokens of a GitLab project."""
    return tuple(
        each
        for each in registry.store.tokens()
        if isinstance(each, DeployToken) and each.gitlab_project == gitlab_project.id
    )


def job_tokens(registry: Registry, gitlab_project: GitLabProject) -> tuple[JobToken, ...]:
    """Return the job tokens of a GitLab project."""
    return tuple(
        each
        for each in registry.store.tokens()
        if isinstance(each, JobToken) and each.gitlab_project == gitlab_project.id
    )


def make_personal_access_token(
    registry: Registry, user: User, scopes: Iterable[str], **new: Unpack[NewToken]
) -> PersonalAccessToken:
    """Add a token of a user, and return it with its secret. Raises `InvalidFieldError`."""
    record = _record(registry, new)
    token = PersonalAccessToken(
        secret=new["secret"], user=user, scopes=_scopes(scopes, PERSONAL_SCOPES), record=record
    )
    with registry.store.lock:
        registry.store.add_personal_access_token(token)
        return registry.store.personal_access_token(token.secret) or token


def make_deploy_token(
    registry: Registry,
    gitlab_project: GitLabProject,
    scopes: Iterable[str],
    *,
    username: str = "",
    **new: Unpack[NewToken],
) -> DeployToken:
    """Add a deploy token of a GitLab project, and return it with its secret. Raises `InvalidFieldError`."""
    record = _record(registry, new)
    if len(username) > LONGEST_NAME or _CONTROL.search(username) or ":" in username:
        field = "username"
        raise InvalidFieldError(field)
    with registry.store.lock:
        number = max((each.record.id for each in registry.store.tokens()), default=0) + 1
        token = DeployToken(
            secret=new["secret"],
            username=username or f"gitlab+deploy-token-{number}",
            gitlab_project=gitlab_project.id,
            scopes=_scopes(scopes, DEPLOY_SCOPES),
            record=record,
        )
        registry.store.add_deploy_token(token)
        return registry.store.deploy_token(token.secret) or token


def make_job_token(
    registry: Registry, gitlab_project: GitLabProject, user: User, **new: Unpack[NewToken]
) -> JobToken:
    """Add the token of a running CI job that a user started, and return it with its secret."""
    token = JobToken(
        secret=new["secret"],
        user=user,
        gitlab_project=gitlab_project.id,
        record=_record(registry, new),
    )
    with registry.store.lock:
        registry.store.add_job_token(token)
        return registry.store.job_token(token.secret) or token


def revoke(registry: Registry, tokens: Iterable[Token], token_id: int) -> None:
    """Revoke the token with this id among others, or end its job. Raises `NotFoundError`."""
    found = next((each for each in tokens if each.record.id == token_id), None)
    if found is None:
        raise NotFoundError
    ended = replace(found, running=False) if isinstance(found, JobToken) else replace(found, revoked=True)
    registry.store.put_token(ended)


def _record(registry: Registry, new: NewToken) -> TokenRecord:
    name, expires_at = new["name"].strip(), new["expires_at"]
    if not 0 < len(name) <= LONGEST_NAME or _CONTROL.search(name):
        field = "name"
        raise InvalidFieldError(field)
    if expires_at is not None and has_come(expires_at, registry.now):
        field = "expires_at"
        raise InvalidFieldError(field)
    return TokenRecord(name=name, created_at=registry.now(), expires_at=expires_at)


def _scopes(scopes: Iterable[str], known: tuple[str, ...]) -> frozenset[str]:
    chosen = frozenset(scopes)
    if not chosen or not chosen <= set(known):
        field = "scopes"
        raise InvalidFieldError(field)
    return chosen
