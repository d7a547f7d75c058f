"""Who asks, with what, and of which GitLab project. Data only."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import IntEnum, StrEnum
from types import MappingProxyType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping


class Role(IntEnum):
    """A member's role in a GitLab project; a higher one may do all that a lower one may."""

    GUEST = 10
    REPORTER = 20
    DEVELOPER = 30
    MAINTAINER = 40
    OWNER = 50


class Visibility(StrEnum):
    """Who sees a GitLab project: its members, everyone who is signed in, or everyone."""

    PRIVATE = "private"
    INTERNAL = "internal"
    PUBLIC = "public"


class Action(StrEnum):
    """What a caller may want to do with a GitLab project."""

    SEE = "see"  # the GitLab project itself
    BROWSE = "browse"  # the simple pages
    DOWNLOAD = "download"  # one file
    INSPECT = "inspect"  # packages and files, over the REST API
    UPLOAD = "upload"
    DELETE = "delete"


@dataclass(frozen=True, slots=True)
class User:
    """Somebody with an account."""

    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonalAccessToken:
    """A user's token. Scopes that matter here: `api` (everything) and `read_api` (reading)."""

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
    """A CI job's token: good while the job runs, and as mighty as the user who started the job."""

    secret: str
    user: User
    gitlab_project: int
    running: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class GitLabProject:
    """A GitLab project, which owns one package registry. `members` maps user names to roles."""

    id: int
    full_path: str
    visibility: Visibility = Visibility.PRIVATE
    packages_enabled: bool = True
    members: Mapping[str, Role] = field(default_factory=lambda: MappingProxyType({}))

    @property
    def name(self) -> str:
        """The last segment of the path."""
        return self.full_path.rpartition("/")[2]


@dataclass(frozen=True, slots=True, kw_only=True)
class Credentials:
    """What one request presented, before anybody asked what it is worth."""

    basic: tuple[str, str] | None = None
    private_token: str | None = None
    bearer: str | None = None
    deploy_token: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """Who asks: a user with the scopes of the token they came with, a deploy token, or nobody known."""

    user: User | None = None
    scopes: frozenset[str] = frozenset()
    deploy_token: DeployToken | None = None

    @property
    def is_anonymous(self) -> bool:
        """Whether nothing is known about the caller."""
        return self.user is None and self.deploy_token is None


ANONYMOUS = Caller()
