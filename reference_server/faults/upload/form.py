"""Faults in how the form of an upload is read."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from reference_server.faults.building.refused_uploads import RejectsAfterStoring
from reference_server.faults.building.requests import body_of, gitlab_project_of
from reference_server.faults.building.upload_forms import (
    FailsOnForms,
    RefusesForms,
    boundary_of,
    parts_of,
    pieces_of,
    texts_of,
    values_of,
)
from reference_server.faults.fault import Fault
from reference_server.http.json_responses import json_answer, refusal
from reference_server.model.errors import InvalidFieldError, MalformedFormError, RegistryError

if TYPE_CHECKING:
    from werkzeug import Response

    from reference_server.http.request import Request
    from reference_server.rules import Rules


class SummaryRequired(Fault):
    """Requires an optional field, as GitLab did with requires_python."""

    incident = "PyO3/maturin #438"
    caught_by = ("upload.post-multipart",)

    def rules(self, rules: Rules) -> Rules:
        return replace(rules, required_fields=(*rules.required_fields, "summary"))


class SdistsOfTwineRefused(RefusesForms):
    """Rejects sdists from twine only."""

    caught_by = ("upload.twine-end-to-end", "clients.twine.wheel-and-sdist", "clients.twine.bytes")

    def is_refused(self, request: Request) -> bool:
        return "twine" in request.user_agent.string and b"sdist" in values_of(request, "filetype")


class ActionBehindTheFileMissed(RefusesForms):
    """Rejects forms whose `:action` follows the file."""

    caught_by = ("upload.action-in-body", "upload.field-order", "gitlab.upload.field-order")
    field = ":action"

    def is_refused(self, request: Request) -> bool:
        parts = parts_of(request)
        return ":action" in parts[parts.index("content") :] if "content" in parts else False


class QueryRefused(RefusesForms):
    """Rejects uploads to a URL with a query."""

    caught_by = ("upload.action-in-query",)
    field = ":action"

    def is_refused(self, request: Request) -> bool:
        return bool(request.query_string)


class MissingActionFails(FailsOnForms):
    """Fails on a form without `:action`."""

    caught_by = ("upload.action-missing",)

    def is_refused(self, request: Request) -> bool:
        return not request.query_string and ":action" not in parts_of(request)


class UnknownActionStored(RejectsAfterStoring):
    """Rejects an unknown `:action` only after it has stored the file."""

    caught_by = ("upload.action-missing",)

    def rejection(self, request: Request) -> RegistryError | None:
        known: tuple[list[bytes], ...] = ([], [b"file_upload"])
        return None if values_of(request, ":action") in known else InvalidFieldError(":action")


class ProtocolVersionRequired(Fault):
    """Requires `protocol_version`, which has only one value."""

    caught_by = ("upload.protocol-version",)

    def rules(self, rules: Rules) -> Rules:
        return replace(rules, required_fields=(*rules.required_fields, "protocol_version"))


class ProtocolVersionIsANumber(FailsOnForms):
    """Fails if `protocol_version` is not a number."""

    caught_by = ("upload.protocol-version",)

    def is_refused(self, request: Request) -> bool:
        return any(not value.isdigit() for value in values_of(request, "protocol_version"))


class PlainBoundariesOnly(RefusesForms):
    """Rejects boundaries with characters other than letters, digits and hyphens."""

    caught_by = ("upload.field-order", "gitlab.upload.field-order")

    def is_refused(self, request: Request) -> bool:
        return re.fullmatch(rb"[0-9A-Za-z-]+", boundary_of(request)) is None

    def answer(self) -> Response:
        return refusal(MalformedFormError())


class QuotedBoundaryRefused(RefusesForms):
    """Rejects forms whose boundary stands in quotes: it takes the quotes for a part of it."""

    caught_by = ("upload.field-order", "gitlab.upload.field-order")

    def is_refused(self, request: Request) -> bool:
        return 'boundary="' in request.headers.get("Content-Type", "")


class FormTypeHasACase(RefusesForms):
    """Rejects forms whose type is not spelled `multipart/form-data`, in lower case."""

    caught_by = ("upload.form-type-case",)

    def is_refused(self, request: Request) -> bool:
        return not request.headers.get("Content-Type", "").startswith("multipart/form-data")

    def answer(self) -> Response:
        return refusal(MalformedFormError())


class PreambleRefused(RefusesForms):
    """Rejects forms with a preamble."""

    caught_by = ("upload.field-order",)

    def is_refused(self, request: Request) -> bool:
        return not body_of(request).startswith(boundary_of(request))

    def answer(self) -> Response:
        return refusal(MalformedFormError())


class NameAfterFileNameRefused(RefusesForms):
    """Reads the name of a part only where it is the first parameter."""

    caught_by = ("upload.field-order",)

    def is_refused(self, request: Request) -> bool:
        return any(re.search(rb"filename=[^\r\n]*;\s*name=", head) for _, head, _ in pieces_of(request))


class BoundaryLikeLinesRefused(RefusesForms):
    """Reads every line that begins with two hyphens as a boundary."""

    caught_by = ("upload.description", "upload.unknown-fields", "gitlab.upload.unknown-fields")

    def is_refused(self, request: Request) -> bool:
        return any(re.search(rb"(^|\n)--", text) for text in texts_of(request))


class RegistrationFails(FailsOnForms):
    """Fails on a registration, a request that is long obsolete."""

    caught_by = ("upload.submit-gone",)

    def is_refused(self, request: Request) -> bool:
        return any(value in {b"submit", b"submit_pkg_info"} for value in values_of(request, ":action"))


class DocumentationListed(Fault):
    """Lists uploaded documentation as release 0."""

    caught_by = ("upload.doc-upload-gone",)

    def handle(self, request: Request) -> Response | None:
        if request.endpoint != "upload" or values_of(request, ":action") != [b"doc_upload"]:
            return None
        name = b"".join(values_of(request, "name")).decode()
        content = b"".join(values_of(request, "content"))
        owner = gitlab_project_of(request).id
        request.registry.publish(f"{name}-0.zip", content, gitlab_project=owner)
        return json_answer({"message": "201 Created"}, status=201)
