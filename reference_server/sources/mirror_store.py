"""Where a mirror has the projects of another index."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reference_server.store.memory import MemoryStore

if TYPE_CHECKING:
    from collections.abc import Mapping

    from reference_server.model import Package, PackageFile, ProjectStatus

OWNER = 0
"""The number of no GitLab project: what is mirrored belongs to none."""


class MirrorStore(MemoryStore):
    """The projects of another index, which every GitLab project sees alike."""

    is_copy = True

    def packages(self, gitlab_project: int) -> tuple[Package, ...]:
        """Return all packages, oldest first."""
        del gitlab_project
        return super().packages(OWNER)

    def packages_named(self, gitlab_project: int, normalized: str) -> tuple[Package, ...]:
        """Return the packages of a project, oldest first."""
        del gitlab_project
        return super().packages_named(OWNER, normalized)

    def packages_of_version(self, gitlab_project: int, normalized: str, version: str) -> tuple[Package, ...]:
        """Return those with this version, in any spelling, oldest first."""
        del gitlab_project
        return super().packages_of_version(OWNER, normalized, version)

    def files_named(self, gitlab_project: int, sha256: str, filename: str) -> tuple[PackageFile, ...]:
        """Return the files with this location and this name."""
        del gitlab_project
        return super().files_named(OWNER, sha256, filename)

    def serial(self, gitlab_project: int, normalized: str | None = None) -> int:
        """Return a number that grows with every change of a project."""
        del gitlab_project
        return super().serial(OWNER, normalized)

    def serials(self, gitlab_project: int) -> Mapping[str, int]:
        """Return the serial of each project that ever changed, by normalized name."""
        del gitlab_project
        return super().serials(OWNER)

    def status(self, gitlab_project: int, normalized: str) -> ProjectStatus:
        """Return the status of a project."""
        del gitlab_project
        return super().status(OWNER, normalized)
