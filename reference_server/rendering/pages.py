"""The content of the simple pages, independent of their serialization. Data only."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Self

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

REPOSITORY_VERSION = "1.4"


@dataclass(frozen=True, slots=True, kw_only=True)
class FileLink:
    """A file on its project's page. `url` has no fragment; `hashes` maps algorithms to hex digests.

    `core_metadata` has the hashes of the metadata file, or states only whether there is one. `upload_time` has
    the format of JSON. `yanked` is the reason, possibly empty, or None for a file that is not yanked.
    `provenance` is an absolute URL. `attributes` are further attributes of the anchor, and `keys` further keys in
    JSON, which replace others of the same name.
    """

    filename: str
    url: str
    hashes: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    requires_python: str | None = None
    size: int | None = None
    upload_time: str | None = None
    core_metadata: Mapping[str, str] | bool | None = None
    yanked: str | None = None
    provenance: str | None = None
    attributes: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    keys: Mapping[str, Any] = field(default_factory=lambda: MappingProxyType({}))

    @property
    def href(self) -> str:
        """The URL with the first hash as its fragment."""
        return self.url + "".join(f"#{name}={digest}" for name, digest in list(self.hashes.items())[:1])

    @property
    def data(self) -> Mapping[str, str]:
        """The anchor's attributes beside `href`, in order."""
        hashes = {} if isinstance(self.core_metadata, bool) else self.core_metadata or {}
        hashed = [f"{name}={digest}" for name, digest in hashes.items()]
        values = {
            "data-requires-python": self.requires_python,
            "data-core-metadata": "true" if self.core_metadata is True else next(iter(hashed), None),
            "data-yanked": self.yanked,
            "data-provenance": self.provenance,
        }
        return {name: value for name, value in values.items() if value is not None} | dict(self.attributes)


@dataclass(frozen=True, slots=True, kw_only=True)
class ProjectPage:
    """A project's page. `name` has the spelling of the first upload; `versions` are normalized.

    `status` and `status_reason` are None if the page does not state them, and so is `serial`, the number of the last
    change. `keys` are further keys in JSON, which replace others of the same name. `url` is the page's own absolute
    URL.
    """

    name: str
    files: tuple[FileLink, ...]
    normalized: str = ""
    versions: tuple[str, ...] | None = None
    status: str | None = None
    status_reason: str | None = None
    serial: int | None = None
    repository_version: str | None = REPOSITORY_VERSION
    keys: Mapping[str, Any] = field(default_factory=lambda: MappingProxyType({}))
    url: str = ""

    def plus(self, *files: FileLink) -> Self:
        """Return the page with further files."""
        return replace(self, files=(*self.files, *files))

    def each(self, change: Callable[[FileLink], FileLink]) -> Self:
        """Return the page with every file changed."""
        return replace(self, files=tuple(map(change, self.files)))


@dataclass(frozen=True, slots=True, kw_only=True)
class ProjectLink:
    """A project on the root page.

    Only GitLab says there what a version's Requires-Python is, and only PyPI the `serial` of the last change.
    """

    name: str
    url: str
    requires_python: str | None = None
    serial: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RootPage:
    """The list of all projects of an `owner`. `serial`, `keys` and `url` are as in `ProjectPage`.

    A list that is no tuple is too long to be held.
    """

    projects: Sequence[ProjectLink]
    owner: str = ""
    serial: int | None = None
    repository_version: str | None = REPOSITORY_VERSION
    keys: Mapping[str, Any] = field(default_factory=lambda: MappingProxyType({}))
    url: str = ""

    def plus(self, *projects: ProjectLink) -> Self:
        """Return the page with further projects."""
        return replace(self, projects=(*self.projects, *projects))

    def each(self, change: Callable[[ProjectLink], ProjectLink]) -> Self:
        """Return the page with every project changed."""
        return replace(self, projects=tuple(map(change, self.projects)))
