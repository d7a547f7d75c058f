"""What the simple pages say, whatever they are written in. Data only."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

REPOSITORY_VERSION = "1.0"


@dataclass(frozen=True, slots=True, kw_only=True)
class FileLink:
    """A file on its project's page. `url` has no fragment; `hashes` maps algorithms to hex digests.

    `attributes` are further attributes of the anchor.
    """

    filename: str
    url: str
    hashes: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    requires_python: str | None = None
    attributes: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))

    @property
    def href(self) -> str:
        """The URL with the first hash as its fragment."""
        return self.url + "".join(f"#{name}={digest}" for name, digest in list(self.hashes.items())[:1])


@dataclass(frozen=True, slots=True, kw_only=True)
class ProjectPage:
    """A project's page. `name` is spelled as its first upload spelled it."""

    name: str
    files: tuple[FileLink, ...]
    repository_version: str | None = REPOSITORY_VERSION

    def plus(self, *files: FileLink) -> Self:
        """Give the page with further files."""
        return replace(self, files=(*self.files, *files))

    def each(self, change: Callable[[FileLink], FileLink]) -> Self:
        """Give the page with every file changed."""
        return replace(self, files=tuple(map(change, self.files)))


@dataclass(frozen=True, slots=True, kw_only=True)
class ProjectLink:
    """A project on the root page."""

    name: str
    url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RootPage:
    """The list of all projects."""

    projects: tuple[ProjectLink, ...]
    repository_version: str | None = REPOSITORY_VERSION

    def plus(self, *projects: ProjectLink) -> Self:
        """Give the page with further projects."""
        return replace(self, projects=(*self.projects, *projects))

    def each(self, change: Callable[[ProjectLink], ProjectLink]) -> Self:
        """Give the page with every project changed."""
        return replace(self, projects=tuple(map(change, self.projects)))
