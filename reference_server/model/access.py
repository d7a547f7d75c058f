"""Callers, their credentials, and the GitLab projects that they act on. Data only."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import IntEnum, StrEnum
from types import MappingProxyType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date, datetime


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


class RegistryAccess(StrEnum):
    """Who may use a package registry that is on: members, all who may see the GitLab project, or everyone."""

    PRIVATE = "private"
    ENABLED = "enabled"
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
class TokenRecord:
    """How a token is listed. The store gives it an `id`, by which tokens are not compared.

    Ready-made tokens have no `created_at`. A token is valid before `expires_at`, a day in UTC.
    """

    id: int = field(default=0, compare=False)
    name: str = ""
    created_at: datetime | None = None
    expires_at: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonalAccessToken:
    """A user's token. Relevant scopes: `api` (everything) and `read_api` (reading)."""

    secret: str
    user: User
    scopes: frozenset[str] = frozenset({"api"})
    expired: bool = False
    revoked: bool = False
    record: TokenRecord = TokenRecord()


@dataclass(frozen=True, slots=True, kw_only=True)
class DeployToken:
    """A token of one GitLab project: `read_package_registry` and/or `write_package_registry`."""

    secret: str
    username: str
    gitlab_project: int
    scopes: frozenset[str]
    revoked: bool = False
    record: TokenRecord = TokenRecord()

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
    record: TokenRecord = TokenRecord()


Token = PersonalAccessToken | DeployToken | JobToken
"""Tokens of any kind. A token that a store lists has an empty secret: stores keep digests only."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ProtectionRule:
    """Who may push and delete packages with a name that matches, among those who may push and delete any.

    `*` in the `pattern` stands for any characters. `push` and `delete` are `maintainer` (`push` only), `owner`,
    `admin`, or empty for no rule.
    """

    id: int
    pattern: str
    push: str = ""
    delete: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class GitLabProject:
    """A GitLab project, the owner of one package registry. `members` maps user names to roles.

    `duplicates_allowed`: a second upload of a file name replaces the first instead of being rejected.
    """

    id: int
    full_path: str
    visibility: Visibility = Visibility.PRIVATE
    packages_enabled: bool = True
    members: Mapping[str, Role] = field(default_factory=lambda: MappingProxyType({}))
    duplicates_allowed: bool = False
    registry_access: RegistryAccess = RegistryAccess.ENABLED
    protection_rules: tuple[ProtectionRule, ...] = ()
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

    @property
    def name(self) -> str:
        """The name of the user or of the deploy token, or an empty string."""
        if self.deploy_token is not None:
            return self.deploy_token.username
        return self.user.name if self.user else ""


ANONYMOUS = Caller()
