"""Faults in which projects and files are listed, and in the bytes of files."""

from __future__ import annotations

import gzip
from dataclasses import replace
from typing import TYPE_CHECKING

from werkzeug import Response

from reference_server.faults.fault import Fault
from reference_server.rules.negotiation import SIMPLE_JSON

if TYPE_CHECKING:
    from reference_server.http.request import Request
    from reference_server.rendering.pages import RootPage
    from reference_server.rules import Rules


class SdistsUnpacked(Fault):
    """Decompresses sdists as it serves them, as proxies that mistake gzip for a coding do."""

    caught_by = (
        "simple.file.bytes-exact",
        "simple.html.hash.correct",
        "simple.json.file.hashes.correct",
        "simple.json.file.size",
        "gitlab.file.bytes-exact",
        "clients.twine.bytes",
    )

    def respond(self, request: Request, response: Response) -> Response:
        if request.endpoint == "file" and request.path.endswith(".tar.gz") and response.status_code == 200:
            response.data = gzip.decompress(response.data)
        return response


class EveryUploadListed(Fault):
    """Accepts every upload of a file name, and lists them all."""

    caught_by = (
        "simple.file.immutable",
        "gitlab.duplicate.refused",
        "gitlab.duplicate.message",
        "gitlab.duplicate.other-content-refused",
        "clients.twine.duplicate-fails",
        "clients.twine.duplicate-message",
    )

    def rules(self, rules: Rules) -> Rules:
        return replace(rules, duplicates="add")


class UnknownProjectsEmptyInJson(Fault):
    """Answers 200 with an empty page in JSON for a project that does not exist."""

    caught_by = ("simple.project.unknown-404", "simple.project.no-files", "http.errors-status")

    def respond(self, request: Request, response: Response) -> Response:
        wants_json = request.headers.get("Accept") == SIMPLE_JSON
        if request.endpoint == "project_page" and wants_json and b"Package Not Found" in response.data:
            body = f'{{"meta":{{"api-version":"1.4"}},"name":"{request.arguments["name"]}","versions":[],"files":[]}}'
            return Response(body, content_type=SIMPLE_JSON)
        return response


class EmptiedProjectsFail(Fault):
    """Returns a server error for a project whose files were all deleted."""

    caught_by = ("simple.project.emptied-no-error", "gitlab.rest.delete-package")

    def __init__(self) -> None:
        self._served: set[tuple[str, str]] = set()

    def respond(self, request: Request, response: Response) -> Response:
        if request.endpoint != "project_page":
            return response
        arguments = request.arguments
        project = (arguments["gitlab_project"], request.registry.rules.normalize(arguments["name"]))
        if response.status_code == 200:
            self._served.add(project)
        elif b"Package Not Found" in response.data and project in self._served:
            return Response("500 Internal Server Error", status=500)
        return response


class RootMissing(Fault):
    """Answers 404 for the list of projects, as registries do that serve the pages of projects only."""

    caught_by = ("simple.root.served",)

    def respond(self, request: Request, response: Response) -> Response:
        if request.endpoint == "root_page" and response.status_code == 200:
            return Response("404 Not Found", status=404)
        return response


class RootEndsEarly(Fault):
    """Lists only the first two projects, as an unfinished pagination does."""

    caught_by = ("simple.root.lists-uploads",)

    def root_page(self, page: RootPage) -> RootPage:
        return replace(page, projects=page.projects[:2])


class InheritedProjectsInJson(Fault):
    """Lists the projects of another index in JSON only."""

    caught_by = ("simple.root.agrees-across-types",)

    def rendered(self, body: bytes) -> bytes:
        return body.replace(b'"projects":[', b'"projects":[{"name":"inherited"},', 1)
