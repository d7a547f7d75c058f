"""Groups, which follow from the paths of GitLab projects, and what a caller may read in one.

Source: GitLab's documentation, "Groups" and "PyPI API", and its tests of the endpoints for groups.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from reference_server.model import ANONYMOUS, Action, Group, RegistryAccess, Role
from reference_server.model.errors import (
    ForbiddenError,
    GroupNotFoundError,
    InsufficientScopeError,
    NotAuthenticatedError,
    NotFoundError,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from reference_server.model import Caller, GitLabProject, User

LEVELS = 100  # of nested groups, at most


def groups(gitlab_projects: Iterable[GitLabProject]) -> Iterator[Group]:
    """Yield every group once. Its id follows from its oldest GitLab project and its depth, and so stays the same.

    The namespace of a user is not a group.
    """
    known = set()
    for gitlab_project in sorted(gitlab_projects, key=lambda each: each.id):
        segments = gitlab_project.full_path.split("/")[:-1]
        for depth in range(1, len(segments) + 1):
            path = "/".join(segments[:depth])
            if path.lower() not in known and not is_of_user(gitlab_project):
                known.add(path.lower())
                yield Group(id=gitlab_project.id * LEVELS + depth, full_path=path)


def is_of_user(gitlab_project: GitLabProject) -> bool:
    """Return whether a GitLab project is in the namespace of a user, who owns it. Case does not matter."""
    first, *others = gitlab_project.full_path.lower().split("/")
    owners = {name.lower() for name, role in gitlab_project.members.items() if role is Role.OWNER}
    return len(others) == 1 and first in owners


def group(gitlab_projects: Iterable[GitLabProject], reference: str) -> Group:
    """Find a group by its id, or by its full path in any case. Raises `GroupNotFoundError`."""
    by_id = reference.isascii() and reference.isdecimal()
    for each in groups(gitlab_projects):
        if reference == str(each.id) if by_id else reference.lower() == each.full_path.lower():
            return each
    raise GroupNotFoundError


def members(gitlab_projects: Iterable[GitLabProject], parent: Group) -> tuple[GitLabProject, ...]:
    """Return the GitLab projects of a group and of its subgroups, oldest first."""
    prefix = f"{parent.full_path}/".lower()
    return tuple(each for each in gitlab_projects if each.full_path.lower().startswith(prefix))


def readable(
    authorize: Callable[[Caller, GitLabProject, Action], None],
    caller: Caller,
    gitlab_projects: Iterable[GitLabProject],
    action: Action,
) -> tuple[GitLabProject, ...]:
    """Return the GitLab projects of a group on which the caller may perform a reading action, in their order.

    A deploy token of a GitLab project reads no more of a group than an anonymous caller, and a registry that is open to
    everyone is so at the URLs of its GitLab project only. Raises
    `InsufficientScopeError`; without a GitLab project that the caller may see, `NotAuthenticatedError` for an
    anonymous caller of pages and files, and `GroupNotFoundError` for others.
    """
    reader = ANONYMOUS if caller.deploy_token else caller
    found, is_seen = [], False
    for gitlab_project in gitlab_projects:
        try:
            authorize(reader, _in_group(gitlab_project), action)
        except InsufficientScopeError:
            raise
        except ForbiddenError:
            is_seen = True
        except (NotAuthenticatedError, NotFoundError):
            continue
        else:
            found.append(gitlab_project)
    if found or is_seen:
        return tuple(found)
    asks_to_sign_in = caller.is_anonymous and action is not Action.INSPECT
    raise NotAuthenticatedError if asks_to_sign_in else GroupNotFoundError


def _in_group(gitlab_project: GitLabProject) -> GitLabProject:
    if gitlab_project.registry_access is RegistryAccess.PUBLIC:
        return replace(gitlab_project, registry_access=RegistryAccess.ENABLED)
    return gitlab_project


def role_in(parent: Group, gitlab_projects: Iterable[GitLabProject], user: User) -> Role | None:
    """Return the least role of a user who has one in every GitLab project of a group, as its members have."""
    roles = [each.members.get(user.name) for each in members(gitlab_projects, parent)]
    known = [role for role in roles if role is not None]
    return min(known) if known and len(known) == len(roles) else None
