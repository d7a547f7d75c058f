"""Faults in what a project's status permits."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from werkzeug.exceptions import InternalServerError

from reference_server.faults.fault import Fault
from reference_server.model import Status

if TYPE_CHECKING:
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
