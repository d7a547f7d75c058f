"""Faults that list what was never stored."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from reference_server.faults.building.refused_uploads import RemembersRefusedUploads
from reference_server.rendering.pages import ProjectLink

if TYPE_CHECKING:
    from reference_server.rendering.pages import ProjectPage, RootPage


class RefusedProjectsListed(RemembersRefusedUploads):
    """Creates the project before it checks the file, and leaves it on the root page."""

    caught_by = ("consistency.no-ghosts",)

    def root_page(self, page: RootPage) -> RootPage:
        listed = {project.name for project in page.projects}
        missing = (name for name in self.refused if name not in listed)
        return page.plus(*(ProjectLink(name=name, url=f"{name}/") for name in missing))


class TemporaryNamesListed(RemembersRefusedUploads):
    """Lists the temporary file that a rejected upload leaves behind."""

    caught_by = ("consistency.no-ghosts", "consistency.state-machine")

    def project_page(self, page: ProjectPage) -> ProjectPage:
        if page.normalized not in self.refused:
            return page
        return page.plus(*(replace(file, filename=f".tmp-{file.filename}") for file in page.files[:1]))
