"""Faults that list what was never stored."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from reference_server.faults.building.refused_uploads import _Left
from reference_server.rendering.pages import ProjectLink

if TYPE_CHECKING:
    from reference_server.rendering.pages import ProjectPage, RootPage


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
