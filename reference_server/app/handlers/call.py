"""The arguments of handlers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from reference_server.flavours.flavour import REPOSITORY
from reference_server.model.errors import PackageNotFoundError

if TYPE_CHECKING:
    from reference_server.alterations import Alteration
    from reference_server.http.request import Request
    from reference_server.model import Caller, GitLabProject, Group, PackageFile
    from reference_server.rendering.page_cache import PageCache
    from reference_server.rules.registry import Registry


@dataclass(frozen=True, slots=True)
class Index:
    """Whose packages an index shows: a GitLab project's, or those of a group that the caller may read.

    `repository` is the path of its pages and files, without a slash at its ends.
    """

    name: str
    repository: str
    gitlab_projects: tuple[GitLabProject, ...]


class ReadingCall(Protocol):
    """One authorized request for a page or a file of an index."""

    @property
    def request(self) -> Request:
        """The request."""

    @property
    def registry(self) -> Registry:
        """The registry under the rules for this request."""

    @property
    def alteration(self) -> Alteration:
        """What alters the answer."""

    @property
    def pages(self) -> PageCache:
        """Pages of earlier requests."""

    @property
    def index(self) -> Index:
        """Whose packages are asked for."""


@dataclass(frozen=True, slots=True)
class Call:
    """One authorized request: the GitLab project exists, and the caller may perform the route's action."""

    request: Request
    registry: Registry
    gitlab_project: GitLabProject
    caller: Caller
    alteration: Alteration
    pages: PageCache

    @property
    def index(self) -> Index:
        """The index of the GitLab project."""
        owner = self.gitlab_project
        return Index(owner.name, repository(self.request, owner.id), (owner,))


@dataclass(frozen=True, slots=True)
class GroupCall:
    """One authorized request: the caller may see the group, and read these GitLab projects of it."""

    request: Request
    registry: Registry
    group: Group
    gitlab_projects: tuple[GitLabProject, ...]
    caller: Caller
    alteration: Alteration
    pages: PageCache

    @property
    def index(self) -> Index:
        """The index of the group."""
        path = f"api/v4/groups/{self.group.id}/-/packages/pypi"
        return Index(self.group.name, path, self.gitlab_projects)


def repository(request: Request, gitlab_project: int) -> str:
    """Return the path of a GitLab project's pages and files, without a slash at its ends."""
    flavour = request.flavour
    is_shown = gitlab_project == flavour.gitlab_project or "{gitlab_project}" in flavour.layout.repository
    path = flavour.layout.repository if is_shown else REPOSITORY
    return path.replace("{gitlab_project}", str(gitlab_project)).strip("/")


def is_there(file: PackageFile) -> bool:
    """Return whether a file can be described: one in a served folder may be removed or changed."""
    try:
        _ = file.sha256
    except PackageNotFoundError:
        return False
    return True


def require_deletable(call: Call, name: str) -> None:
    """Check that no rule keeps the caller from deleting a package. Raises `PackageDeletionProtectedError`."""
    if call.gitlab_project.protection_rules:
        from reference_server.rules import protection  # few registries have rules

        protection.require_deletable(call.registry, call.caller, call.gitlab_project, name)
