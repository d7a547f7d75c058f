"""Reads uploads that are cut off or malformed, and stores them without checks."""

from __future__ import annotations

import io
import select
from typing import IO, TYPE_CHECKING, cast

from werkzeug.exceptions import ClientDisconnected

from reference_server.faults.building.requests import gitlab_project_of
from reference_server.faults.building.upload_forms import boundary_of
from reference_server.faults.fault import Fault
from reference_server.http.json_responses import json_answer, refusal
from reference_server.model.errors import RegistryError

if TYPE_CHECKING:
    from werkzeug import Response

    from reference_server.http.request import Request

FORM = "multipart/form-data"
FAR_TOO_LARGE = 500_000_000
"""Bytes, but for the fields: numbers that form parsers and proxies come with."""

MOMENT = 0.5
"""Seconds in which a client that is about to leave has left."""


class StoresPartialForms(Fault):
    """Stores the file of a partial form, as far as it has arrived."""

    def is_taken(self, request: Request, body: bytes, *, whole: bool) -> bool:
        """Whether to store this form; `whole` says whether all of the body was received."""
        raise NotImplementedError

    def handle(self, request: Request) -> Response | None:
        """Store the form instead of the server."""
        if request.endpoint != "upload":
            return None
        body, whole = arrived(request)
        if not self.is_taken(request, body, whole=whole):
            return None
        return stored(request, *file_in(body, self.boundary(request, body)))

    def boundary(self, request: Request, body: bytes) -> bytes:
        """Return the boundary of the parts."""
        return boundary_of(request)


class TruncatedBody(io.BytesIO):
    """A body that raises at its early end, as it did when it was first read."""

    def read(self, size: int | None = -1, /) -> bytes:
        data = super().read(size)
        if not data:
            raise ClientDisconnected
        return data


def arrived(request: Request) -> tuple[bytes, bool]:
    """Return the received body and whether it is complete; it can be read again.

    A far too large body is left to the server, which rejects it at once.
    """
    if (request.content_length or 0) > FAR_TOO_LARGE:
        return b"", False
    pieces = []
    whole = True
    try:
        while piece := request.body.read(64 * 1024):
            pieces.append(piece)
    except (ClientDisconnected, OSError):
        whole = False
    body = b"".join(pieces)
    request.body = cast("IO[bytes]", io.BytesIO(body) if whole else TruncatedBody(body))
    return body, whole


def is_chunked(request: Request) -> bool:
    """Whether the body is chunked."""
    return "chunked" in request.headers.get("Transfer-Encoding", "").lower()


def is_form(request: Request, body: bytes) -> bool:
    """Whether the body has the boundary that the header declares."""
    return request.mimetype == FORM and len(boundary_of(request)) > 2 and boundary_of(request) in body


def file_in(body: bytes, boundary: bytes) -> tuple[str, bytes]:
    """Return the name and the bytes of the file, up to the next boundary or the end of the body; both may be empty."""
    _, _, rest = body.partition(b'name="content"; filename="')
    filename, _, rest = rest.partition(b'"')
    _, _, rest = rest.partition(b"\r\n\r\n")
    return filename.decode("utf-8", errors="replace"), rest.partition(b"\r\n" + boundary)[0]


def stored(request: Request, filename: str, content: bytes) -> Response:
    """Store a file without checks, and return the usual response."""
    try:
        request.registry.publish(filename, content, gitlab_project=gitlab_project_of(request).id)
    except RegistryError as error:
        return refusal(error)
    return json_answer({"message": "201 Created"}, status=201)


def has_left(request: Request, *, within: float = MOMENT) -> bool:
    """Whether the client has closed the connection, or closes it within so many seconds."""
    connection = request.connection
    if connection is None:
        return False
    return bool(select.select([connection], [], [], within)[0])
