"""The driver for GitLab, and the default one of a target with GitLab's API.

Source: GitLab documentation, Packages API: `GET /projects/:id/packages`, `DELETE /projects/:id/packages/:package_id`.
A package is a release, with all its files. There is an API to delete, and none to yank or to set a status.
"""

from __future__ import annotations

from itertools import chain
from typing import TYPE_CHECKING, Any, ClassVar

from packaging.utils import canonicalize_name

from conformance.target.drivers.driver import Driver, DriverSettings, Release
from conformance.target.drivers.refusals import CannotDo, NotThere
from conformance.target.gitlab import GitLab

if TYPE_CHECKING:
    from collections.abc import Sequence

    from conformance.target.drivers.driver import File
    from conformance.target.drivers.registry_api import RegistryApi


class GitLabDriver(Driver):
    """Deletes releases. It needs `api-url`, or the layout of a GitLab project."""

    requests_per_deletion: ClassVar[int] = 1
    side_by_side: ClassVar[bool] = True

    def __init__(self, api: RegistryApi, settings: DriverSettings) -> None:
        super().__init__(api, settings)
        self._gitlab = GitLab(api)
        self._ids: dict[Release, list[int]] = {}

    def delete_release(self, file: File) -> None:
        """Delete the packages with the name and version of a file: as it is spelled, else in any spelling."""
        release = Release(file.name, file.version)
        if release not in self._ids:
            self._list(file.name)
        found = (
            [release] if release in self._ids else [each for each in list(self._ids) if _same(each, release)]
        )
        if not found:
            raise NotThere(f"GitLab lists no package {file.name} {file.version}")
        for number in chain.from_iterable(
            self._ids.pop(each, ()) for each in found
        ):  # a thread may have taken it
            answer = self._gitlab.delete_package(number)
            if answer.status not in {204, 404}:
                raise CannotDo(f"GitLab refused to delete a package: {answer} {answer.excerpt(120)}".rstrip())

    def releases(self, run_id: str) -> Sequence[Release]:
        """Return the packages whose names contain the id of a run. Raises Deviation for an unexpected answer."""
        return [Release(_name(package), str(package.get("version"))) for package in self._list(run_id)]

    def _list(self, name: str) -> list[dict[str, Any]]:
        """Return the packages with some name; GitLab keeps names as they were spelled, and searches for a piece."""
        packages = self._gitlab.packages(most_pages=None, package_type="pypi", package_name=name)
        for package in packages:
            numbers = self._ids.setdefault(Release(_name(package), str(package.get("version"))), [])
            if package["id"] not in numbers:
                numbers.append(package["id"])
        return packages


def _same(one: Release, other: Release) -> bool:
    return (canonicalize_name(one.name), one.version) == (canonicalize_name(other.name), other.version)


def _name(package: dict[str, Any]) -> str:
    return str(package.get("name"))
