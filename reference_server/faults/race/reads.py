"""Faults in reads that overlap with a change."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import TYPE_CHECKING

from werkzeug import Response

from reference_server.faults.building.concurrent_uploads import (
    BUSY,
    LARGE,
    MOMENT,
    AnswersUploadsLate,
    CountsUploads,
)
from reference_server.faults.building.refused_uploads import NamedProject
from reference_server.faults.building.request_notes import NotesRequests
from reference_server.faults.building.requests import gitlab_project_of
from reference_server.faults.fault import Fault

if TYPE_CHECKING:
    from collections.abc import Iterator

    from reference_server.http.request import Request
    from reference_server.model import ProjectStatus
    from reference_server.rendering.pages import ProjectPage
    from reference_server.rules import Rules


class ListedBeforeComplete(AnswersUploadsLate):
    """Lists a file while its second half is still being written."""

    caught_by = ("race.upload-vs-read", "consistency.listed-is-downloadable")

    def respond(self, request: Request, response: Response) -> Response:
        if request.endpoint == "file" and request.arguments["sha256"] in self.arriving:
            response.data = response.data[: len(response.data) // 2]
        return super().respond(request, response)


class MetadataLater(AnswersUploadsLate):
    """Announces a metadata file a moment before it exists."""

    caught_by = ("race.metadata-with-file",)

    def respond(self, request: Request, response: Response) -> Response:
        if request.endpoint == "metadata_file" and request.arguments["sha256"] in self.arriving:
            return Response(status=404)
        return super().respond(request, response)


class PagesCutWhileWritten(AnswersUploadsLate):
    """Rewrites a page in place, so that readers see part of it."""

    caught_by = ("race.upload-vs-read",)

    def rendered(self, body: bytes) -> bytes:
        return body[: -len(body) // 4] if self.arriving else body


class YankedFilesMissing(Fault):
    """Removes a file from its page while it is being yanked."""

    caught_by = ("race.yank-vs-read",)

    def __init__(self) -> None:
        self.changing: dict[Request, str] = {}
        """The name of each file that is being yanked, by its request."""

    def handle(self, request: Request) -> Response | None:
        if request.endpoint in {"yank_file", "unyank_file"}:
            self.changing[request] = request.arguments["filename"]
            time.sleep(MOMENT)
        return None

    def respond(self, request: Request, response: Response) -> Response:
        self.changing.pop(request, None)
        return response

    def project_page(self, page: ProjectPage) -> ProjectPage:
        changing = set(self.changing.values())
        return replace(page, files=tuple(file for file in page.files if file.filename not in changing))


class DeletedFilesOverwritten(Fault):
    """Sends other bytes if a file is deleted during its download."""

    caught_by = ("race.delete-vs-download",)

    def handle(self, request: Request) -> Response | None:
        if request.endpoint.startswith("delete"):
            time.sleep(BUSY)
        return None

    def respond(self, request: Request, response: Response) -> Response:
        if request.endpoint == "file" and response.status_code == 200 and len(response.data) >= LARGE:
            response.response = self._pieces(request, response.data)
        return response

    @staticmethod
    def _pieces(request: Request, content: bytes) -> Iterator[bytes]:
        yield content[:1000]
        digest, filename = request.arguments["sha256"], request.arguments["filename"]
        until = time.monotonic() + 2 * MOMENT
        while there := request.registry.store.files_named(gitlab_project_of(request).id, digest, filename):
            if time.monotonic() > until:
                break
            time.sleep(BUSY)
        yield content[1000:] if there else bytes(len(content) - 1000)


class DownloadsShareABuffer(Fault):
    """Mixes up the bytes of a file in parallel downloads, as pypiserver was seen to."""

    incident = "pypiserver #565"
    caught_by = ("race.parallel-download",)

    def __init__(self) -> None:
        self.sending: dict[object, str] = {}
        """The name of each file that is being sent, by its response."""

    def respond(self, request: Request, response: Response) -> Response:
        if request.endpoint != "file" or response.status_code != 200 or len(response.data) < LARGE:
            return response
        filename = request.arguments["filename"]
        if filename in tuple(self.sending.values()):
            middle = len(response.data) // 2
            response.data = response.data[middle:] + response.data[:middle]
        sent = object()
        self.sending[sent] = filename
        response.call_on_close(lambda: self.sending.pop(sent, None))  # a response may be closed twice
        return response


class StatusKeptByUploads(CountsUploads, NotesRequests[NamedProject]):
    """Restores the former status of a project if an upload was running during its change."""

    caught_by = ("race.status-vs-upload",)

    def __init__(self) -> None:
        super().__init__()
        self.kept: dict[str, ProjectStatus] = {}

    def rules(self, rules: Rules) -> Rules:
        def normalize(name: str) -> str:
            normalized = rules.normalize(name)
            if project := self.noted_here:
                project.name = normalized
            return normalized

        def takes_uploads(status: ProjectStatus) -> bool:
            project = self.noted_here
            return rules.takes_uploads(self.kept.get(project.name, status) if project else status)

        return replace(rules, normalize=normalize, takes_uploads=takes_uploads)

    def note(self, request: Request) -> NamedProject:
        return NamedProject()

    def handle(self, request: Request) -> Response | None:
        if request.endpoint == "set_status":
            name = request.registry.rules.normalize(request.arguments["name"])
            self.kept.pop(name, None)
            if self.uploads:
                self.kept[name] = request.registry.status(gitlab_project_of(request), name)
        return super().handle(request)


class PagesKeptByReads(CountsUploads):
    """Answers 304 for ever if a page is revalidated while an upload is running."""

    caught_by = ("race.conditional-get",)

    def __init__(self) -> None:
        super().__init__()
        self.kept: set[tuple[str, str]] = set()

    def handle(self, request: Request) -> Response | None:
        validator = request.headers.get("If-None-Match")
        if request.endpoint == "project_page" and validator:
            if self.uploads:
                self.kept.add((request.path, validator))
            if (request.path, validator) in self.kept:
                return Response(status=304, headers={"ETag": validator})
        return super().handle(request)
