"""What the simple index lists, by the version of each file."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from packaging.utils import (
    InvalidSdistFilename,
    InvalidWheelFilename,
    canonicalize_name,
    parse_sdist_filename,
    parse_wheel_filename,
)
from packaging.version import InvalidVersion

from conformance.kit.versions import version_key

if TYPE_CHECKING:
    from packaging.version import Version

    from conformance.pages import FileLink, ProjectPage


def by_version(page: ProjectPage, name: str) -> dict[Version, list[FileLink]]:
    """Return the wheels and sdists of each version of a project; other files are left out."""
    found: dict[Version, list[FileLink]] = defaultdict(list)
    for file in page.files:
        if (version := version_of(file.filename, name)) is not None:
            found[version].append(file)
    return dict(found)


def version_of(filename: str, name: str) -> Version | None:
    """Return the version in the name of a project's wheel or sdist.

    Returns None for any other file: eggs, installers, and archives such as `demo-1.1-2.tar.gz`, which may be read as
    version 2 of another project.
    """
    try:
        parsed = parse_wheel_filename if filename.endswith(".whl") else parse_sdist_filename
        project, version, *_ = parsed(filename)
    except (InvalidSdistFilename, InvalidWheelFilename, InvalidVersion):
        return None
    return version if project == canonicalize_name(name) else None


def latest(page: ProjectPage, name: str) -> Version | None:
    """Return the newest version that is no pre-release, or else the newest; None for a page without versions."""
    return max(by_version(page, name), key=_age, default=None)


def latest_stated(page: ProjectPage) -> Version | None:
    """Return the same of the versions that a page states, of which some may have no files; None without any."""
    stated = (version_key(version) for version in page.versions or ())
    return max((each for each in stated if not isinstance(each, str)), key=_age, default=None)


def _age(version: Version) -> tuple[bool, Version]:
    return not version.is_prerelease, version


def oldest(page: ProjectPage, name: str) -> tuple[str, ...]:
    """Return the oldest version, normalized; nothing for a page without versions."""
    return tuple(map(str, sorted(by_version(page, name))[:1]))


def same_version(one: str, other: Version | str) -> bool:
    """Tell whether two texts are the same version to PEP 440."""
    return version_key(one) == (version_key(other) if isinstance(other, str) else other)
