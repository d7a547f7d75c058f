"""Faults in how bodies are framed and encoded."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

from reference_server.faults.building.partial_uploads import arrived, is_chunked
from reference_server.faults.building.upload_forms import FailsOnForms
from reference_server.faults.fault import Fault
from reference_server.http.expect_continue import AWAITED

if TYPE_CHECKING:
    from werkzeug import Response

    from reference_server.http.request import Request


class ChunksNotRead(Fault):
    """Sees an empty body where it comes in chunks, as WSGI servers do that go by Content-Length alone."""

    caught_by = ("robustness.chunked",)

    def handle(self, request: Request) -> Response | None:
        if request.endpoint == "upload" and is_chunked(request):
            arrived(request)
            request.body = io.BytesIO()
        return None


class ExpectationsIgnored(Fault):
    """Says nothing to a client that waits to be asked for the body, and waits itself."""

    caught_by = ("robustness.expect-continue",)

    def handle(self, request: Request) -> Response | None:
        if awaited := request.environ.get(AWAITED):
            awaited.hush()
        return None


class EncodedFormsFail(FailsOnForms):
    """Fails at a form in a Content-Encoding."""

    caught_by = ("robustness.encoded-request",)

    def is_refused(self, request: Request) -> bool:
        return "Content-Encoding" in request.headers
