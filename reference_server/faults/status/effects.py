"""Faults in what a project's status permits."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from werkzeug.exceptions import InternalServerError

from reference_server.faults.building.request_notes import NotesRequests
from reference_server.faults.building.requests import gitlab_project_of
from reference_server.faults.building.upload_forms import text_of
from reference_server.faults.fault import Fault
from reference_server.http.json_responses import refusal
from reference_server.model import Status
from reference_server.model.errors import ProjectClosedError

if TYPE_CHECKING:
    from werkzeug import Response

    from reference_server.http.request import Request
    from reference_server.model import ProjectStatus
    from reference_server.rendering.pages import ProjectPage
    from reference_server.rules import Rules


class DeprecatedIsClosed(Fault):
    """Rejects uploads to deprecated projects."""

    caught_by = ("status.active.upload",)

    def rules(self, rules: Rules) -> Rules:
        return replace(rules, takes_uploads=lambda project: project.status is Status.ACTIVE)


class ArchivedIsHidden(Fault):
    """Hides the files of archived projects."""

    caught_by = ("status.active.download",)

    def rules(self, rules: Rules) -> Rules:
        hidden = {Status.ARCHIVED, Status.QUARANTINED}
        return replace(rules, offers_files=lambda project: project.status not in hidden)


class ArchivedIsOpen(Fault):
    """Accepts uploads to archived projects."""

    caught_by = ("status.archived.no-upload",)

    def rules(self, rules: Rules) -> Rules:
        return replace(rules, takes_uploads=lambda project: project.status is not Status.QUARANTINED)


class ArchivedReleasesAreOpen(NotesRequests[bool]):
    """Accepts further files of the releases of archived projects."""

    caught_by = ("status.archived.no-upload",)

    def note(self, request: Request) -> bool:
        """Whether this is an upload to a release that has files."""
        if request.endpoint != "upload":
            return False
        packages = request.registry.packages(gitlab_project_of(request), name=text_of(request, "name"))
        return text_of(request, "version") in {package.version for package in packages}

    def rules(self, rules: Rules) -> Rules:
        def takes_uploads(project: ProjectStatus) -> bool:
            return rules.takes_uploads(project) or (
                project.status is Status.ARCHIVED and bool(self.noted_here)
            )

        return replace(rules, takes_uploads=takes_uploads)


class QuarantinedIsOpen(Fault):
    """Accepts uploads to quarantined projects."""

    caught_by = ("status.quarantined.no-upload",)

    def rules(self, rules: Rules) -> Rules:
        return replace(rules, takes_uploads=lambda project: project.status is not Status.ARCHIVED)


class QuarantinedIsListed(Fault):
    """Lists and serves the files of quarantined projects."""

    caught_by = ("status.quarantined.no-files", "status.quarantined.urls-dead")

    def rules(self, rules: Rules) -> Rules:
        return replace(rules, offers_files=lambda _project: True)


class QuarantineBreaksPages(Fault):
    """Fails on the page of a quarantined project."""

    caught_by = ("status.quarantined.no-files",)

    def project_page(self, page: ProjectPage) -> ProjectPage:
        if page.status == Status.QUARANTINED:
            raise InternalServerError
        return page


class QuarantinedIsOnlyUnlisted(Fault):
    """Unlists the files of quarantined projects but still serves them."""

    caught_by = ("status.quarantined.urls-dead",)

    def rules(self, rules: Rules) -> Rules:
        return replace(rules, offers_files=lambda _project: True)

    def project_page(self, page: ProjectPage) -> ProjectPage:
        return replace(page, files=()) if page.status == Status.QUARANTINED else page


class ReasonOutlivesStatus(Fault):
    """Leaves the reason of a status on the page when the project is active again."""

    caught_by = ("status.active.again",)

    def __init__(self) -> None:
        self._reasons: dict[str, str] = {}

    def project_page(self, page: ProjectPage) -> ProjectPage:
        if page.status_reason:
            self._reasons[page.normalized] = page.status_reason
        reason = page.status_reason or self._reasons.get(page.normalized)
        return replace(page, status=page.status or "active", status_reason=reason) if reason else page


class ArchivedForGood(Fault):
    """Refuses uploads to a project that was archived once, whatever its status."""

    caught_by = ("status.active.again",)

    def __init__(self) -> None:
        self._archived: set[str] = set()

    def handle(self, request: Request) -> Response | None:
        if request.endpoint != "upload":
            return None
        name = request.registry.rules.normalize(text_of(request, "name"))
        return refusal(ProjectClosedError(name, "archived")) if name in self._archived else None

    def project_page(self, page: ProjectPage) -> ProjectPage:
        if page.status == "archived":
            self._archived.add(page.normalized)
        return page
