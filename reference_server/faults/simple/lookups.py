"""Faults in which project a name finds."""

from __future__ import annotations

import re
import unicodedata
from itertools import chain
from typing import TYPE_CHECKING

from reference_server.faults.building.requests import gitlab_project_of
from reference_server.faults.fault import Fault

if TYPE_CHECKING:
    from werkzeug import Response

    from reference_server.http.request import Request
    from reference_server.rendering.pages import FileLink, ProjectPage


class FindsByAnotherName(Fault):
    """Looks up another name than the requested one."""

    def found(self, name: str, request: Request) -> str:
        """Return the name to look up."""
        raise NotImplementedError

    def handle(self, request: Request) -> Response | None:
        if request.endpoint == "project_page":
            name = self.found(request.arguments["name"], request)
            request.arguments = {**request.arguments, "name": name}
        return None


class NamesAsPatterns(FindsByAnotherName):
    """Looks up names with LIKE, so that `%` stands for any text."""

    caught_by = ("simple.name.other-name",)

    def found(self, name: str, request: Request) -> str:
        if "%" not in name:
            return name
        pattern = re.compile(".*".join(map(re.escape, name.split("%"))))
        known = (package.normalized for package in request.registry.packages(gitlab_project_of(request)))
        return next(filter(pattern.fullmatch, known), name)


class FileNamesAsPatterns(Fault):
    """Looks up files by LIKE, so that a `_` in the name of a file stands for any letter."""

    caught_by = ("simple.file.bytes-exact",)

    def handle(self, request: Request) -> Response | None:
        if request.endpoint == "file":
            pattern = re.compile(".".join(map(re.escape, request.arguments["filename"].split("_"))))
            packages = request.registry.packages(gitlab_project_of(request))
            named = (file for package in packages for file in package.files)
            for file in filter(lambda each: pattern.fullmatch(each.filename), named):
                found = {"sha256": file.sha256, "filename": file.filename}
                request.arguments = {**request.arguments, **found}
                break
        return None


class AccentsIgnored(FindsByAnotherName):
    """Looks up names with a collation that ignores accents."""

    caught_by = ("simple.name.other-name",)

    def found(self, name: str, request: Request) -> str:
        del request
        return "".join(
            each for each in unicodedata.normalize("NFKD", name) if not unicodedata.combining(each)
        )


class SpaceAroundNamesIgnored(FindsByAnotherName):
    """Strips white space from the ends of names."""

    caught_by = ("simple.name.other-name",)

    def found(self, name: str, request: Request) -> str:
        del request
        return name.strip()


class SeparatorsAroundNamesIgnored(FindsByAnotherName):
    """Strips separators from the ends of names."""

    caught_by = ("simple.name.other-name",)

    def found(self, name: str, request: Request) -> str:
        del request
        return name.strip("-_.")


class FilesOfLongerNames(Fault):
    """Lists the files of projects whose names begin with the requested one, once their own pages were read."""

    caught_by = ("simple.name.other-name",)

    def __init__(self) -> None:
        self._files: dict[str, tuple[FileLink, ...]] = {}

    def project_page(self, page: ProjectPage) -> ProjectPage:
        self._files[page.normalized] = page.files
        longer = (
            files
            for name, files in self._files.items()
            if name.startswith(page.normalized) and name != page.normalized
        )
        return page.plus(*chain.from_iterable(longer))
