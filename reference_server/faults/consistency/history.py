"""Faults that one upload inflicts on earlier state."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from reference_server.faults.building.concurrent_uploads import TracksUploads
from reference_server.faults.building.requests import gitlab_project_of
from reference_server.faults.fault import Fault

if TYPE_CHECKING:
    from werkzeug import Response

    from reference_server.http.request import Request


class YanksForgotten(Fault):
    """Unyanks every file on the next upload, accepted or rejected."""

    caught_by = ("consistency.state-machine",)

    def handle(self, request: Request) -> Response | None:
        if request.endpoint == "upload":
            owner = gitlab_project_of(request)
            for package in request.registry.packages(owner):
                if package.files:
                    request.registry.unyank(package.normalized, gitlab_project=owner.id)
        return None


class JsonKeptFromBefore(TracksUploads):
    """Leaves a file out of JSON if it was uploaded while another upload was running."""

    caught_by = (
        "consistency.html-json-agree",
        "race.case-and-separator",
        "race.new-project-many-files",
        "race.version-many-files",
    )

    def __init__(self) -> None:
        super().__init__()
        self.lost: set[str] = set()

    def respond(self, request: Request, response: Response) -> Response:
        self.lost |= {file.filename for _, file in self.overlapping(request)}
        return response

    def rendered(self, body: bytes) -> bytes:
        if not body.startswith(b"{"):
            return body
        page = json.loads(body)
        if "files" in page:
            page["files"] = [file for file in page["files"] if file["filename"] not in self.lost]
        return json.dumps(page).encode()
