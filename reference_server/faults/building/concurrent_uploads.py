"""Bases of faults that show only while requests overlap.

Some wait a few milliseconds where a slower server would be busy, so that requests do overlap.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from threading import Lock
from typing import TYPE_CHECKING

from reference_server.faults.building.request_notes import NotesRequests
from reference_server.faults.building.requests import gitlab_project_of
from reference_server.faults.fault import Fault

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from werkzeug import Response

    from reference_server.http.request import Request
    from reference_server.model import Package, PackageFile, Upload
    from reference_server.rules import Rules

BUSY = 0.012
"""Seconds by which a request is prolonged, so that others overlap with it."""

MOMENT = 0.2
"""Seconds for which something stays half done: long enough for another request to see it on a busy machine."""

LARGE = 50_000
"""Bytes from which a file is sent in several pieces."""


@dataclass
class RunningUpload:
    """An upload: the number of the last row when it began, and the digest of the file once it is stored.

    `crowded` says whether many others were running then.
    """

    began: int
    sha256: str = ""
    crowded: bool = False


class TracksUploads(NotesRequests["RunningUpload | None"]):
    """Notes when each upload began and what it stored."""

    def __init__(self) -> None:
        self.lock = Lock()

    def rules(self, rules: Rules) -> Rules:
        def recorded(claimed: Mapping[str, str], actual: Mapping[str, str]) -> Mapping[str, str]:
            if upload := self.noted_here:
                upload.sha256 = actual["sha256"]
            return rules.recorded_digests(claimed, actual)

        return replace(rules, recorded_digests=recorded)

    def note(self, request: Request) -> RunningUpload | None:
        return RunningUpload(request.registry.store.next_id()) if request.endpoint == "upload" else None

    def handle(self, request: Request) -> Response | None:
        response = super().handle(request)
        if self.noted(request):
            time.sleep(BUSY)
        return response

    def overlapping(self, request: Request) -> Iterator[tuple[Package, PackageFile]]:
        """Yield the files of the same project that were stored while this upload was running."""
        upload = self.noted(request)
        if upload is None:
            return
        packages = request.registry.packages(gitlab_project_of(request))
        own = [
            (package, file)
            for package in packages
            for file in package.files
            if upload.sha256 == file.sha256 and file.id > upload.began
        ]
        for mine, own_file in own[-1:]:
            for package in packages:
                for file in package.files:
                    if package.normalized == mine.normalized and upload.began < file.id < own_file.id:
                        yield package, file


class LosesFiles(TracksUploads):
    """Lists all files but those that are `lost`, by their ids."""

    def __init__(self) -> None:
        super().__init__()
        self.lost: set[int] = set()

    def rules(self, rules: Rules) -> Rules:
        return super().rules(
            replace(rules, lists=lambda file: file.id not in self.lost and rules.lists(file))
        )


class ChecksBeforeWaiting(TracksUploads):
    """Compares an upload only with the files that were there when it began."""

    def rules(self, rules: Rules) -> Rules:
        def is_duplicate(existing: PackageFile, upload: Upload) -> bool:
            running = self.noted_here
            is_older = running is None or existing.id < running.began
            return is_older and rules.is_duplicate(existing, upload)

        return super().rules(replace(rules, is_duplicate=is_duplicate))


class AnswersUploadsLate(TracksUploads):
    """Answers an upload a moment after its file is listed; until then its digest is in `arriving`."""

    def __init__(self) -> None:
        super().__init__()
        self.arriving: set[str] = set()

    def rules(self, rules: Rules) -> Rules:
        def recorded(claimed: Mapping[str, str], actual: Mapping[str, str]) -> Mapping[str, str]:
            self.arriving.add(actual["sha256"])
            return rules.recorded_digests(claimed, actual)

        return super().rules(replace(rules, recorded_digests=recorded))

    def respond(self, request: Request, response: Response) -> Response:
        upload = self.noted(request)
        if upload and upload.sha256:
            time.sleep(MOMENT)
            self.arriving.discard(upload.sha256)
        return response


class CountsUploads(Fault):
    """Counts the running uploads and prolongs each."""

    def __init__(self) -> None:
        self.uploads = 0
        self.lock = Lock()

    def handle(self, request: Request) -> Response | None:
        if request.endpoint == "upload":
            with self.lock:
                self.uploads += 1
            time.sleep(4 * BUSY)
        return super().handle(request)

    def respond(self, request: Request, response: Response) -> Response:
        if request.endpoint == "upload":
            with self.lock:
                self.uploads -= 1
        return response
