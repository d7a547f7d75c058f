"""Faults in how the upload form is read as a whole, and in what odd forms do."""

from __future__ import annotations

import re
from dataclasses import replace
from io import BytesIO
from typing import TYPE_CHECKING

from reference_server.faults import Fault
from reference_server.faults.reading import body_of, gitlab_project_of, parts_of
from reference_server.faults.reading_forms import (
    FailsOnForms,
    RefusesForms,
    boundary_of,
    pieces_of,
    texts_of,
    values_of,
)
from reference_server.http.json_responses import json_answer, refusal
from reference_server.model.errors import FileTooLargeError, InvalidFieldError, MalformedFormError

if TYPE_CHECKING:
    from werkzeug import Response

    from reference_server.http.request import Request
    from reference_server.rendering.pages import ProjectPage
    from reference_server.rules import Rules

# What the form is


class SummaryRequired(Fault):
    """Asks for a field that is optional, as GitLab did with requires_python."""

    incident = "PyO3/maturin #438"
    caught_by = ("upload.post-multipart",)

    def rules(self, rules: Rules) -> Rules:
        return replace(rules, required_fields=(*rules.required_fields, "summary"))


class UploadsQueued(Fault):
    """Answers an upload with 202, as Pulp does when a task will see to it."""

    caught_by = ("upload.status-200",)

    def rules(self, rules: Rules) -> Rules:
        return replace(rules, created_status=202)


class SdistsOfTwineRefused(RefusesForms):
    """Takes no sdist from twine, and any from others."""

    caught_by = ("upload.twine-end-to-end", "clients.twine.wheel-and-sdist", "clients.twine.bytes")

    def is_refused(self, request: Request) -> bool:
        return "twine" in request.user_agent.string and b"sdist" in values_of(request, "filetype")


class ActionBehindTheFileMissed(RefusesForms):
    """Stops to look for `:action` at the file, and refuses a form where it comes later."""

    caught_by = ("upload.action-in-body", "upload.field-order", "gitlab.upload.field-order")
    field = ":action"

    def is_refused(self, request: Request) -> bool:
        parts = parts_of(request)
        return ":action" in parts[parts.index("content") :] if "content" in parts else False


class QueryRefused(RefusesForms):
    """Refuses an upload to a URL with a query."""

    caught_by = ("upload.action-in-query",)
    field = ":action"

    def is_refused(self, request: Request) -> bool:
        return bool(request.query_string)


class ActionTakenForGranted(FailsOnForms):
    """Fails when there is no `:action`."""

    caught_by = ("upload.action-missing",)

    def is_refused(self, request: Request) -> bool:
        return not request.query_string and ":action" not in parts_of(request)


class UnknownActionStored(Fault):
    """Refuses an unknown `:action` when the file is already stored, and leaves it there."""

    caught_by = ("upload.action-missing",)

    def handle(self, request: Request) -> Response | None:
        if request.endpoint == "upload":
            body_of(request)
            self._unknown = values_of(request, ":action") not in ([], [b"file_upload"])
        return None

    def respond(self, request: Request, response: Response) -> Response:
        stored = request.endpoint == "upload" and response.status_code < 300
        return refusal(InvalidFieldError(":action")) if stored and self._unknown else response


class ProtocolVersionRequired(Fault):
    """Asks for `protocol_version`, which has one value."""

    caught_by = ("upload.protocol-version",)

    def rules(self, rules: Rules) -> Rules:
        return replace(rules, required_fields=(*rules.required_fields, "protocol_version"))


class ProtocolVersionIsANumber(FailsOnForms):
    """Fails when `protocol_version` is no number."""

    caught_by = ("upload.protocol-version",)

    def is_refused(self, request: Request) -> bool:
        return any(not value.isdigit() for value in values_of(request, "protocol_version"))


# The file


class ContentTakenForGranted(FailsOnForms):
    """Fails when there is no `content`."""

    caught_by = (
        "upload.content-required",
        "upload.submit-gone",
        "upload.error-json",
        "gitlab.upload.without-file-refused",
    )

    def is_refused(self, request: Request) -> bool:
        return "content" not in parts_of(request)


class ContentTakenForAFile(FailsOnForms):
    """Fails when `content` is a text, which has no file name."""

    caught_by = ("upload.content-required",)

    def is_refused(self, request: Request) -> bool:
        return any(name == "content" and b"filename=" not in head for name, head, _ in pieces_of(request))


class BuildNumbersDropped(Fault):
    """Lists a wheel under a name made of its project, version and tags, without its build number."""

    caught_by = ("upload.content-filename",)

    def project_page(self, page: ProjectPage) -> ProjectPage:
        return page.each(
            lambda file: (
                replace(file, filename=re.sub(r"-\d[^-]*(?=(-[^-]+){3}\.whl$)", "", file.filename))
                if file.filename.count("-") == 5
                else file
            )
        )


class PartTypeRequired(RefusesForms):
    """Refuses a file that comes without a Content-Type."""

    caught_by = ("upload.content-type-part", "upload.uv-end-to-end")

    def is_refused(self, request: Request) -> bool:
        return any(
            name == "content" and b"content-type:" not in head.lower() for name, head, _ in pieces_of(request)
        )


class BodiesLimited(RefusesForms):
    """Takes 100 kB at a time, as behind a proxy with its own limit."""

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
    """Creates a project for a wheel only, and knows no project for an sdist that comes first."""

    caught_by = ("upload.project-create", "upload.add-wheel-later")
    field = "name"

    def is_refused(self, request: Request) -> bool:
        if b"sdist" not in values_of(request, "filetype"):
            return False
        name = b"".join(values_of(request, "name")).decode(errors="replace")
        return not request.registry.packages(gitlab_project_of(request), name=name)


# How the form is written


class PlainBoundariesOnly(RefusesForms):
    """Reads only boundaries of letters, digits and hyphens."""

    caught_by = ("upload.field-order", "gitlab.upload.field-order")

    def is_refused(self, request: Request) -> bool:
        return re.fullmatch(rb"[0-9A-Za-z-]+", boundary_of(request)) is None

    def answer(self) -> Response:
        return refusal(MalformedFormError())


class PreambleRefused(RefusesForms):
    """Takes a form for broken when it does not begin with its boundary."""

    caught_by = ("upload.field-order",)

    def is_refused(self, request: Request) -> bool:
        return not body_of(request).startswith(boundary_of(request))

    def answer(self) -> Response:
        return refusal(MalformedFormError())


class BoundaryLikeLinesRefused(RefusesForms):
    """Takes every line that begins with two hyphens for a boundary."""

    caught_by = ("upload.description", "upload.unknown-fields", "gitlab.upload.unknown-fields")

    def is_refused(self, request: Request) -> bool:
        return any(re.search(rb"(^|\n)--", text) for text in texts_of(request))


# Odd forms


class SignaturesRefused(RefusesForms):
    """Refuses a distribution that comes with a signature."""

    caught_by = ("upload.gpg-signature",)
    field = "gpg_signature"

    def is_refused(self, request: Request) -> bool:
        return "gpg_signature" in parts_of(request)


class FilesMixed(Fault):
    """Stores the bytes of the last `content` under the name of the first."""

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


class TextsTakenForTexts(FailsOnForms):
    """Fails at a text field that comes as a file."""

    caught_by = ("upload.text-field-as-file",)

    def is_refused(self, request: Request) -> bool:
        return any(
            name not in {"content", "gpg_signature"} and b"filename=" in head
            for name, head, _ in pieces_of(request)
        )


class NulBytesFail(FailsOnForms):
    """Fails at a NUL in a text, as PostgreSQL does."""

    caught_by = ("upload.nul-bytes",)

    def is_refused(self, request: Request) -> bool:
        return any(b"\0" in text for text in texts_of(request))


class ReasonsInLatin1(FailsOnForms):
    """Repeats a bad name in the status line, which fails when it is not Latin-1."""

    caught_by = ("upload.reason-latin1",)

    def is_refused(self, request: Request) -> bool:
        name = b"".join(values_of(request, "name")).decode(errors="replace")
        return not request.registry.rules.valid_name(name) and any(ord(letter) > 255 for letter in name)


class FileNamesInLatin1(FailsOnForms):
    """Writes a file name into a header, which fails when it is not Latin-1."""

    caught_by = ("upload.reason-latin1",)

    def is_refused(self, request: Request) -> bool:
        heads = b"".join(head for name, head, _ in pieces_of(request) if name == "content")
        return any(ord(letter) > 255 for letter in heads.decode(errors="replace"))


class RegistrationFails(FailsOnForms):
    """Fails at a registration, which it has forgotten to remove."""

    caught_by = ("upload.submit-gone",)

    def is_refused(self, request: Request) -> bool:
        return any(value in {b"submit", b"submit_pkg_info"} for value in values_of(request, ":action"))


class DocumentationListed(Fault):
    """Takes an archive of documentation for an sdist, and lists it as release 0."""

    caught_by = ("upload.doc-upload-gone",)

    def handle(self, request: Request) -> Response | None:
        if request.endpoint != "upload" or values_of(request, ":action") != [b"doc_upload"]:
            return None
        name = b"".join(values_of(request, "name")).decode()
        content = b"".join(values_of(request, "content"))
        owner = gitlab_project_of(request).id
        request.registry.publish(f"{name}-0.zip", content, gitlab_project=owner)
        return json_answer({"message": "201 Created"}, status=201)
