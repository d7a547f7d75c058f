"""Faults in features that a registry claims."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reference_server.faults.fault import Fault

if TYPE_CHECKING:
    from werkzeug import Response

    from reference_server.http.request import Request


class RangesGone(Fault):
    """Claims ranges, and sends every file as a whole."""

    caught_by = ("simple.claimed-features",)
    features = ("range",)
    acts_on = ("file",)

    def handle(self, request: Request) -> Response | None:
        request.environ.pop("HTTP_RANGE", None)
        return None

    def respond(self, request: Request, response: Response) -> Response:
        if request.endpoint == "file":
            response.headers.pop("Accept-Ranges", None)
        return response
