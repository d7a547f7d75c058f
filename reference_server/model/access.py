"""Callers, their credentials, and the GitLab projects that they act on. Data only."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import IntEnum, StrEnum
from types import MappingProxyType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping


class Role(IntEnum):
    """A member's role in a GitLab project. A higher role includes the rights of lower ones."""

    GUEST = 10
    REPORTER = 20
    DEVELOPER = 30
    MAINTAINER = 40
    OWNER = 50


class Visibility(StrEnum):
    """Who may see a GitLab project: its members, all signed-in users, or everyone."""

    PRIVATE = "private"
    INTERNAL = "internal"
    PUBLIC = "public"


class Action(StrEnum):
    """An action on a GitLab project that needs a permission."""

    SEE = "see"  # the GitLab project itself
    BROWSE = "browse"  # the simple pages
    DOWNLOAD = "download"  # one file
    INSPECT = "inspect"  # packages and files, over the REST API
    UPLOAD = "upload"
    DELETE = "delete"  # packages and files, over the REST API
    MANAGE = "manage"  # what only this server offers over HTTP, such as yanking


@dataclass(frozen=True, slots=True)
class User:
    """A user with an account."""

    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonalAccessToken:
    """A user's token. Relevant scopes: `api` (everything) and `read_api` (reading)."""

    secret: str
    user: User
    scopes: frozenset[str] = frozenset({"api"})
    expired: bool = False
    revoked: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class DeployToken:
    """A token of one GitLab project: `read_package_registry` and/or `write_package_registry`."""

    secret: str
    username: str
    gitlab_project: int
    scopes: frozenset[str]

    @property
    def reads(self) -> bool:
        """Whether it may read packages; writing includes reading."""
        return bool(self.scopes & {"read_package_registry", "write_package_registry"})

    @property
    def writes(self) -> bool:
        """Whether it may upload and delete packages."""
        return "write_package_registry" in self.scopes


@dataclass(frozen=True, slots=True, kw_only=True)
class JobToken:
    """A CI job's token. It is valid while the job runs, and has the rights of the user who started it."""

    secret: str
    user: User
    gitlab_project: int
    running: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class GitLabProject:
    """A GitLab project, the owner of one package registry. `members` maps user names to roles."""

    id: int
    full_path: str
    visibility: Visibility = Visibility.PRIVATE
    packages_enabled: bool = True
    members: Mapping[str, Role] = field(default_factory=lambda: MappingProxyType({}))
    job_token_scope: frozenset[int] = frozenset()
    """The ids of other GitLab projects whose CI jobs may use their tokens here, the job token allowlist."""

    @property
    def name(self) -> str:
        """The last segment of the path."""
        return self.full_path.rpartition("/")[2]


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """A group of GitLab projects: all whose paths begin with its own, those of subgroups included."""

    id: int
    full_path: str

    @property
    def name(self) -> str:
        """The last segment of the path."""
        return self.full_path.rpartition("/")[2]


@dataclass(frozen=True, slots=True, kw_only=True)
class Credentials:
    """The credentials in one request, not yet verified."""

    basic: tuple[str, str] | None = None
    private_token: str | None = None
    bearer: str | None = None
    deploy_token: str | None = None
    job_token: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """The caller of a request: a user with the scopes of their token, a deploy token, or anonymous.

    `job_project` is the GitLab project of the CI job, if the user calls by a job token.
    """

    user: User | None = None
    scopes: frozenset[str] = frozenset()
    deploy_token: DeployToken | None = None
    job_project: int | None = None

    @property
    def is_anonymous(self) -> bool:
        """Whether the caller is anonymous."""
        return self.user is None and self.deploy_token is None


ANONYMOUS = Caller()
