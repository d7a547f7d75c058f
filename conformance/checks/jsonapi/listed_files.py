"""What the simple index lists, by the version of each file."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from packaging.utils import (
    InvalidSdistFilename,
    InvalidWheelFilename,
    parse_sdist_filename,
    parse_wheel_filename,
)
from packaging.version import InvalidVersion

from conformance.kit.versions import version_key

if TYPE_CHECKING:
    from packaging.version import Version

    from conformance.pages import FileLink, ProjectPage


def by_version(page: ProjectPage) -> dict[Version, list[FileLink]]:
    """Return the files of each version of a page; those whose names have no version are left out."""
    found: dict[Version, list[FileLink]] = defaultdict(list)
    for file in page.files:
        if (version := version_of(file.filename)) is not None:
            found[version].append(file)
    return dict(found)


def version_of(filename: str) -> Version | None:
    """Return the version in the name of a wheel or sdist; None without one."""
    try:
        if filename.endswith(".whl"):
            return parse_wheel_filename(filename)[1]
        return parse_sdist_filename(filename)[1]
    except (InvalidSdistFilename, InvalidWheelFilename, InvalidVersion):
        return None


def latest(page: ProjectPage) -> Version | None:
    """Return the newest version that is no pre-release, or else the newest; None for a page without versions."""
    return max(by_version(page), key=lambda version: (not version.is_prerelease, version), default=None)


def oldest(page: ProjectPage) -> tuple[str, ...]:
    """Return the oldest version, normalized; nothing for a page without versions."""
    return tuple(map(str, sorted(by_version(page))[:1]))


def same_version(one: str, other: Version | str) -> bool:
    """Tell whether two texts are the same version to PEP 440."""
    return version_key(one) == (version_key(other) if isinstance(other, str) else other)
