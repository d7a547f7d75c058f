"""Faults in how bodies are framed and encoded."""

from __future__ import annotations

import io
import re
from typing import IO, TYPE_CHECKING, cast

from reference_server.faults.building.partial_uploads import arrived, is_chunked
from reference_server.faults.building.upload_forms import FailsOnForms
from reference_server.faults.fault import Fault
from reference_server.http.chunked import ChunkedBody
from reference_server.http.expect_continue import AWAITED

if TYPE_CHECKING:
    from werkzeug import Response

    from reference_server.http.request import Request


class ChunksNotRead(Fault):
    """Reads a chunked body as empty, as WSGI servers that rely on Content-Length do."""

    caught_by = ("robustness.chunked",)

    def handle(self, request: Request) -> Response | None:
        if request.endpoint == "upload" and is_chunked(request):
            arrived(request)
            request.body = io.BytesIO()
        return None


class _ReadsChunks(Fault):
    """Reads chunks in its own way."""

    acts_on = ("upload",)

    def handle(self, request: Request) -> Response | None:
        body = request.environ.get("wsgi.input")
        if isinstance(body, ChunkedBody):
            self.read(body)
        return None

    def read(self, body: ChunkedBody) -> None:
        """Change how a body is read."""
        raise NotImplementedError


class ChunkSizesInLowerCase(_ReadsChunks):
    """Reads the size of a chunk in lower case only."""

    caught_by = ("robustness.chunked-syntax",)

    def read(self, body: ChunkedBody) -> None:
        body.length = re.compile(rb"([0-9a-f]{1,15})[ \t]*(?:;[^\r\n]*)?\r?\n")


class ChunkExtensionsRefused(_ReadsChunks):
    """Reads a chunk with an extension as the end of the connection."""

    caught_by = ("robustness.chunked-syntax",)

    def read(self, body: ChunkedBody) -> None:
        body.length = re.compile(rb"([0-9A-Fa-f]{1,15})\r?\n")


class TrailersRefused(_ReadsChunks):
    """Reads a field behind the last chunk as the end of the connection."""

    caught_by = ("robustness.chunked-syntax",)

    def read(self, body: ChunkedBody) -> None:
        body.trailers = 0


class ExpectationsIgnored(Fault):
    """Ignores `Expect: 100-continue` and waits for the body."""

    caught_by = ("robustness.expect-continue",)

    def handle(self, request: Request) -> Response | None:
        if awaited := request.environ.get(AWAITED):
            awaited.cancel()
        return None


class SecondReadAfterContinueFails(Fault):
    """Fails on a body that is read in several pieces after `100 Continue`."""

    caught_by = ("robustness.expect-continue",)

    def handle(self, request: Request) -> Response | None:
        if AWAITED in request.environ:
            request.body = cast("IO[bytes]", _ReadOnce(request.body))
        return None


class _ReadOnce(io.RawIOBase):
    """A body of which the first piece alone can be read."""

    def __init__(self, body: IO[bytes]) -> None:
        self._body: IO[bytes] | None = body

    def read(self, size: int = -1, /) -> bytes:
        """Read the first piece. Raises RuntimeError for another one."""
        if self._body is None:
            raise RuntimeError("the body was read before")
        body, self._body = self._body, None
        return body.read(size)


class EncodedFormsFail(FailsOnForms):
    """Fails on a form with Content-Encoding."""

    caught_by = ("robustness.encoded-request",)

    def is_refused(self, request: Request) -> bool:
        return "Content-Encoding" in request.headers
