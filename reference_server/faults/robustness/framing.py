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
    """Reads a chunked body as empty, as WSGI servers that rely on Content-Length do."""

    caught_by = ("robustness.chunked",)

    def handle(self, request: Request) -> Response | None:
        if request.endpoint == "upload" and is_chunked(request):
            arrived(request)
            request.body = io.BytesIO()
        return None


class ExpectationsIgnored(Fault):
    """Ignores `Expect: 100-continue` and waits for the body."""

    caught_by = ("robustness.expect-continue",)

    def handle(self, request: Request) -> Response | None:
        if awaited := request.environ.get(AWAITED):
            awaited.cancel()
        return None


class EncodedFormsFail(FailsOnForms):
    """Fails on a form with Content-Encoding."""

    caught_by = ("robustness.encoded-request",)

    def is_refused(self, request: Request) -> bool:
        return "Content-Encoding" in request.headers
