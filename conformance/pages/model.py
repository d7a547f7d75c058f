"""What a simple index says, whatever it was written in."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, kw_only=True)
class FileLink:
    """A file that a project page lists. `url` is absolute and has no fragment."""

    filename: str
    url: str
    hashes: Mapping[str, str]
    requires_python: str | None


@dataclass(frozen=True, kw_only=True)
class ProjectPage:
    """The files of one project. `where` says which answer this was read from."""

    files: tuple[FileLink, ...]
    where: str = field(compare=False)

    @property
    def filenames(self) -> frozenset[str]:
        """Every file name that is listed."""
        return frozenset(file.filename for file in self.files)

    def file(self, filename: str) -> FileLink | None:
        """Return the file of that name, or None."""
        return next((file for file in self.files if file.filename == filename), None)


@dataclass(frozen=True, kw_only=True)
class RootPage:
    """The projects of an index, as it spells them."""

    projects: tuple[str, ...]
    where: str = field(compare=False)
