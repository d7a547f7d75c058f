"""Faults in the second upload of a file."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from reference_server.faults.building.responses import ChangesDuplicates
from reference_server.faults.fault import Fault

if TYPE_CHECKING:
    from werkzeug import Response

    from reference_server.rendering.pages import ProjectPage
    from reference_server.rules import Rules


class DuplicatesConflict(ChangesDuplicates):
    """Rejects a second upload with 409, as Azure Artifacts does."""

    incident = "uv #8817"
    caught_by = ("gitlab.duplicate.refused",)

    def change(self, response: Response) -> None:
        response.status_code = 409


class DuplicatesInOtherWording(ChangesDuplicates):
    """Rejects a second upload with a message of its own, as Nexus does."""

    incident = "poetry #10602"
    caught_by = ("gitlab.duplicate.message", "clients.twine.duplicate-message")

    def change(self, response: Response) -> None:
        response.data = b'{"message":"Repository does not allow updating assets: cannot be updated"}'


class DuplicatesIgnored(Fault):
    """Reports a second upload as created, and discards it."""

    caught_by = (
        "gitlab.duplicate.refused",
        "gitlab.duplicate.message",
        "gitlab.duplicate.other-content-refused",
        "upload.dup.different",
        "clients.twine.duplicate-fails",
        "clients.twine.duplicate-message",
    )

    def rules(self, rules: Rules) -> Rules:
        return replace(rules, duplicates="ignore")


class DuplicatesReplace(Fault):
    """Overwrites a file with its second upload, as GitLab once did."""

    incident = "gitlab-org/gitlab #292748"
    caught_by = (
        "gitlab.duplicate.refused",
        "gitlab.duplicate.message",
        "gitlab.duplicate.other-content-refused",
        "gitlab.duplicate.keeps-first",
        "upload.dup.different",
        "clients.twine.duplicate-fails",
        "clients.twine.duplicate-message",
        "clients.twine.duplicate-changes-nothing",
    )

    def rules(self, rules: Rules) -> Rules:
        return replace(rules, duplicates="replace")


class OtherBytesAdded(Fault):
    """Compares duplicates by content only, and lists both files if their bytes differ."""

    caught_by = ("gitlab.duplicate.other-content-refused", "upload.dup.different")

    def rules(self, rules: Rules) -> Rules:
        return replace(
            rules,
            is_duplicate=lambda existing, upload: (
                rules.is_duplicate(existing, upload) and existing.sha256 == upload.blob.digests["sha256"]
            ),
        )


class RefusedFilesStored(Fault):
    """Stores the files that it rejects, and serves the newest file of each name."""

    caught_by = (
        "gitlab.duplicate.keeps-first",
        "gitlab.version.refused-leaves-nothing",
        "upload.digest.mismatch",
        "upload.digest.malformed",
        "upload.dup.different",
        "upload.reject-is-atomic",
        "upload.version-required",
        "upload.requires-python-valid",
        "upload.metadata-version.required",
        "upload.reason-latin1",
        "clients.twine.duplicate-changes-nothing",
        "clients.twine.bad-version",
    )

    def rules(self, rules: Rules) -> Rules:
        return replace(rules, keeps_rejected=True)

    def project_page(self, page: ProjectPage) -> ProjectPage:
        return replace(page, files=tuple({file.filename: file for file in page.files}.values()))
