"""Base of faults that show only in a crowd of uploads."""

from __future__ import annotations

import math
import time
from dataclasses import replace
from threading import Lock
from typing import TYPE_CHECKING

from reference_server.faults.building.concurrent_uploads import BUSY, TracksUploads
from reference_server.faults.building.requests import gitlab_project_of

if TYPE_CHECKING:
    from werkzeug import Response

    from reference_server.http.request import Request
    from reference_server.model import Package, PackageFile, Upload
    from reference_server.rules import Rules

CROWD = 9
"""How many uploads at once are a crowd: one more than any check of races sends."""

QUIET = 0.3
"""Seconds without an upload in a crowd after which the crowd has left."""

LONGER = 0.1
"""Seconds by which a request is prolonged at most, so that others come."""


class InCrowds(TracksUploads):
    """Counts the uploads that are running, and notes on each whether they were a crowd."""

    def __init__(self) -> None:
        super().__init__()
        self.count = Lock()
        self.running = 0
        self.crowded_at = -math.inf
        """When an upload last ran in a crowd, by the steady clock."""

    @property
    def is_crowded(self) -> bool:
        """Whether a crowd of uploads is running."""
        return self.running >= CROWD

    def handle(self, request: Request) -> Response | None:
        if request.endpoint == "upload":
            with self.count:
                self.running += 1
        response = super().handle(request)
        if upload := self.noted(request):
            upload.crowded = self.comes_to_a_crowd()
            if upload.crowded:
                self.crowded_at = time.monotonic()
        return response

    def comes_to_a_crowd(self) -> bool:
        """Wait a moment for others, as a busy server would be slower; tell whether there is a crowd."""
        began = time.monotonic()
        while not self.is_crowded and self.crowded_at < began and time.monotonic() < began + LONGER:
            time.sleep(BUSY)
        return self.is_crowded or self.crowded_at >= began

    def respond(self, request: Request, response: Response) -> Response:
        if request.endpoint == "upload":
            with self.count:
                self.running -= 1
        return response

    def stored_in_crowd(self, request: Request) -> tuple[Package, PackageFile] | None:
        """Return the file that an upload has stored in a crowd."""
        upload = self.noted(request)
        if upload is None or not upload.crowded:
            return None
        return next(
            (
                (package, file)
                for package in request.registry.packages(gitlab_project_of(request))
                for file in package.files
                if file.sha256 == upload.sha256 and file.id > upload.began
            ),
            None,
        )


class ForgetsFilesOfCrowds(InCrowds):
    """Remembers the files that were stored in a crowd, for what goes wrong with them afterwards."""

    def __init__(self) -> None:
        super().__init__()
        self.files: dict[int, str] = {}
        """File names by the ids of the files."""

    def respond(self, request: Request, response: Response) -> Response:
        if stored := self.stored_in_crowd(request):
            self.files[stored[1].id] = stored[1].filename
        return super().respond(request, response)


class TakesDuplicatesInCrowds(InCrowds):
    """Compares an upload in a crowd only with the files that were there when it began."""

    def rules(self, rules: Rules) -> Rules:
        def is_duplicate(existing: PackageFile, upload: Upload) -> bool:
            running = self.noted_here
            overlooked = running is not None and running.crowded and existing.id > running.began
            return not overlooked and rules.is_duplicate(existing, upload)

        return super().rules(replace(rules, is_duplicate=is_duplicate))
