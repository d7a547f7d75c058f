"""Faults in names that collide with routes, devices or other names."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from werkzeug import Response

from reference_server.faults.building.requests import body_of
from reference_server.faults.fault import Fault

if TYPE_CHECKING:
    from reference_server.http.request import Request
    from reference_server.model import PackageFile
    from reference_server.rendering.pages import ProjectPage, RootPage
    from reference_server.rules import Rules


class RoutesBeforeProjects(Fault):
    """Takes a project called `json`, and has a route of its own in its place."""

    caught_by = ("security.reserved-names",)

    def project_page(self, page: ProjectPage) -> ProjectPage:
        return replace(page, files=()) if page.normalized == "json" else page


class ProjectsBeforeRoutes(Fault):
    """Shows a project called `simple` in the place of the list of projects."""

    caught_by = ("security.reserved-names",)

    def root_page(self, page: RootPage) -> RootPage:
        projects = tuple(project for project in page.projects if project.name == "simple")
        return replace(page, projects=projects) if projects else page


class DeviceNamesFail(Fault):
    """Fails on projects called as a device, as on Windows."""

    caught_by = ("security.reserved-names",)

    def handle(self, request: Request) -> Response | None:
        fails = request.endpoint == "upload" and b'name="name"\r\n\r\nnul\r\n' in body_of(request)
        return Response(status=500) if fails else None


class CaseFolded(Fault):
    """Keeps files whose names differ in case alone in one place, where the last one stays."""

    caught_by = ("security.case-collision", "gitlab.file.other-sha256-not-found")

    def rules(self, rules: Rules) -> Rules:
        def finds(file: PackageFile, sha256: str, filename: str) -> bool:
            del sha256
            return file.filename.lower() == filename.lower()

        return replace(rules, finds=finds)


class CaseReplaces(Fault):
    """Takes a file whose name differs in case alone for the same one, and replaces it."""

    caught_by = ("security.case-collision",)

    def project_page(self, page: ProjectPage) -> ProjectPage:
        return replace(page, files=tuple({file.filename.lower(): file for file in page.files}.values()))
