"""Packages, their files, and uploads. Data only."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property
from types import MappingProxyType
from typing import TYPE_CHECKING

from reference_server.model.blob import Blob

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime


class Status(StrEnum):
    """A project's status. Source: PyPA "Project status markers"."""

    ACTIVE = "active"
    ARCHIVED = "archived"
    QUARANTINED = "quarantined"
    DEPRECATED = "deprecated"

    @classmethod
    def _missing_(cls, value: object) -> None:
        raise ValueError(f"no project has the status {value!r}; choose {', '.join(cls)}")


@dataclass(frozen=True, slots=True, kw_only=True)
class ProjectStatus:
    """A project's status, with an optional reason."""

    status: Status = Status.ACTIVE
    reason: str | None = None


ACTIVE = ProjectStatus()


@dataclass(frozen=True)
class CoreMetadata:
    """The unchanged metadata file of a distribution."""

    document: bytes

    @cached_property
    def sha256(self) -> str:
        """The document's digest, in hex."""
        return hashlib.sha256(self.document).hexdigest()


@dataclass(frozen=True, slots=True, kw_only=True)
class PackageFile:
    """One stored distribution file. `digests` maps `sha256`, `md5`, `blake2_256` to hex.

    `core_metadata` is served next to the file. `yanked` is the reason, possibly empty, or None for a file that
    is not yanked. `provenance` is a provenance object in JSON. `published_by` names a user or a deploy token.
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
    published_by: str | None = None

    @property
    def size(self) -> int:
        """The number of bytes."""
        return self.blob.size

    @property
    def sha256(self) -> str:
        """The digest in the file's URL."""
        return self.digests["sha256"]

    @property
    def listed_size(self) -> int | None:
        """The size on the project's page."""
        return self.size

    @property
    def listed_time(self) -> datetime | None:
        """The time of the upload on the project's page."""
        return self.created_at

    @property
    def listed_metadata(self) -> Mapping[str, str] | bool | None:
        """What the project's page says of the metadata file: its hashes, or only whether there is one."""
        return {"sha256": self.core_metadata.sha256} if self.core_metadata else None

    @property
    def lists_provenance(self) -> bool:
        """Whether the project's page has a link to a provenance object."""
        return bool(self.provenance)


NOT_FETCHED = Blob(b"", 0, MappingProxyType({}))
"""The content of a file that another index still has."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedFile(PackageFile):
    """A file as another index lists it. What that index does not state is None.

    `url` is its address there, and `stated_provenance` that of its provenance object. `location` takes the place of the
    sha256 in URLs: it is the stated sha256, or else the sha256 of `url`.
    """

    url: str = ""
    location: str
    stated_size: int | None = None
    stated_time: datetime | None = None
    stated_metadata: Mapping[str, str] | bool | None = None
    stated_provenance: str | None = None

    @property
    def is_fetched(self) -> bool:
        """Whether its content is here."""
        return self.blob is not NOT_FETCHED

    @property
    def sha256(self) -> str:
        """The digest in the file's URL."""
        return self.location

    @property
    def listed_size(self) -> int | None:
        """The size on the project's page."""
        return self.size if self.is_fetched else self.stated_size

    @property
    def listed_time(self) -> datetime | None:
        """The time of the upload on the project's page."""
        return self.stated_time

    @property
    def listed_metadata(self) -> Mapping[str, str] | bool | None:
        """What the project's page says of the metadata file: its hashes, or only whether there is one."""
        return {"sha256": self.core_metadata.sha256} if self.core_metadata else self.stated_metadata

    @property
    def lists_provenance(self) -> bool:
        """Whether the project's page has a link to a provenance object."""
        return bool(self.provenance or self.stated_provenance)


@dataclass(frozen=True, slots=True, kw_only=True)
class Package:
    """One version of one project. `name` and `version` have the spelling of the first upload."""

    id: int
    gitlab_project: int
    name: str
    normalized: str
    version: str
    created_at: datetime
    files: tuple[PackageFile, ...] = ()

    @property
    def published_by(self) -> str:
        """Who published the first file of a known publisher; empty where there is none."""
        return next((file.published_by for file in self.files if file.published_by), "")


@dataclass(frozen=True, slots=True, kw_only=True)
class Upload:
    """An upload. `digests` are those in the form, by algorithm.

    `fields` has every text field of the form, known or unknown, with all its values. `core_metadata` comes from
    the archive. `published_by` names a user or a deploy token.
    """

    name: str
    version: str
    filename: str
    blob: Blob
    requires_python: str | None = None
    digests: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    fields: Mapping[str, tuple[str, ...]] = field(default_factory=lambda: MappingProxyType({}))
    core_metadata: CoreMetadata | None = None
    published_by: str | None = None
