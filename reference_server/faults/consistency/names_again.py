"""Faults that keep something by the name of a file."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from reference_server.faults.fault import Fault

if TYPE_CHECKING:
    from reference_server.rendering.pages import FileLink, ProjectPage


class KeepsByName(Fault):
    """Keeps something of each file by its name."""

    def __init__(self) -> None:
        self._kept: dict[str, FileLink] = {}

    def project_page(self, page: ProjectPage) -> ProjectPage:
        return page.each(lambda file: self.mixed(self._kept.setdefault(file.filename, file), file))

    def mixed(self, kept: FileLink, file: FileLink) -> FileLink:
        """Return a file with something of the one that was kept."""
        raise NotImplementedError


class YanksKeptByName(KeepsByName):
    """Marks a file as yanked if one of its name was, before it was deleted."""

    caught_by = ("consistency.new-file-of-a-name",)

    def mixed(self, kept: FileLink, file: FileLink) -> FileLink:
        if file.url == kept.url and file.yanked is not None:
            self._kept[file.filename] = file
        return replace(file, yanked=kept.yanked) if file.url != kept.url else file


class RequiresPythonKeptByName(KeepsByName):
    """Lists the Requires-Python of the first file of a name."""

    caught_by = ("consistency.new-file-of-a-name",)

    def mixed(self, kept: FileLink, file: FileLink) -> FileLink:
        return replace(file, requires_python=kept.requires_python)
