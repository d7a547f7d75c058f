"""Faults in what a deletion removes."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

from reference_server.faults.building.requests import gitlab_project_of
from reference_server.faults.fault import Fault

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from werkzeug import Response

    from reference_server.http.request import Request
    from reference_server.model import GitLabProject, Package
    from reference_server.rendering.pages import RootPage


class ProjectsDeletedByPrefix(Fault):
    """Deletes with a project those whose names begin with its name, as a pattern without an end does."""

    caught_by = ("consistency.deletion-spares-others",)

    def handle(self, request: Request) -> Response | None:
        if request.endpoint == "delete_project":
            owner, name = gitlab_project_of(request), request.arguments["name"]
            for package in request.registry.packages(owner):
                if package.normalized.startswith(f"{name}-"):
                    request.registry.delete_package(owner, package.id)
        return None


class ReleasesDeletedByPrefix(Fault):
    """Deletes with a release those whose versions begin with its version."""

    caught_by = ("consistency.deletion-spares-others",)

    def handle(self, request: Request) -> Response | None:
        if request.endpoint == "delete_version":
            owner, version = gitlab_project_of(request), request.arguments["version"]
            for package in request.registry.packages(owner, name=request.arguments["name"]):
                if package.version.startswith(f"{version}."):
                    request.registry.delete_package(owner, package.id)
        return None


class ProjectUnlistedByADeletion(Fault):
    """Takes a project off the list of projects when one of its files is deleted."""

    caught_by = ("consistency.deletion-spares-others",)

    def __init__(self) -> None:
        self._off: set[str] = set()

    def handle(self, request: Request) -> Response | None:
        if request.endpoint == "delete_file":
            self._off.add(request.registry.rules.normalize(request.arguments["name"]))
        return None

    def root_page(self, page: RootPage) -> RootPage:
        return replace(page, projects=tuple(each for each in page.projects if each.name not in self._off))


class NeighboursDeletedLater(Fault):
    """Deletes half a second after a release or a project what begins alike, as a job in the background may."""

    caught_by = ("consistency.spared-to-the-end",)

    def __init__(self) -> None:
        self._due: list[tuple[datetime, GitLabProject, int]] = []

    def handle(self, request: Request) -> Response | None:
        now = request.registry.now()
        if request.endpoint in {"delete_project", "delete_version"}:
            owner = gitlab_project_of(request)
            later = now + timedelta(seconds=0.5)
            self._due += [(later, owner, package.id) for package in _neighbours(request, owner)]
        for each in [each for each in self._due if each[0] <= now]:
            self._due.remove(each)
            request.registry.delete_package(*each[1:])
        return None


def _neighbours(request: Request, owner: GitLabProject) -> Iterator[Package]:
    """Yield the packages that begin like the project or the release that a request deletes."""
    name, version = request.arguments["name"], request.arguments.get("version")
    for package in request.registry.packages(owner):
        if version is None and package.normalized.startswith(f"{name}-"):
            yield package
        if version and package.normalized == name and package.version.startswith(f"{version}."):
            yield package
