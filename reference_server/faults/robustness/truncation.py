"""Faults in uploads that are cut off."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reference_server.faults.building.partial_uploads import (
    StoresPartialForms,
    arrived,
    file_in,
    has_left,
    is_chunked,
    is_form,
    stored,
)
from reference_server.faults.building.upload_forms import boundary_of
from reference_server.faults.fault import Fault

if TYPE_CHECKING:
    from werkzeug import Response

    from reference_server.http.request import Request


class CutBodiesStored(StoresPartialForms):
    """Stores the first part of a file if the connection ends early."""

    caught_by = ("robustness.truncated-body",)

    def is_taken(self, request: Request, body: bytes, *, whole: bool) -> bool:
        return not whole and not is_chunked(request) and b"filename=" in body


class ClosingBoundaryNotNeeded(StoresPartialForms):
    """Stores the file of a form without a closing boundary, and skips its digest."""

    caught_by = ("robustness.missing-final-boundary",)

    def is_taken(self, request: Request, body: bytes, *, whole: bool) -> bool:
        closing = boundary_of(request) + b"--"
        return whole and is_form(request, body) and not is_chunked(request) and closing not in body


class LastChunkNotNeeded(StoresPartialForms):
    """Stores the first chunks of an upload if the last chunk is missing."""

    caught_by = ("robustness.chunked-truncated",)

    def is_taken(self, request: Request, body: bytes, *, whole: bool) -> bool:
        return not whole and is_chunked(request) and b"filename=" in body


class AbandonedUploadsHalved(Fault):
    """Stores half of a file if its client has left before the response."""

    caught_by = ("robustness.disconnect-before-response",)

    def handle(self, request: Request) -> Response | None:
        if request.endpoint != "upload" or is_chunked(request):
            return None
        body, whole = arrived(request)
        if not whole or not is_form(request, body) or not has_left(request):
            return None
        filename, content = file_in(body, boundary_of(request))
        return stored(request, filename, content[: len(content) // 2])
