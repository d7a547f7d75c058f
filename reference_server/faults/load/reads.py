"""Faults in what is read during a crowd of uploads, or after one."""

from __future__ import annotations

import re
import time
from dataclasses import replace
from random import Random
from typing import TYPE_CHECKING

from reference_server.faults.building.crowds import QUIET, ForgetsFilesOfCrowds, InCrowds

if TYPE_CHECKING:
    from werkzeug import Response

    from reference_server.http.request import Request
    from reference_server.rendering.pages import ProjectPage, RootPage


class ReadsInCrowds(InCrowds):
    """Prolongs reads while others publish, and knows of each whether a crowd did."""

    def __init__(self) -> None:
        super().__init__()
        self.met = object()

    def handle(self, request: Request) -> Response | None:
        response = super().handle(request)
        if request.endpoint in {"file", "project_page"}:
            request.notes[self.met] = self.running > 0 and self.comes_to_a_crowd()
        return response

    def meets_crowd(self, request: Request | None) -> bool:
        """Whether a crowd published while this was read."""
        return request is not None and bool(request.notes.get(self.met))


class GhostsInCrowds(ReadsInCrowds):
    """Lists a file that does not exist while a crowd publishes, as with names that are only reserved."""

    caught_by = ("load.only-what-was-sent", "load.one-order")

    def project_page(self, page: ProjectPage) -> ProjectPage:
        if not self.meets_crowd(self.answered_here) or not page.files:
            return page
        name = re.sub(r"-[^-]+-", "-0.reserved-", page.files[0].filename, count=1)
        return replace(page, files=(*page.files, replace(page.files[0], filename=name)))


class StaleWorker(InCrowds):
    """Answers about half of the pages from a worker that hears of nothing as long as crowds go on publishing."""

    caught_by = ("load.one-order",)

    def __init__(self) -> None:
        super().__init__()
        self.chance = Random(0)  # noqa: S311 - turns would give a form or a project to one worker for good
        self.known: dict[str, ProjectPage] = {}

    def project_page(self, page: ProjectPage) -> ProjectPage:
        if time.monotonic() > self.crowded_at + QUIET:
            self.known[page.normalized] = page
            return page
        known = self.known.setdefault(page.normalized, page)
        return page if self.chance.random() < 0.5 else known


class HtmlOfBefore(ForgetsFilesOfCrowds):
    """Leaves the files of a crowd out of pages in HTML, whose cache was not emptied."""

    caught_by = ("load.forms-agree", "load.one-order")

    def rendered(self, body: bytes) -> bytes:
        if not body.startswith(b"<"):
            return body
        left_out = [
            f">{name}<".encode() for name in self.files.copy().values()
        ]  # an upload may add one meanwhile
        lines = body.split(b"\n")
        return b"\n".join(line for line in lines if not any(each in line for each in left_out))


class ProjectsForgotten(ForgetsFilesOfCrowds):
    """Leaves the projects of a crowd out of the list of projects."""

    caught_by = ("load.project-list",)

    def __init__(self) -> None:
        super().__init__()
        self.names: set[str] = set()

    def respond(self, request: Request, response: Response) -> Response:
        if stored := self.stored_in_crowd(request):
            self.names.add(stored[0].normalized)
        return super().respond(request, response)

    def root_page(self, page: RootPage) -> RootPage:
        return replace(page, projects=tuple(each for each in page.projects if each.name not in self.names))


class BuffersMixedInCrowds(ReadsInCrowds):
    """Sends other bytes than those of the file while a crowd publishes."""

    caught_by = ("load.hash-matches", "load.one-order")

    def respond(self, request: Request, response: Response) -> Response:
        whole = request.endpoint == "file" and request.method == "GET" and response.status_code == 200
        if whole and self.meets_crowd(request):
            response.data = response.data[:-1] + b"\xff"
        return super().respond(request, response)
