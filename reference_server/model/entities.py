"""What the registry knows about: GitLab projects, people, tokens, packages and files. Data only."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from enum import IntEnum, StrEnum
from functools import cached_property
from types import MappingProxyType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from reference_server.model.blob import Blob


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


class Status(StrEnum):
    """A project's status. Source: PyPA "Project status markers"."""

    ACTIVE = "active"
    ARCHIVED = "archived"
    QUARANTINED = "quarantined"
    DEPRECATED = "deprecated"


@dataclass(frozen=True, slots=True, kw_only=True)
class ProjectStatus:
    """A project's status, and why it has it, where somebody said so."""

    status: Status = Status.ACTIVE
    reason: str | None = None


ACTIVE = ProjectStatus()


@dataclass(frozen=True)
class CoreMetadata:
    """The metadata file of a distribution, as the distribution holds it."""

    document: bytes

    @cached_property
    def sha256(self) -> str:
        """The document's digest, in hex."""
        return hashlib.sha256(self.document).hexdigest()


@dataclass(frozen=True, slots=True, kw_only=True)
class PackageFile:
    """One stored distribution file. `digests` maps `sha256`, `md5`, `blake2_256` to hex.

    `core_metadata` is what is served next to the file; `yanked` is the reason, which may be empty, and
    None for a file that is not yanked; `provenance` is a provenance object in JSON.
    """

    id: int
    package_id: int
    filename: str
    digests: Mapping[str, str]
    requires_python: str | None
    created_at: datetime
    blob: Blob
    core_metadata: CoreMetadata | None = None
    yanked: str | None = None
    provenance: bytes | None = None

    @property
    def size(self) -> int:
        """The number of bytes."""
        return self.blob.size

    @property
    def sha256(self) -> str:
        """The digest that names the file in its URL."""
        return self.digests["sha256"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Package:
    """One version of one project. `name` and `version` are spelled as the first upload spelled them."""

    id: int
    gitlab_project: int
    name: str
    normalized: str
    version: str
    created_at: datetime
    files: tuple[PackageFile, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Upload:
    """A distribution on its way in. `digests` is what the client claims, by algorithm.

    `fields` holds every text field of the form, each with all its values, known or not. `core_metadata` is
    what the registry found in the archive.
    """

    name: str
    version: str
    filename: str
    blob: Blob
    requires_python: str | None = None
    digests: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    fields: Mapping[str, tuple[str, ...]] = field(default_factory=lambda: MappingProxyType({}))
    core_metadata: CoreMetadata | None = None
