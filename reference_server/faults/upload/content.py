"""Faults in the file of an upload: its part of the form, its name, its size."""

from __future__ import annotations

import re
from dataclasses import replace
from hashlib import sha256
from io import BytesIO
from typing import TYPE_CHECKING

from reference_server.faults.building.requests import body_of, gitlab_project_of
from reference_server.faults.building.responses import FailsAtFirst
from reference_server.faults.building.upload_forms import (
    FailsOnForms,
    RefusesForms,
    boundary_of,
    parts_of,
    pieces_of,
    text_of,
    values_of,
)
from reference_server.faults.fault import Fault
from reference_server.http.json_responses import refusal
from reference_server.model.errors import FileTooLargeError

if TYPE_CHECKING:
    from werkzeug import Response

    from reference_server.http.request import Request
    from reference_server.rendering.pages import ProjectPage
    from reference_server.rules import Rules

PURE = "-py3-none-any.whl"


class MissingContentFails(FailsOnForms):
    """Fails on a form without `content`."""

    caught_by = (
        "upload.content-required",
        "upload.submit-gone",
        "gitlab.upload.without-file-refused",
    )

    def is_refused(self, request: Request) -> bool:
        return "content" not in parts_of(request)


class ContentAsTextFails(FailsOnForms):
    """Fails if `content` is a text field."""

    caught_by = ("upload.content-required",)

    def is_refused(self, request: Request) -> bool:
        return any(name == "content" and b"filename=" not in head for name, head, _ in pieces_of(request))


class BuildNumbersDropped(Fault):
    """Lists wheels without their build numbers."""

    caught_by = ("upload.content-filename",)

    def project_page(self, page: ProjectPage) -> ProjectPage:
        return page.each(
            lambda file: (
                replace(file, filename=re.sub(r"-\d[^-]*(?=(-[^-]+){3}\.whl$)", "", file.filename))
                if file.filename.count("-") == 5
                else file
            )
        )


class HashOfTheFirstPiece(Fault):
    """Lists large files with the sha256 of their first 64 KiB."""

    caught_by = ("upload.large-file",)
    piece = 64 * 1024

    def project_page(self, page: ProjectPage) -> ProjectPage:
        return page.each(
            lambda file: (
                replace(file, hashes={"sha256": sha256(file.url.encode()).hexdigest()})
                if (file.size or 0) > self.piece
                else file
            )
        )


class CapitalsLowered(Fault):
    """Lists files under names in lower case, behind links with the names as they were."""

    caught_by = ("upload.content-filename",)

    def project_page(self, page: ProjectPage) -> ProjectPage:
        return page.each(lambda file: replace(file, filename=file.filename.lower()))


class CapitalSdistsHyphenated(Fault):
    """Lists sdists whose names have capitals under names with hyphens."""

    caught_by = ("upload.content-filename",)

    def project_page(self, page: ProjectPage) -> ProjectPage:
        return page.each(
            lambda file: (
                replace(file, filename=file.filename.replace("_", "-"))
                if file.filename.endswith(".tar.gz") and not file.filename.islower()
                else file
            )
        )


class PartTypeRequired(RefusesForms):
    """Rejects a file part without Content-Type."""

    caught_by = ("upload.content-type-part", "upload.uv-end-to-end")

    def is_refused(self, request: Request) -> bool:
        return any(
            name == "content" and b"content-type:" not in head.lower() for name, head, _ in pieces_of(request)
        )


class BodiesLimited(RefusesForms):
    """Rejects bodies above 100 kB, as behind a proxy with a limit of its own."""

    caught_by = (
        "upload.large-file",
        "gitlab.size.up-to-limit-accepted",
        "gitlab.upload.long-description",
    )

    def is_refused(self, request: Request) -> bool:
        return (request.content_length or 0) > 100_000

    def answer(self) -> Response:
        return refusal(FileTooLargeError())


class ProjectsBeginWithAWheel(RefusesForms):
    """Rejects the sdist of a project without a wheel."""

    caught_by = ("upload.project-create",)
    field = "name"

    def is_refused(self, request: Request) -> bool:
        if b"sdist" not in values_of(request, "filetype"):
            return False
        name = text_of(request, "name")
        return not request.registry.packages(gitlab_project_of(request), name=name)


class SignaturesRefused(RefusesForms):
    """Rejects uploads with a signature."""

    caught_by = ("upload.gpg-signature",)
    field = "gpg_signature"

    def is_refused(self, request: Request) -> bool:
        return "gpg_signature" in parts_of(request)


class FilesMixed(Fault):
    """Stores the bytes of the last `content` under the file name of the first."""

    caught_by = ("upload.content-as-list",)

    def rules(self, rules: Rules) -> Rules:
        return replace(rules, archive_checks=())

    def handle(self, request: Request) -> Response | None:
        files = values_of(request, "content") if request.endpoint == "upload" else []
        if len(files) > 1:
            boundary = boundary_of(request)
            body = b"".join(
                b"\r\n".join((boundary, head.removeprefix(b"\r\n"), b"", content, b""))
                for head, content in self._mixed(request, files[-1])
            )
            request.body = BytesIO(body + boundary + b"--\r\n")
        return None

    @staticmethod
    def _mixed(request: Request, content: bytes) -> list[tuple[bytes, bytes]]:
        pieces = pieces_of(request)
        first = next(head for name, head, _ in pieces if name == "content")
        return [(head, text) for name, head, text in pieces if name != "content"] + [(first, content)]


class TooLargeIsAServerError(Fault):
    """Answers 507 to a file above the size limit, as with a full disk."""

    caught_by = ("upload.size-limit", "gitlab.size.over-limit-refused")

    def respond(self, request: Request, response: Response) -> Response:
        if request.endpoint == "upload" and response.status_code == 413:
            response.status_code = 507
        return response


class FilesComeLater(FailsAtFirst):
    """Answers 404 to the first download of each file."""

    caught_by = (
        "upload.visible-after-success",
        "upload.dup.different",
        "upload.action-missing",
        "upload.large-file",
        "upload.metadata-version.newer-minor",
        "upload.metadata-version.required",
        "upload.nul-bytes",
        "upload.post-multipart",
        "upload.protocol-version",
        "upload.text-field-as-file",
    )

    def missing(self, request: Request) -> str:
        return request.path if request.endpoint == "file" else ""


class OneWheelPerRelease(Fault):
    """Rejects platform wheels once a release has a wheel."""

    caught_by = ("upload.add-wheel-later",)

    def rules(self, rules: Rules) -> Rules:
        return replace(
            rules,
            is_duplicate=lambda existing, upload: (
                rules.is_duplicate(existing, upload)
                or (existing.filename.endswith(".whl") and is_for_a_platform(upload.filename))
            ),
        )


def is_for_a_platform(filename: str) -> bool:
    """Whether a file is a wheel for one platform."""
    return filename.endswith(".whl") and not filename.endswith(PURE)


class ChangesContent(Fault):
    """Changes the file in a form before the server reads it; digests follow."""

    def changed(self, content: bytes, boundary: bytes) -> bytes:
        """Return the file as it is read."""
        raise NotImplementedError

    def handle(self, request: Request) -> Response | None:
        if request.endpoint == "upload":
            for name, _, content in pieces_of(request):
                changed = self.changed(content, boundary_of(request))
                if name == "content" and changed != content:
                    was, now = (sha256(each).hexdigest().encode() for each in (content, changed))
                    request.body = BytesIO(body_of(request).replace(content, changed).replace(was, now))
        return None


class LastLineBreakLost(ChangesContent):
    """Strips line breaks from the end of a file, as if they were those of the form."""

    caught_by = ("upload.content-exact",)

    def changed(self, content: bytes, boundary: bytes) -> bytes:
        del boundary
        return content.rstrip(b"\r\n") if content.endswith(b"\r\n") else content


class TwoHyphensEndAFile(ChangesContent):
    """Ends a file at a line that begins with two hyphens, whatever follows."""

    caught_by = ("upload.content-exact",)

    def changed(self, content: bytes, boundary: bytes) -> bytes:
        del boundary
        return content.partition(b"\r\n--")[0]


class BoundaryAnywhere(ChangesContent):
    """Ends a file at the text of the boundary, even in the middle of a line."""

    caught_by = ("upload.content-exact",)

    def changed(self, content: bytes, boundary: bytes) -> bytes:
        return content.partition(boundary)[0]
