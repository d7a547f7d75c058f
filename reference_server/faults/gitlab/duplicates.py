"""Faults in the second upload of a file."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from reference_server.faults.fault import Fault

if TYPE_CHECKING:
    from werkzeug import Response

    from reference_server.http.request import Request
    from reference_server.rendering.pages import ProjectPage
    from reference_server.rules import Rules

TAKEN = b"already been taken"


class DuplicatesConflict(Fault):
    """Refuses a second upload with 409, as Azure Artifacts does."""

    incident = "uv #8817"
    caught_by = ("gitlab.duplicate.refused",)

    def respond(self, request: Request, response: Response) -> Response:
        if request.endpoint == "upload" and TAKEN in response.data:
            response.status_code = 409
        return response


class DuplicatesInOtherWords(Fault):
    """Refuses a second upload with words of its own, as Nexus does."""

    incident = "poetry #10602"
    caught_by = ("gitlab.duplicate.message", "clients.twine.duplicate-message")

    def respond(self, request: Request, response: Response) -> Response:
        if request.endpoint == "upload" and TAKEN in response.data:
            response.data = b'{"message":"Repository does not allow updating assets: cannot be updated"}'
        return response


class DuplicatesIgnored(Fault):
    """Says that a second upload was created, and drops it."""

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
    """Takes two files for one when their bytes are the same, and lists both when they are not."""

    caught_by = ("gitlab.duplicate.other-content-refused", "upload.dup.different")

    def rules(self, rules: Rules) -> Rules:
        return replace(
            rules,
            is_duplicate=lambda existing, upload: (
                rules.is_duplicate(existing, upload) and existing.sha256 == upload.blob.digests["sha256"]
            ),
        )


class RefusedFilesStored(Fault):
    """Stores what it refuses all the same, and shows the newest file of a name."""

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
