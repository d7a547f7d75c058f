"""Faults in uploads whose form is malformed or incomplete."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from werkzeug.http import parse_options_header

from reference_server.faults.building.partial_uploads import (
    FORM,
    StoresPartialForms,
    arrived,
    file_in,
    is_chunked,
    is_form,
    stored,
)
from reference_server.faults.building.request_notes import NotesRequests
from reference_server.faults.building.upload_forms import FailsOnForms, boundary_of
from reference_server.faults.fault import Fault
from reference_server.http.json_responses import json_answer, refusal
from reference_server.model.errors import FileNameTakenError

if TYPE_CHECKING:
    from werkzeug import Response

    from reference_server.http.request import Request
    from reference_server.rules import Rules


class BoundaryGuessed(StoresPartialForms):
    """Takes the boundary from the body and ignores the one in the header."""

    caught_by = ("robustness.wrong-boundary",)

    def is_taken(self, request: Request, body: bytes, *, whole: bool) -> bool:
        return whole and boundary_of(request) not in body and b"filename=" in body

    def boundary(self, request: Request, body: bytes) -> bytes:
        return body.partition(b"\r\n")[0]


class MissingBoundaryFails(FailsOnForms):
    """Fails on a form without a boundary."""

    caught_by = ("robustness.no-boundary",)

    def is_refused(self, request: Request) -> bool:
        mimetype, options = parse_options_header(request.content_type)
        return mimetype == FORM and not options.get("boundary")


class OtherBodiesFail(FailsOnForms):
    """Fails on a body that is not multipart/form-data."""

    caught_by = ("robustness.not-multipart",)

    def is_refused(self, request: Request) -> bool:
        return bool(request.content_length) and request.mimetype != FORM


class EmptyUploadsAccepted(Fault):
    """Answers 200 to an upload without a body."""

    caught_by = ("robustness.empty-body",)

    def handle(self, request: Request) -> Response | None:
        empty = request.endpoint == "upload" and not request.content_length and not is_chunked(request)
        return json_answer({"message": "200 OK"}) if empty else None


class EmptyFilesAccepted(Fault):
    """Accepts empty files."""

    caught_by = ("robustness.empty-content",)

    def rules(self, rules: Rules) -> Rules:
        return replace(
            rules,
            open_archive=lambda filename, blob, limits: (
                rules.open_archive(filename, blob, limits) if blob.size else None
            ),
        )


class FilesNamedByTheForm(Fault):
    """Invents a missing file name from the name and the version in the form."""

    caught_by = ("robustness.no-filename", "upload.content-required")

    def handle(self, request: Request) -> Response | None:
        if request.endpoint != "upload":
            return None
        body, whole = arrived(request)
        nameless = b'name="content"\r\n'
        if not whole or not is_form(request, body) or nameless not in body:
            return None
        name = re.search(rb'name="name"\r\n\r\n([^\r]*)', body)
        version = re.search(rb'name="version"\r\n\r\n([^\r]*)', body)
        if name is None or version is None:
            return None
        project = name[1].decode().replace("-", "_")
        filename = f"{project}-{version[1].decode()}-py3-none-any.whl"
        named = body.replace(nameless, b'name="content"; filename=""\r\n')
        return stored(request, filename, file_in(named, boundary_of(request))[1])


class RefusedFileNamesReserved(NotesRequests[str]):
    """Reserves the name of a file that it rejected for its digest."""

    caught_by = ("robustness.wrong-digest-then-right",)

    def __init__(self) -> None:
        self._taken: set[str] = set()

    def note(self, request: Request) -> str:
        """The name of the file that this request uploads."""
        if request.endpoint != "upload":
            return ""
        return file_in(arrived(request)[0], boundary_of(request))[0]

    def handle(self, request: Request) -> Response | None:
        super().handle(request)
        return refusal(FileNameTakenError()) if self.noted(request) in self._taken else None

    def respond(self, request: Request, response: Response) -> Response:
        filename = self.noted(request)
        if filename and b"Digest does not match" in response.get_data():
            self._taken.add(filename)
        return response
