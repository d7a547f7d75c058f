"""Faults in requests whose end is ambiguous."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reference_server.faults.building.partial_uploads import has_left, is_chunked
from reference_server.faults.building.upload_forms import FailsOnForms
from reference_server.faults.fault import Fault

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from reference_server.http.request import Request

LINGERING = 30.0
"""Seconds for which a connection stays open without a reason, unless the client closes it."""


class TwoLengthsFail(FailsOnForms):
    """Fails on a request with both Content-Length and chunks."""

    caught_by = ("security.smuggling",)

    def is_refused(self, request: Request) -> bool:
        return is_chunked(request) and request.environ.get("CONTENT_LENGTH", "") != ""


class TwoLengthsKeptOpen(Fault):
    """Keeps the connection open after a request with both Content-Length and chunks."""

    caught_by = ("security.smuggling",)

    def transmit(self, request: Request, body: Iterable[bytes]) -> Iterable[bytes]:
        in_doubt = is_chunked(request) and request.environ.get("CONTENT_LENGTH", "") != ""
        return self._and_stay(request, body) if in_doubt else body

    def _and_stay(self, request: Request, body: Iterable[bytes]) -> Iterator[bytes]:
        yield from body
        has_left(request, within=LINGERING)
