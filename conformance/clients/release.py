"""The release that a file name belongs to."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from packaging.utils import parse_sdist_filename, parse_wheel_filename

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path


@dataclass(frozen=True)
class Release:
    """A project's name and version, as a project file names them, and the folder and kinds of its files."""

    name: str
    version: str
    folder: Path
    kinds: tuple[str, ...]

    @property
    def project(self) -> str:
        """The table `[project]` of its pyproject.toml."""
        return (
            f'[project]\nname = "{self.name}"\nversion = "{self.version}"\n'
            'description = "For a conformance test"\nrequires-python = ">=3.8"\n'
        )


def release_of(files: Sequence[Path]) -> Release:
    """Return the release of wheels and sdists in one folder. Raises ValueError for another file name."""
    first = files[0].name
    name, version = parse_wheel_filename(first)[:2] if first.endswith(".whl") else parse_sdist_filename(first)
    kinds = tuple("wheel" if each.suffix == ".whl" else "sdist" for each in files)
    return Release(str(name), str(version), files[0].parent.absolute(), kinds)
