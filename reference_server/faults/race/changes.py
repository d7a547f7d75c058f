"""Faults in changes of a version that meet an upload to it."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import TYPE_CHECKING

from reference_server.faults.building.request_notes import NotesRequests
from reference_server.faults.building.requests import gitlab_project_of
from reference_server.faults.building.upload_forms import text_of
from reference_server.model.errors import RegistryError

if TYPE_CHECKING:
    from werkzeug import Response

    from reference_server.http.request import Request
    from reference_server.model import Package


WRITING = 0.05
"""Seconds between reading and writing back: the other request ends meanwhile, on a busy machine, too."""


class _WritesBack(NotesRequests["tuple[Package, ...]"]):
    """Reads the versions of a project when a request begins, and has them in mind when it ends."""

    def note(self, request: Request) -> tuple[Package, ...]:
        """Return the versions of the project."""
        name = self.project_of(request)
        try:
            return request.registry.packages(gitlab_project_of(request), name=name) if name else ()
        except RegistryError:  # there is no such GitLab project
            return ()

    def project_of(self, request: Request) -> str:
        """Return the name of the project that a request changes; empty for another request."""
        raise NotImplementedError

    def handle(self, request: Request) -> Response | None:
        super().handle(request)
        if self.noted(request):
            time.sleep(WRITING)
        return None


class DeletionsUndoneByUploads(_WritesBack):
    """Writes back the files of a version that were there when an upload to it began, deleted ones included."""

    caught_by = ("race.delete-vs-upload",)

    def project_of(self, request: Request) -> str:
        return text_of(request, "name") if request.endpoint == "upload" else ""

    def respond(self, request: Request, response: Response) -> Response:
        store = request.registry.store
        for before in (self.noted(request) or ()) if response.status_code == 201 else ():
            now = store.package(before.id)
            if now is not None:
                there = {file.id for file in now.files}
                gone = tuple(file for file in before.files if file.id not in there)
                store.put_package(replace(now, files=(*now.files, *gone)))
        return response


class UploadsUndoneByYanks(_WritesBack):
    """Writes back the files of a version that were there when a yank began, without those that came meanwhile."""

    caught_by = ("race.yank-vs-upload",)

    def project_of(self, request: Request) -> str:
        return str(request.arguments["name"]) if request.endpoint in {"yank_file", "yank_version"} else ""

    def respond(self, request: Request, response: Response) -> Response:
        store = request.registry.store
        for before in self.noted(request) or ():
            now = store.package(before.id)
            if now is not None:
                there = {file.id for file in before.files}
                store.put_package(replace(now, files=tuple(file for file in now.files if file.id in there)))
        return response
