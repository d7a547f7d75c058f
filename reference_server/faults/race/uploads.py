"""Faults in uploads that overlap."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from werkzeug import Response

from reference_server.faults.building.concurrent_uploads import _Busy, _gitlab_project, _Hasty

if TYPE_CHECKING:
    from reference_server.http.request import Request
    from reference_server.rendering.pages import ProjectPage
    from reference_server.rules import Rules


class LooksThenWrites(_Hasty):
    """Looks whether a file is there, and writes it a moment later: of two at the same moment both are added."""

    caught_by = ("race.same-file-identical", "race.same-file-different")


class LastWriterWins(_Hasty):
    """Looks whether a file is there, and writes over it a moment later, as pypiserver does."""

    caught_by = ("race.same-file-different",)

    def project_page(self, page: ProjectPage) -> ProjectPage:
        return replace(page, files=tuple({file.filename: file for file in page.files}.values()))


class DatabaseLocked(_Busy):
    """Fails an upload while another one is under way, as over SQLite without patience."""

    caught_by = (
        "race.same-file-identical",
        "race.same-file-different",
        "race.case-and-separator",
        "race.new-project-many-files",
        "race.different-projects",
    )

    def handle(self, request: Request) -> Response | None:
        self.here.holds = request.endpoint == "upload" and self.lock.acquire(blocking=False)
        if request.endpoint == "upload" and not self.here.holds:
            return Response("database is locked", status=500, content_type="text/plain")
        return super().handle(request)

    def respond(self, request: Request, response: Response) -> Response:
        del request
        if self.here.holds:
            self.lock.release()
        return response


class ProjectPerSpellingWhenTwoBegin(_Busy):
    """Creates a project under the name as it is spelled, when another upload has created it meanwhile."""

    caught_by = ("race.case-and-separator",)

    def rules(self, rules: Rules) -> Rules:
        def normalize(name: str) -> str:
            normalized = rules.normalize(name)
            if getattr(self.here, "began", None) is None:
                return normalized
            if self.here.second is None:
                packages = self.here.registry.store.packages_named(self.here.owner, normalized)
                self.here.second = bool(packages) and all(each.id > self.here.began for each in packages)
            return name.lower() if self.here.second else normalized

        return super().rules(replace(rules, normalize=normalize))

    def handle(self, request: Request) -> Response | None:
        if request.endpoint == "upload":
            self.here.second = None
            self.here.registry, self.here.owner = request.registry, _gitlab_project(request).id
        return super().handle(request)


class UpdatesLost(_Busy):
    """Writes a project's list of files back as it was when the upload began, with one file more."""

    caught_by = ("race.case-and-separator", "race.new-project-many-files", "race.version-set")

    def __init__(self) -> None:
        super().__init__()
        self.lost: set[int] = set()

    def rules(self, rules: Rules) -> Rules:
        return super().rules(
            replace(rules, lists=lambda file: file.id not in self.lost and rules.lists(file))
        )

    def respond(self, request: Request, response: Response) -> Response:
        self.lost |= {file.id for _, file in self.met(request)}
        return response


class VersionsLost(_Busy):
    """Writes a project's list of versions back as it was when the upload began, with one version more."""

    caught_by = ("race.version-set",)

    def __init__(self) -> None:
        super().__init__()
        self.lost: set[tuple[str, str]] = set()

    def respond(self, request: Request, response: Response) -> Response:
        self.lost |= {(package.normalized, package.version) for package, _ in self.met(request)}
        return response

    def project_page(self, page: ProjectPage) -> ProjectPage:
        kept = (each for each in page.versions or () if (page.normalized, each) not in self.lost)
        return replace(page, versions=tuple(kept))
