"""Faults in what an upload leaves behind, or undoes."""

from __future__ import annotations

from dataclasses import replace
from threading import local
from typing import TYPE_CHECKING

from reference_server.faults import Fault
from reference_server.faults.reading import gitlab_project_of
from reference_server.rendering.pages import ProjectLink

if TYPE_CHECKING:
    from werkzeug import Response

    from reference_server.http.request import Request
    from reference_server.rendering.pages import ProjectPage, RootPage
    from reference_server.rules import Rules


class _Named(Fault):
    """Knows the project of the upload that a thread of the server is at."""

    def __init__(self) -> None:
        self.here = local()

    def rules(self, rules: Rules) -> Rules:
        def valid_name(name: str) -> bool:
            self.here.name = rules.normalize(name)
            return rules.valid_name(name)

        return replace(rules, valid_name=valid_name)

    def handle(self, request: Request) -> Response | None:
        del request
        self.here.name = None
        return None


class _Left(_Named):
    """Remembers the projects of uploads that were refused."""

    def __init__(self) -> None:
        super().__init__()
        self.left: dict[str, None] = {}

    def respond(self, request: Request, response: Response) -> Response:
        if request.endpoint == "upload" and response.status_code >= 400 and self.here.name:
            self.left[self.here.name] = None
        return response


class RefusedProjectsListed(_Left):
    """Creates the project before it looks at the file, and leaves it on the root page."""

    caught_by = ("consistency.no-ghosts",)

    def root_page(self, page: RootPage) -> RootPage:
        there = {project.name for project in page.projects}
        return page.plus(*(ProjectLink(name=name, url=f"{name}/") for name in self.left if name not in there))


class TemporaryNamesListed(_Left):
    """Leaves the temporary file of a refused upload in the folder that it lists."""

    caught_by = ("consistency.no-ghosts", "consistency.state-machine")

    def project_page(self, page: ProjectPage) -> ProjectPage:
        if page.normalized not in self.left:
            return page
        return page.plus(*(replace(file, filename=f".tmp-{file.filename}") for file in page.files[:1]))


class YanksForgotten(Fault):
    """Takes back every yank with the next upload, taken or refused."""

    caught_by = ("consistency.state-machine",)

    def handle(self, request: Request) -> Response | None:
        if request.endpoint == "upload":
            owner = gitlab_project_of(request)
            for package in request.registry.packages(owner):
                if package.files:
                    request.registry.unyank(package.normalized, gitlab_project=owner.id)
        return None
