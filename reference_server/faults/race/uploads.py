"""Faults in uploads that overlap."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from threading import Lock
from typing import TYPE_CHECKING

from werkzeug import Response

from reference_server.faults.building.concurrent_uploads import (
    BUSY,
    ChecksBeforeWaiting,
    LosesFiles,
    TracksUploads,
)
from reference_server.faults.building.request_notes import NotesRequests
from reference_server.faults.building.requests import gitlab_project_of

if TYPE_CHECKING:
    from reference_server.http.request import Request
    from reference_server.rendering.pages import ProjectPage
    from reference_server.rules import Rules
    from reference_server.rules.registry import Registry


class LooksThenWrites(ChecksBeforeWaiting):
    """Checks for a duplicate and writes a moment later, so that two uploads both succeed."""

    caught_by = ("race.same-file-identical", "race.same-file-different")


class LastWriterWins(ChecksBeforeWaiting):
    """Checks for a duplicate and overwrites a moment later, as pypiserver does."""

    caught_by = ("race.same-file-different",)

    def project_page(self, page: ProjectPage) -> ProjectPage:
        return replace(page, files=tuple({file.filename: file for file in page.files}.values()))


class DatabaseLocked(NotesRequests[bool]):
    """Fails an upload while another one is running, as on SQLite without a timeout."""

    caught_by = (
        "race.no-server-error",
        "race.new-project-many-files",
        "race.version-many-files",
        "race.different-projects",
    )

    def __init__(self) -> None:
        self.lock = Lock()

    def note(self, request: Request) -> bool:
        """Whether this request holds the lock."""
        return request.endpoint == "upload" and self.lock.acquire(blocking=False)

    def handle(self, request: Request) -> Response | None:
        super().handle(request)
        if request.endpoint != "upload":
            return None
        if not self.noted(request):
            return Response("database is locked", status=500, content_type="text/plain")
        time.sleep(BUSY)
        return None

    def respond(self, request: Request, response: Response) -> Response:
        if self.noted(request):
            self.lock.release()
        return response


@dataclass
class NewProject:
    """An upload, the registry it goes to, and whether another one has created its project meanwhile."""

    registry: Registry
    owner: int
    began: int
    is_second: bool | None = None


class ProjectPerSpellingWhenTwoBegin(NotesRequests["NewProject | None"]):
    """Creates a project per spelling if two uploads begin at once."""

    caught_by = ("race.case-and-separator",)

    def rules(self, rules: Rules) -> Rules:
        def normalize(name: str) -> str:
            normalized = rules.normalize(name)
            new = self.noted_here
            if new is None:
                return normalized
            if new.is_second is None:
                packages = new.registry.store.packages_named(new.owner, normalized)
                new.is_second = bool(packages) and all(each.id > new.began for each in packages)
            return name.lower() if new.is_second else normalized

        return replace(rules, normalize=normalize)

    def note(self, request: Request) -> NewProject | None:
        if request.endpoint != "upload":
            return None
        owner = gitlab_project_of(request).id
        return NewProject(request.registry, owner, began=request.registry.store.next_id())

    def handle(self, request: Request) -> Response | None:
        super().handle(request)
        if self.noted(request):
            time.sleep(BUSY)
        return None


class UpdatesLost(LosesFiles):
    """Loses a file that was stored while another upload of the project was running."""

    caught_by = (
        "race.case-and-separator",
        "race.new-project-many-files",
        "race.version-many-files",
        "race.version-set",
    )

    def respond(self, request: Request, response: Response) -> Response:
        self.lost |= {file.id for _, file in self.overlapping(request)}
        return response


class FilesOfAVersionLost(LosesFiles):
    """Loses a file that was added to a version while another was, as one that writes back what it has read."""

    caught_by = ("race.version-many-files",)

    def respond(self, request: Request, response: Response) -> Response:
        upload = self.noted(request)
        if upload and response.status_code == 201:
            own = {
                package.id
                for package in request.registry.packages(gitlab_project_of(request))
                for file in package.files
                if package.id < upload.began < file.id and file.sha256 == upload.sha256
            }
            self.lost |= {file.id for package, file in self.overlapping(request) if package.id in own}
        return response


class VersionsLost(TracksUploads):
    """Loses a version that was stored while another upload of the project was running."""

    caught_by = ("race.version-set",)

    def __init__(self) -> None:
        super().__init__()
        self.lost: set[tuple[str, str]] = set()

    def respond(self, request: Request, response: Response) -> Response:
        self.lost |= {(package.normalized, package.version) for package, _ in self.overlapping(request)}
        return response

    def project_page(self, page: ProjectPage) -> ProjectPage:
        kept = (each for each in page.versions or () if (page.normalized, each) not in self.lost)
        return replace(page, versions=tuple(kept))
