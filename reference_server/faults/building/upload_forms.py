"""Reads the form of an upload as it arrived, and rejects or fails on some forms."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, ClassVar

from werkzeug.exceptions import InternalServerError
from werkzeug.http import parse_options_header

from reference_server.faults.building.requests import body_of
from reference_server.faults.fault import Fault
from reference_server.http.json_responses import refusal, router_refusal
from reference_server.model.errors import InvalidFieldError

if TYPE_CHECKING:
    from werkzeug import Response

    from reference_server.http.request import Request

_FILENAME = re.compile(rb'form-data;(?=[^\r\n]*\bname="content")[^\r\n]*\bfilename="([^"]*)"')
_PART = re.compile(rb'form-data;[^\r\n]*?\bname="([^"]*)"')


def parts_of(request: Request) -> list[str]:
    """Return the names of the parts, in order."""
    return [name.decode() for name in _PART.findall(body_of(request))]


def boundary_of(request: Request) -> bytes:
    """Return the boundary with its leading hyphens."""
    return b"--" + parse_options_header(request.content_type)[1].get("boundary", "").encode("latin-1")


def pieces_of(request: Request) -> list[tuple[str, bytes, bytes]]:
    """Return the name, the header and the content of each part."""
    found = []
    for piece in (b"\r\n" + body_of(request)).split(b"\r\n" + boundary_of(request))[1:-1]:
        head, _, content = piece.partition(b"\r\n\r\n")
        name = _PART.search(head)
        found.append((name[1].decode() if name else "", head, content))
    return found


def values_of(request: Request, name: str) -> list[bytes]:
    """Return the contents of the parts of this name."""
    return [content for each, _, content in pieces_of(request) if each == name]


def text_of(request: Request, name: str) -> str:
    """Return the text of a field, or an empty one if there is no such field."""
    return b"".join(values_of(request, name)).decode(errors="replace")


def filename_of(request: Request) -> bytes:
    """Return the file name of the part `content`; empty if there is none."""
    found = _FILENAME.search(body_of(request))
    return found[1] if found else b""


def texts_of(request: Request) -> list[bytes]:
    """Return the contents of the parts that are not files."""
    return [content for _, head, content in pieces_of(request) if b"filename=" not in head]


class RefusesForms(Fault):
    """Rejects some forms before any other check."""

    field: ClassVar[str] = "content"

    def is_refused(self, request: Request) -> bool:
        """Whether to reject this form."""
        raise NotImplementedError

    def handle(self, request: Request) -> Response | None:
        """Reject the form instead of the server."""
        return self.answer() if request.endpoint == "upload" and self.is_refused(request) else None

    def answer(self) -> Response:
        """Return the rejection."""
        return refusal(InvalidFieldError(self.field))


class FailsOnForms(RefusesForms):
    """Answers 500 to some forms."""

    def answer(self) -> Response:
        """Return the server error."""
        return router_refusal(InternalServerError())
