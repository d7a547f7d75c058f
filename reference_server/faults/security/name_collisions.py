"""Faults in names that collide with routes, devices or other names."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from werkzeug import Response

from reference_server.faults.building.requests import body_of
from reference_server.faults.fault import Fault

if TYPE_CHECKING:
    from reference_server.http.request import Request
    from reference_server.rendering.pages import ProjectPage, RootPage
    from reference_server.rules import Rules


class RoutesBeforeProjects(Fault):
    """Accepts a project named `json` but serves its own route instead."""

    caught_by = ("security.reserved-names",)

    def project_page(self, page: ProjectPage) -> ProjectPage:
        return replace(page, files=()) if page.normalized == "json" else page


class ProjectsBeforeRoutes(Fault):
    """Serves a project named `simple` instead of the root page."""

    caught_by = ("security.reserved-names",)

    def root_page(self, page: RootPage) -> RootPage:
        projects = tuple(project for project in page.projects if project.name == "simple")
        return replace(page, projects=projects) if projects else page


class DeviceNamesFail(Fault):
    """Fails on projects named like a device, as on Windows."""

    caught_by = ("security.reserved-names",)

    def handle(self, request: Request) -> Response | None:
        fails = request.endpoint == "upload" and b'name="name"\r\n\r\nnul\r\n' in body_of(request)
        return Response(status=500) if fails else None


class PropertyNamesFail(Fault):
    """Fails on a page of a project named like a property of every object, as JavaScript has them."""

    caught_by = ("security.reserved-names",)

    def handle(self, request: Request) -> Response | None:
        fails = request.endpoint == "project_page" and request.arguments["name"] == "constructor"
        return Response(status=500) if fails else None


class CaseFolded(Fault):
    """Stores files whose names differ only in case in one place, where the last one remains."""

    caught_by = ("security.case-collision", "gitlab.file.other-sha256-not-found")

    def rules(self, rules: Rules) -> Rules:
        return replace(rules, finds=lambda file, _sha256, filename: file.filename.lower() == filename.lower())


class CaseReplaces(Fault):
    """Replaces a file by one whose name differs only in case."""

    caught_by = ("security.case-collision",)

    def project_page(self, page: ProjectPage) -> ProjectPage:
        return replace(page, files=tuple({file.filename.lower(): file for file in page.files}.values()))
