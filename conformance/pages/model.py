"""What a simple index says, whatever it was written in."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

HTML_V1 = "application/vnd.pypi.simple.v1+html"
JSON_V1 = "application/vnd.pypi.simple.v1+json"
TEXT_HTML = "text/html"


@dataclass(frozen=True, kw_only=True, slots=True)
class FileLink:
    """A file that a project page lists.

    `url` is absolute and has no fragment; `raw` is everything the page says about the file, as it says it:
    an anchor's attributes, or a JSON object. What is absent is None. `yanked` is True without a reason;
    `core_metadata` is True without a hash, else the hashes.
    """

    filename: str
    url: str
    hashes: Mapping[str, str]
    requires_python: str | None
    yanked: str | bool | None = None
    core_metadata: Mapping[str, str] | bool | None = None
    provenance: str | None = None
    gpg_sig: bool | None = None
    size: int | None = None
    upload_time: str | None = None
    raw: Mapping[str, Any] = field(default_factory=dict, compare=False)


@dataclass(frozen=True, kw_only=True)
class ProjectPage:
    """The files of one project. `where` says which answer this was read from."""

    files: tuple[FileLink, ...]
    where: str = field(compare=False)
    name: str | None = None
    api_version: str | None = None
    versions: tuple[str, ...] | None = None
    status: str | None = None
    status_reason: str | None = None

    @property
    def filenames(self) -> frozenset[str]:
        """Every file name that is listed."""
        return frozenset(file.filename for file in self.files)

    def file(self, filename: str) -> FileLink | None:
        """Return the file of that name, or None."""
        return self._by_filename.get(filename)

    @cached_property
    def _by_filename(self) -> Mapping[str, FileLink]:
        """The files by name; the first of two files of one name counts."""
        return {file.filename: file for file in reversed(self.files)}


@dataclass(frozen=True, kw_only=True, slots=True)
class ProjectLink:
    """A project that a root page lists: its name as the page spells it; in HTML, the absolute URL of its page."""

    name: str
    url: str | None = None
    raw: Mapping[str, Any] = field(default_factory=dict, compare=False)


@dataclass(frozen=True, kw_only=True)
class RootPage:
    """The projects of an index."""

    projects: Sequence[ProjectLink]
    where: str = field(compare=False)
    api_version: str | None = None
    spelled: Sequence[str] = field(default=(), compare=False)
    """The names of a packed list."""

    @property
    def is_packed(self) -> bool:
        """Whether the list is long, and its projects are read when they are asked for."""
        return not isinstance(self.projects, tuple)

    @property
    def names(self) -> Sequence[str]:
        """The projects' names, as the page spells them; of a long list each is read when it is asked for."""
        return self.spelled if self.is_packed else tuple(project.name for project in self.projects)
