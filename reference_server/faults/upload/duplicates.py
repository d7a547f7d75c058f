"""Faults in the second upload of a file."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from reference_server.faults.building.request_notes import NotesRequests
from reference_server.faults.building.responses import ChangesDuplicates
from reference_server.faults.building.upload_forms import filename_of, text_of
from reference_server.faults.building.upload_rules import OmitsProjectCheck
from reference_server.faults.fault import Fault
from reference_server.flavours import pypi_projects
from reference_server.http.json_responses import refusal
from reference_server.model.errors import FileNameTakenError

if TYPE_CHECKING:
    from werkzeug import Response

    from reference_server.http.request import Request
    from reference_server.model import PackageFile, Upload
    from reference_server.model.errors import RegistryError
    from reference_server.rendering.pages import ProjectPage
    from reference_server.rules import Rules


class DuplicatesForbidden(ChangesDuplicates):
    """Rejects a second upload with 403, as Artifactory does."""

    incident = "twine #1251, uv #7917"
    caught_by = ("upload.dup.different", "gitlab.duplicate.refused")

    def change(self, response: Response) -> None:
        response.status_code = 403


@dataclass
class OverwrittenFiles:
    """Whether an upload has overwritten a file."""

    any: bool = False


class OverwrittenBeforeRefused(NotesRequests[OverwrittenFiles]):
    """Overwrites a file before it rejects the duplicate."""

    caught_by = (
        "upload.dup.different",
        "gitlab.duplicate.keeps-first",
        "clients.twine.duplicate-changes-nothing",
    )

    def rules(self, rules: Rules) -> Rules:
        def is_duplicate(existing: PackageFile, upload: Upload) -> bool:
            found = rules.is_duplicate(existing, upload)
            if found and (overwritten := self.noted_here):
                overwritten.any = True
            return found

        return replace(rules, is_duplicate=is_duplicate, duplicates="replace")

    def note(self, request: Request) -> OverwrittenFiles:
        return OverwrittenFiles()

    def respond(self, request: Request, response: Response) -> Response:
        overwritten = self.noted(request)
        if request.endpoint == "upload" and response.status_code < 300 and overwritten and overwritten.any:
            return refusal(FileNameTakenError())
        return response


class DuplicatesChangeRequiresPython(NotesRequests[str]):
    """Lists the Requires-Python of a duplicate that it has rejected."""

    caught_by = ("upload.dup.different",)

    def __init__(self) -> None:
        self._stated: dict[str, str] = {}

    def note(self, request: Request) -> str:
        """What an upload says of its file."""
        return text_of(request, "requires_python") if request.endpoint == "upload" else ""

    def rules(self, rules: Rules) -> Rules:
        def taken(existing: PackageFile) -> RegistryError:
            self._stated[existing.filename] = self.noted_here or ""
            return rules.file_name_taken(existing)

        return replace(rules, file_name_taken=taken)

    def project_page(self, page: ProjectPage) -> ProjectPage:
        return page.each(
            lambda file: replace(
                file, requires_python=self._stated.get(file.filename) or file.requires_python
            )
        )


class RefusedNamesTaken(NotesRequests[str]):
    """Takes the file name of an upload that it rejects."""

    caught_by = ("upload.again-after-refusal",)

    def __init__(self) -> None:
        self._taken: set[str] = set()

    def note(self, request: Request) -> str:
        """The file name of an upload."""
        return filename_of(request).decode("latin-1") if request.endpoint == "upload" else ""

    def handle(self, request: Request) -> Response | None:
        super().handle(request)
        return refusal(FileNameTakenError()) if self.noted(request) in self._taken else None

    def respond(self, request: Request, response: Response) -> Response:
        if response.status_code == 400 and (name := self.noted(request)):
            self._taken.add(name)
        return response


class DuplicatesOfOneSpelling(Fault):
    """Looks for a taken file name among the files whose version is spelled alike, as Gitea does."""

    caught_by = ("upload.dup.different",)

    def rules(self, rules: Rules) -> Rules:
        return replace(
            rules,
            is_duplicate=lambda existing, upload: (
                rules.is_duplicate(existing, upload) and f"-{upload.version}-" in upload.filename
            ),
        )


class IdenticalRefused(Fault):
    """Rejects a second upload even of identical bytes, as pypiserver and Nexus do."""

    caught_by = ("upload.dup.identical",)

    def rules(self, rules: Rules) -> Rules:
        return replace(rules, takes_identical=False)


class DuplicatesWithoutTheWords(ChangesDuplicates):
    """Rejects a second upload without the words that twine looks for, as Nexus does."""

    incident = "poetry #10602"
    caught_by = ("upload.dup.message", "upload.dup.pypi-text", "upload.dup.same-content-new-name")

    def change(self, response: Response) -> None:
        response.status = f"{response.status_code} Bad Request"
        response.data = b'{"message":"Repository does not allow updating assets: cannot be updated"}'
        response.status = str(response.status_code)  # the flavour `pypi` has the words in its status line


class SameContentTwice(OmitsProjectCheck):
    """Accepts the same content under another file name."""

    caught_by = ("upload.dup.same-content-new-name",)
    left_out = pypi_projects.content_is_new


class SeveralSdists(OmitsProjectCheck):
    """Accepts any number of sdists per release."""

    caught_by = ("upload.second-sdist",)
    left_out = pypi_projects.release_has_one_sdist


class DeletedNamesReopened(Fault):
    """Accepts the file name of a deleted file again."""

    caught_by = ("upload.dup.deleted-name",)

    def rules(self, rules: Rules) -> Rules:
        return replace(rules, reopens_filenames=True)


class DuplicatesInGitlabWording(Fault):
    """Rejects a second upload with GitLab's message."""

    caught_by = ("upload.dup.pypi-text", "upload.dup.message")

    def rules(self, rules: Rules) -> Rules:
        return replace(rules, file_name_taken=lambda _existing: FileNameTakenError())
