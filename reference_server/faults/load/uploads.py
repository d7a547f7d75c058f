"""Faults in what becomes of uploads in a crowd."""

from __future__ import annotations

import time
from dataclasses import replace
from itertools import count
from threading import Lock
from typing import TYPE_CHECKING

from werkzeug import Response

from reference_server.faults.building.concurrent_uploads import LosesFiles
from reference_server.faults.building.crowds import (
    CROWD,
    QUIET,
    ForgetsFilesOfCrowds,
    InCrowds,
    TakesDuplicatesInCrowds,
)
from reference_server.faults.building.requests import gitlab_project_of

if TYPE_CHECKING:
    from reference_server.http.request import Request
    from reference_server.model import PackageFile
    from reference_server.rendering.pages import ProjectPage
    from reference_server.rules import Rules

CHECKPOINT = 40
"""How many uploads of crowds there are between two times at which all of them wait."""


class ConnectionsExhausted(InCrowds):
    """Fails an upload in a crowd, as with too small a pool of connections to the database."""

    caught_by = ("load.no-server-error",)

    def handle(self, request: Request) -> Response | None:
        response = super().handle(request)
        upload = self.noted(request)
        if upload and upload.crowded:
            return Response("no connection left", status=500, content_type="text/plain")
        return response


class CrowdedOut(InCrowds):
    """Refuses one upload of a crowd as if its name were taken."""

    caught_by = ("load.new-files-accepted",)

    def handle(self, request: Request) -> Response | None:
        last = request.endpoint == "upload" and self.running == CROWD - 1
        response = super().handle(request)
        return Response("name is taken", status=400, content_type="text/plain") if last else response


class WritersStarved(InCrowds):
    """Lets uploads of a crowd wait while others read, as a lock that prefers readers does."""

    caught_by = ("load.writers-not-starved",)

    def __init__(self, *, seconds: float = 8.0) -> None:
        super().__init__()
        self.seconds = seconds

    def handle(self, request: Request) -> Response | None:
        response = super().handle(request)
        upload = self.noted(request)
        if upload and upload.crowded:
            self.wait()
        return response

    def wait(self) -> None:
        """Let an upload wait."""
        time.sleep(self.seconds)


class LostInCrowds(InCrowds, LosesFiles):
    """Loses a file that was stored while a crowd published to its project."""

    caught_by = ("load.accepted-is-listed", "load.one-order")

    def respond(self, request: Request, response: Response) -> Response:
        upload = self.noted(request)
        if upload and upload.crowded:
            self.lost |= {file.id for _, file in self.overlapping(request)}
        return super().respond(request, response)


class AcknowledgedThenGone(ForgetsFilesOfCrowds):
    """Accepts the files of a crowd, lists them, and cannot find them afterwards."""

    caught_by = ("load.accepted-is-served", "load.one-order")

    def rules(self, rules: Rules) -> Rules:
        def finds(file: PackageFile, sha256: str, filename: str) -> bool:
            return file.id not in self.files and rules.finds(file, sha256, filename)

        return super().rules(replace(rules, finds=finds))


class TwoWinnersInCrowds(TakesDuplicatesInCrowds):
    """Accepts several files of one name from a crowd, and keeps the last one."""

    caught_by = ("load.one-winner", "load.one-order")

    def project_page(self, page: ProjectPage) -> ProjectPage:
        return replace(page, files=tuple({file.filename: file for file in page.files}.values()))


class WritersCheckpointed(WritersStarved):
    """Lets the uploads of a crowd wait for one of them, as a database does that writes its log back meanwhile."""

    caught_by = ("load.writers-not-starved",)

    def __init__(self, *, seconds: float = 8.0) -> None:
        super().__init__(seconds=seconds)
        self.writing = Lock()
        self.uploads = count(1)

    def wait(self) -> None:
        """Let an upload wait for the others, and one of them for the log."""
        with self.writing:
            if next(self.uploads) % CHECKPOINT == 0:
                super().wait()


class LostInCreation(InCrowds, LosesFiles):
    """Loses a file of a project that a crowd creates, as each of them writes the first page of it."""

    caught_by = ("load.accepted-is-listed", "load.one-order")

    def respond(self, request: Request, response: Response) -> Response:
        upload, stored = self.noted(request), self.stored_in_crowd(request)
        if upload and stored:
            packages = request.registry.packages(gitlab_project_of(request), name=stored[0].normalized)
            files = [file.id for package in packages for file in package.files]
            if min(files) > upload.began:
                self.lost |= {each for each in files if each < stored[1].id}
        return super().respond(request, response)


class DroppedAfterwards(ForgetsFilesOfCrowds):
    """Lists the files of a crowd as long as it publishes, and drops them once the page is written again."""

    caught_by = ("load.accepted-is-listed", "load.one-order")

    def project_page(self, page: ProjectPage) -> ProjectPage:
        if time.monotonic() <= self.crowded_at + QUIET:
            return page
        dropped = {*self.files.copy().values()}
        return replace(page, files=tuple(each for each in page.files if each.filename not in dropped))


class FirstOfTwoWinners(TakesDuplicatesInCrowds):
    """Accepts several files of one name from a crowd, and keeps the first one."""

    caught_by = ("load.one-winner", "load.one-order")

    def project_page(self, page: ProjectPage) -> ProjectPage:
        return replace(page, files=tuple({file.filename: file for file in reversed(page.files)}.values()))
