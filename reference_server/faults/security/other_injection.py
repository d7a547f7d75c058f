"""Faults in escaping JSON and header fields."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import unquote

from reference_server.faults.building.request_notes import NotesRequests
from reference_server.faults.building.upload_forms import text_of
from reference_server.faults.fault import Fault

if TYPE_CHECKING:
    from werkzeug import Response

    from reference_server.http.request import Request

LINE_BREAK = re.compile(r"\r\n([\w-]+): ([^\r\n]*)")


class JSONByHand(Fault):
    """Writes Requires-Python unescaped into JSON."""

    caught_by = ("security.json.injection",)

    def rendered(self, body: bytes) -> bytes:
        pattern = rb'(?<="requires-python":")(?:[^"\\]|\\.)*'
        return re.sub(pattern, lambda match: re.sub(rb'\\(["\\])', rb"\1", match[0]), body)


class BackslashesNotEscaped(Fault):
    """Escapes the quotes in JSON but not the backslashes."""

    caught_by = ("security.json.injection",)

    def rendered(self, body: bytes) -> bytes:
        return body.replace(rb"\\", b"\\") if body.startswith(b"{") else body


class FieldsInHeaders(NotesRequests[str]):
    """Repeats the rejected version in a header field, line breaks included."""

    caught_by = ("security.header.injection",)

    def note(self, request: Request) -> str:
        return text_of(request, "version") if request.endpoint == "upload" else ""

    def respond(self, request: Request, response: Response) -> Response:
        if response.status_code == 400:
            _break_lines(response, self.noted(request) or "")
        return response


class QueriesInHeaders(Fault):
    """Decodes the query in a redirect, line breaks included."""

    caught_by = ("security.header.injection",)

    def respond(self, request: Request, response: Response) -> Response:
        if response.status_code == 301:
            _break_lines(response, unquote(request.query_string.decode("latin-1")))
        return response


def _break_lines(response: Response, value: str) -> None:
    """Add the header fields that begin after the line breaks of a value."""
    for name, content in LINE_BREAK.findall(value):
        response.headers[name] = content
