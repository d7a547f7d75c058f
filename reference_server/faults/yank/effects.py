"""Faults in what yanking changes."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from werkzeug import Response

from reference_server.faults.building.request_notes import NotesRequests
from reference_server.faults.building.requests import gitlab_project_of
from reference_server.faults.building.upload_forms import text_of
from reference_server.faults.fault import Fault
from reference_server.http.json_responses import refusal
from reference_server.model.errors import PackageNotFoundError

if TYPE_CHECKING:
    from reference_server.http.request import Request
    from reference_server.rendering.pages import FileLink, ProjectPage
    from reference_server.rules import Rules


class YankedFilesUnlisted(Fault):
    """Removes yanked files from their page, as if they were deleted."""

    caught_by = (
        "yank.still-listed",
        "yank.project-still-listed",
        "metadata.after-yank",
    )

    def rules(self, rules: Rules) -> Rules:
        return replace(rules, lists=lambda file: file.yanked is None)


class YankedFilesGone(Fault):
    """Lists yanked files but no longer serves them."""

    caught_by = ("yank.still-downloadable",)

    def handle(self, request: Request) -> Response | None:
        if request.endpoint != "file":
            return None
        packages = request.registry.packages(gitlab_project_of(request))
        wanted = request.arguments["sha256"]
        files = (file for package in packages for file in package.files if file.sha256 == wanted)
        return refusal(PackageNotFoundError()) if any(file.yanked is not None for file in files) else None


class UploadsEndYanks(NotesRequests[tuple[str, str]]):
    """Takes back the yank of a version when a further file of it is uploaded."""

    caught_by = ("yank.survives-upload",)
    acts_on = ("upload",)

    def note(self, request: Request) -> tuple[str, str]:
        """Return the name and the version in the form; empty for another request."""
        return (
            (text_of(request, "name"), text_of(request, "version"))
            if request.endpoint == "upload"
            else ("", "")
        )

    def respond(self, request: Request, response: Response) -> Response:
        name, version = self.noted(request) or ("", "")
        if name and response.status_code == 201:
            owner = gitlab_project_of(request).id
            request.registry.unyank(name, version=version, gitlab_project=owner)
        return response


class YankedProjectsUnlisted(Fault):
    """Leaves projects whose files are all yanked off the list of projects in HTML."""

    caught_by = ("yank.project-still-listed",)
    acts_on = ("root_page",)

    def respond(self, request: Request, response: Response) -> Response:
        if request.endpoint != "root_page" or response.mimetype != "text/html":
            return response
        for package in request.registry.packages(gitlab_project_of(request)):
            if all(file.yanked is not None for file in package.files):
                link = f'<a href="{request.registry.rules.normalize(package.name)}/">'
                response.data = re.sub(re.escape(link.encode()) + rb".*?</a>", b"", response.data)
        return response


class YankForGood(Fault):
    """Reports an unyank as done, and keeps the file yanked."""

    caught_by = ("yank.unyank",)

    def handle(self, request: Request) -> Response | None:
        return Response(status=204) if request.endpoint in {"unyank_file", "unyank_version"} else None


class YanksSpreadDownThePage(Fault):
    """Marks each file with the yank of the latest file above it that has one, as a variable left over from a loop."""

    incident = "warehouse #8549"
    caught_by = ("yank.other-versions", "yank.html.attribute", "yank.per-file", "yank.unyank")

    def project_page(self, page: ProjectPage) -> ProjectPage:
        marked: list[FileLink] = []
        for file in page.files:
            above = marked[-1].yanked if marked else None
            marked.append(file if file.yanked is not None else replace(file, yanked=above))
        return replace(page, files=tuple(marked))


class YanksMakeFilesNew(Fault):
    """States the time of the yank as the upload time of a yanked file."""

    caught_by = ("yank.upload-time-kept",)

    def project_page(self, page: ProjectPage) -> ProjectPage:
        return page.each(
            lambda file: (
                file if file.yanked is None else replace(file, upload_time="2099-01-01T00:00:00.000000Z")
            )
        )


class YankedFilesWithoutHash(Fault):
    """Leaves the hash of yanked files out of their links."""

    caught_by = ("yank.link-kept",)

    def project_page(self, page: ProjectPage) -> ProjectPage:
        return page.each(lambda file: file if file.yanked is None else replace(file, hashes={}))


class YankedFilesWithoutRequiresPython(Fault):
    """Leaves the Requires-Python of yanked files out of their links."""

    caught_by = ("yank.link-kept",)

    def project_page(self, page: ProjectPage) -> ProjectPage:
        return page.each(lambda file: file if file.yanked is None else replace(file, requires_python=None))


class FirstReasonKept(Fault):
    """Gives the reason of the first yank that had one, whatever came after."""

    caught_by = ("yank.reason-renewed",)

    def __init__(self) -> None:
        self._first: dict[str, str] = {}

    def project_page(self, page: ProjectPage) -> ProjectPage:
        return page.each(
            lambda file: (
                replace(file, yanked=self._first.setdefault(file.filename, file.yanked))
                if file.yanked
                else file
            )
        )
