"""Faults with uploads that are broken, or break off, and with requests that can be read in two ways."""

from __future__ import annotations

import io
import re
import select
from dataclasses import replace
from typing import IO, TYPE_CHECKING, cast

from werkzeug.exceptions import ClientDisconnected
from werkzeug.http import parse_options_header

from reference_server.alterations import HangUpError
from reference_server.faults.fault import Fault
from reference_server.faults.reading import gitlab_project_of
from reference_server.faults.reading_forms import FailsOnForms, boundary_of
from reference_server.http.expect_continue import AWAITED
from reference_server.http.json_responses import json_answer, refusal
from reference_server.model.errors import FileNameTakenError, RegistryError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from werkzeug import Response

    from reference_server.http.request import Request
    from reference_server.rules import Rules

FORM = "multipart/form-data"
MANY_FIELDS = 1_000
LONG_FIELD = 2_500_000
LONG_PART_HEADER = 16 * 1024
FAR_TOO_LARGE = 500_000_000
"""Bytes, but for the fields: numbers that form parsers and proxies come with."""

MOMENT = 0.1
"""Seconds in which a client that is about to leave has left."""
LINGERING = 30.0
"""Seconds for which a connection stays open without a reason, unless the client closes it."""


class StoresWhatHasCome(Fault):
    """Stores the file of a form that `is_taken` tells, as far as it has come."""

    def is_taken(self, request: Request, body: bytes, *, whole: bool) -> bool:
        """Tell whether this form is one of them; `whole` is not what it says, but what was received."""
        raise NotImplementedError

    def handle(self, request: Request) -> Response | None:
        """Answer for the server."""
        if request.endpoint != "upload":
            return None
        body, whole = arrived(request)
        if not self.is_taken(request, body, whole=whole):
            return None
        return stored(request, *file_in(body, self.boundary(request, body)))

    def boundary(self, request: Request, body: bytes) -> bytes:
        """Give what the parts begin with."""
        del body
        return boundary_of(request)


# Endings


class CutBodiesStored(StoresWhatHasCome):
    """Takes the end of the connection for the end of the form, and stores half of a file."""

    breaks = ("robustness.truncated-body",)

    def is_taken(self, request: Request, body: bytes, *, whole: bool) -> bool:
        return not whole and not is_chunked(request) and b"filename=" in body


class ClosingBoundaryNotNeeded(StoresWhatHasCome):
    """Takes the end of the body for the end of the last part, and compares no digest."""

    breaks = ("robustness.missing-final-boundary",)

    def is_taken(self, request: Request, body: bytes, *, whole: bool) -> bool:
        closing = boundary_of(request) + b"--"
        return whole and is_form(request, body) and not is_chunked(request) and closing not in body


class LastChunkNotNeeded(StoresWhatHasCome):
    """Takes the end of the connection for the last chunk, and stores what was in the chunks before."""

    breaks = ("robustness.chunked-truncated",)

    def is_taken(self, request: Request, body: bytes, *, whole: bool) -> bool:
        return not whole and is_chunked(request) and b"filename=" in body


class UnheardUploadsHalved(Fault):
    """Stores half of a file when its client has left before the answer."""

    breaks = ("robustness.disconnect-before-response",)

    def handle(self, request: Request) -> Response | None:
        if request.endpoint != "upload" or is_chunked(request):
            return None
        body, whole = arrived(request)
        if not whole or not is_form(request, body) or not has_left(request):
            return None
        filename, content = file_in(body, boundary_of(request))
        return stored(request, filename, content[: len(content) // 2])


# Forms that are none


class BoundaryGuessed(StoresWhatHasCome):
    """Goes by the boundary that the body begins with, whatever the header says."""

    breaks = ("robustness.wrong-boundary",)

    def is_taken(self, request: Request, body: bytes, *, whole: bool) -> bool:
        return whole and boundary_of(request) not in body and b"filename=" in body

    def boundary(self, request: Request, body: bytes) -> bytes:
        del request
        return body.partition(b"\r\n")[0]


class BoundaryTakenForGranted(FailsOnForms):
    """Fails at a form without a boundary."""

    breaks = ("robustness.no-boundary",)

    def is_refused(self, request: Request) -> bool:
        mimetype, options = parse_options_header(request.content_type)
        return mimetype == FORM and not options.get("boundary")


class OtherBodiesFail(FailsOnForms):
    """Fails at a body that is no multipart/form-data."""

    breaks = ("robustness.not-multipart",)

    def is_refused(self, request: Request) -> bool:
        return bool(request.content_length) and request.mimetype != FORM


class EmptyUploadsWelcome(Fault):
    """Answers a POST without a body as if it had stored something."""

    breaks = ("robustness.empty-body",)

    def handle(self, request: Request) -> Response | None:
        empty = request.endpoint == "upload" and not request.content_length and not is_chunked(request)
        return json_answer({"message": "200 OK"}) if empty else None


class EmptyFilesTaken(Fault):
    """Looks into a file only when there is something in it."""

    breaks = ("robustness.empty-content",)

    def rules(self, rules: Rules) -> Rules:
        return replace(
            rules,
            open_archive=lambda filename, blob, limits: (
                rules.open_archive(filename, blob, limits) if blob.size else None
            ),
        )


class FilesNamedByTheForm(Fault):
    """Makes up a file name when the file has none, of the name and the version in the form."""

    breaks = ("robustness.no-filename", "upload.content-required")

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


class RefusedFileNamesTaken(Fault):
    """Keeps the name of a file that it has refused for its digest, and refuses the next one of that name."""

    breaks = ("robustness.wrong-digest-then-right",)

    def __init__(self) -> None:
        self._taken: set[str] = set()

    def handle(self, request: Request) -> Response | None:
        if request.endpoint == "upload":
            body, _ = arrived(request)
            request.environ["reference_server.filename"], _ = file_in(body, boundary_of(request))
        taken = request.environ.get("reference_server.filename") in self._taken
        return refusal(FileNameTakenError()) if taken else None

    def respond(self, request: Request, response: Response) -> Response:
        if b"Digest does not match" in response.get_data():
            self._taken.add(request.environ["reference_server.filename"])
        return response


# Framing


class ChunksNotRead(Fault):
    """Sees an empty body where it comes in chunks, as WSGI servers do that go by Content-Length alone."""

    breaks = ("robustness.chunked",)

    def handle(self, request: Request) -> Response | None:
        if request.endpoint == "upload" and is_chunked(request):
            arrived(request)
            request.body = io.BytesIO()
        return None


class ExpectationsIgnored(Fault):
    """Says nothing to a client that waits to be asked for the body, and waits itself."""

    breaks = ("robustness.expect-continue",)

    def handle(self, request: Request) -> Response | None:
        if awaited := request.environ.get(AWAITED):
            awaited.cancel()
        return None


class EncodedFormsFail(FailsOnForms):
    """Fails at a form in a Content-Encoding."""

    breaks = ("robustness.encoded-request",)

    def is_refused(self, request: Request) -> bool:
        return "Content-Encoding" in request.headers


class TwoLengthsFail(FailsOnForms):
    """Fails at a request with a length and chunks."""

    breaks = ("security.smuggling",)

    def is_refused(self, request: Request) -> bool:
        return is_chunked(request) and request.environ.get("CONTENT_LENGTH", "") != ""


class TwoLengthsKeptOpen(Fault):
    """Waits for another request after one with a length and chunks, whose end is in doubt."""

    breaks = ("security.smuggling",)

    def transmit(self, request: Request, body: Iterable[bytes]) -> Iterable[bytes]:
        in_doubt = is_chunked(request) and request.environ.get("CONTENT_LENGTH", "") != ""
        return self._and_stay(request, body) if in_doubt else body

    def _and_stay(self, request: Request, body: Iterable[bytes]) -> Iterator[bytes]:
        yield from body
        has_left(request, within=LINGERING)


# Sizes


class LargeBodiesReset(Fault):
    """Resets the connection when a body is far too large, before it has said so."""

    breaks = ("robustness.oversize",)

    def transmit(self, request: Request, body: Iterable[bytes]) -> Iterable[bytes]:
        if (request.content_length or 0) < FAR_TOO_LARGE:
            return body
        request.reset()
        raise HangUpError


class ManyFieldsFail(FailsOnForms):
    """Fails at a form of more than a thousand fields."""

    breaks = ("robustness.many-fields",)

    def is_refused(self, request: Request) -> bool:
        return arrived(request)[0].count(b"Content-Disposition: form-data;") > MANY_FIELDS


class LongFieldsFail(FailsOnForms):
    """Fails at a description of more than 2.5 MB."""

    breaks = ("robustness.huge-text-field",)

    def is_refused(self, request: Request) -> bool:
        found = re.search(rb'name="description"\r\n\r\n([^\r]*)', arrived(request)[0])
        return found is not None and len(found[1]) > LONG_FIELD


class LongPartHeadersFail(FailsOnForms):
    """Fails at a part whose header is longer than 16 KiB."""

    breaks = ("robustness.huge-header",)

    def is_refused(self, request: Request) -> bool:
        return re.search(rb"X-Padding: [^\r]{%d}" % LONG_PART_HEADER, arrived(request)[0]) is not None


# What they are made of


class _BrokenOff(io.BytesIO):
    """A body that ends before its end, as it did when it was read from the connection."""

    def read(self, size: int | None = -1, /) -> bytes:
        data = super().read(size)
        if not data:
            raise ClientDisconnected
        return data


def arrived(request: Request) -> tuple[bytes, bool]:
    """Give what there is of a body, and whether that is all; leave it where it can be read again.

    What is far too large is left to the server, which refuses it at once.
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
    request.body = cast("IO[bytes]", io.BytesIO(body) if whole else _BrokenOff(body))
    return body, whole


def is_chunked(request: Request) -> bool:
    """Tell whether the body comes in chunks."""
    return "chunked" in request.headers.get("Transfer-Encoding", "").lower()


def is_form(request: Request, body: bytes) -> bool:
    """Tell whether the body begins as the header says that a form does."""
    return request.mimetype == FORM and len(boundary_of(request)) > 2 and boundary_of(request) in body


def file_in(body: bytes, boundary: bytes) -> tuple[str, bytes]:
    """Give the name and the bytes of a form's file, up to the next boundary or the end of all; both may be empty."""
    _, _, rest = body.partition(b'name="content"; filename="')
    filename, _, rest = rest.partition(b'"')
    _, _, rest = rest.partition(b"\r\n\r\n")
    return filename.decode("utf-8", errors="replace"), rest.partition(b"\r\n" + boundary)[0]


def stored(request: Request, filename: str, content: bytes) -> Response:
    """Store a file without a look at it, and answer as for any other."""
    try:
        request.registry.publish(filename, content, gitlab_project=gitlab_project_of(request).id)
    except RegistryError as error:
        return refusal(error)
    return json_answer({"message": "201 Created"}, status=201)


def has_left(request: Request, *, within: float = MOMENT) -> bool:
    """Tell whether the client has closed the connection, or closes it within these seconds."""
    connection = request.connection
    if connection is None:
        return False
    return bool(select.select([connection], [], [], within)[0])
