"""Faults in which a provenance object is not that of its file, or open to everyone."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from werkzeug import Response

from reference_server.faults.building.requests import gitlab_project_of
from reference_server.faults.fault import Fault

if TYPE_CHECKING:
    from reference_server.http.request import Request
    from reference_server.rendering.pages import ProjectPage


class ProvenanceGoneWithTheYank(Fault):
    """Links to no provenance object of a yanked file."""

    caught_by = ("provenance.after-yank",)

    def project_page(self, page: ProjectPage) -> ProjectPage:
        return page.each(lambda file: file if file.yanked is None else replace(file, provenance=None))


class ProvenanceKeptByName(Fault):
    """Keeps provenance objects by the names of their files, whatever becomes of these."""

    caught_by = ("provenance.of-new-file",)

    def __init__(self) -> None:
        self._kept: dict[str, bytes] = {}

    def respond(self, request: Request, response: Response) -> Response:
        if request.endpoint != "provenance":
            return response
        if response.status_code == 200:
            self._kept[request.path] = response.get_data()
        elif response.status_code == 404 and request.path in self._kept:
            return Response(self._kept[request.path], content_type="application/json")
        return response


class ProvenanceForEveryone(Fault):
    """Serves provenance objects without credentials."""

    caught_by = ("provenance.same-auth",)

    def respond(self, request: Request, response: Response) -> Response:
        if request.endpoint != "provenance" or response.status_code != 401:
            return response
        arguments = request.arguments
        file = request.registry.file_of(
            gitlab_project_of(request), arguments["name"], arguments["version"], arguments["filename"]
        )
        return Response(file.provenance or b"{}", content_type="application/json")
