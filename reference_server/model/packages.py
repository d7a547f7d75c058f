"""What is published: packages, their files, and uploads on their way in. Data only."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property
from types import MappingProxyType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from reference_server.model.blob import Blob


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
