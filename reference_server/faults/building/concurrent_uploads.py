"""Bases of faults that show only while requests overlap.

Some wait a few milliseconds where a slower server would be busy, so that requests do overlap.
"""

from __future__ import annotations

import time
from dataclasses import replace
from threading import Lock, local
from typing import TYPE_CHECKING

from reference_server.faults.fault import Fault

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from werkzeug import Response

    from reference_server.http.request import Request
    from reference_server.model import GitLabProject, Package, PackageFile, Upload
    from reference_server.rules import Rules

BUSY = 0.012
"""Seconds that a request takes longer, in which others come."""

MOMENT = 0.06
"""Seconds that something stays half done: long enough for another request to come by."""

LARGE = 50_000
"""Bytes from which a file is sent in several pieces."""


class _Busy(Fault):
    """Knows what each thread of the server is at.

    `here.began` is the number of the last row when the upload began, and None during other requests;
    `here.sha256` is the digest of the file that was stored.
    """

    def __init__(self) -> None:
        self.here = local()
        self.lock = Lock()

    def rules(self, rules: Rules) -> Rules:
        def recorded(claimed: Mapping[str, str], actual: Mapping[str, str]) -> Mapping[str, str]:
            self.here.sha256 = actual["sha256"]
            return rules.recorded_digests(claimed, actual)

        return replace(rules, recorded_digests=recorded)

    def handle(self, request: Request) -> Response | None:
        self.here.sha256 = None
        self.here.began = request.registry.store.next_id() if request.endpoint == "upload" else None
        if self.here.began is not None:
            time.sleep(BUSY)
        return None

    def met(self, request: Request) -> Iterator[tuple[Package, PackageFile]]:
        """Give the files of the same project that were stored since the upload began that has just ended."""
        packages = request.registry.packages(_gitlab_project(request))
        stored = self.here.sha256 if request.endpoint == "upload" else None
        own = [
            (package, file)
            for package in packages
            for file in package.files
            if stored == file.sha256 and file.id > self.here.began
        ]
        for mine, own_file in own[-1:]:
            for package in packages:
                for file in package.files:
                    if package.normalized == mine.normalized and self.here.began < file.id < own_file.id:
                        yield package, file


def _gitlab_project(request: Request) -> GitLabProject:
    return request.registry.gitlab_project(str(request.arguments["gitlab_project"]).replace("%2F", "/"))


class _Hasty(_Busy):
    """Knows of the files that were there when the upload began, and of no other."""

    def rules(self, rules: Rules) -> Rules:
        def is_duplicate(existing: PackageFile, upload: Upload) -> bool:
            return existing.id < self.here.began and rules.is_duplicate(existing, upload)

        return super().rules(replace(rules, is_duplicate=is_duplicate))


class _Arriving(_Busy):
    """Answers an upload a moment after its file is listed."""

    def __init__(self) -> None:
        super().__init__()
        self.arriving: set[str] = set()

    def rules(self, rules: Rules) -> Rules:
        def recorded(claimed: Mapping[str, str], actual: Mapping[str, str]) -> Mapping[str, str]:
            self.arriving.add(actual["sha256"])
            return rules.recorded_digests(claimed, actual)

        return super().rules(replace(rules, recorded_digests=recorded))

    def respond(self, request: Request, response: Response) -> Response:
        if request.endpoint == "upload" and self.here.sha256:
            time.sleep(MOMENT)
            self.arriving.discard(self.here.sha256)
        return response


class _Uploading(Fault):
    """Knows how many uploads are under way; each takes a moment longer."""

    def __init__(self) -> None:
        self.uploads = 0
        self.lock = Lock()

    def handle(self, request: Request) -> Response | None:
        if request.endpoint == "upload":
            with self.lock:
                self.uploads += 1
            time.sleep(4 * BUSY)
        return None

    def respond(self, request: Request, response: Response) -> Response:
        if request.endpoint == "upload":
            with self.lock:
                self.uploads -= 1
        return response
