"""Faults in methods other than GET."""

from __future__ import annotations

from typing import TYPE_CHECKING

from werkzeug import Response

from reference_server.faults.building.leftover_bytes import LeavesBytes
from reference_server.faults.building.response_headers import ChangesHeaders
from reference_server.faults.building.routes import PAGES
from reference_server.faults.fault import Fault

if TYPE_CHECKING:
    from reference_server.http.request import Request


class HeadRefusedOnPages(Fault):
    """Answers HEAD on a page with 405."""

    caught_by = ("http.head", "negotiation.head-same")

    def respond(self, request: Request, response: Response) -> Response:
        refused = request.method == "HEAD" and request.endpoint in PAGES and response.status_code == 200
        return Response(status=405, headers={"Allow": "GET"}) if refused else response


class HeadRefusedOnFiles(Fault):
    """Answers HEAD on a file with 405, as Azure Artifacts does."""

    incident = "uv #1371"
    caught_by = ("http.head", "http.head.file")

    def respond(self, request: Request, response: Response) -> Response:
        refused = request.method == "HEAD" and request.endpoint == "file"
        return Response(status=405, headers={"Allow": "GET"}) if refused else response


class NotAllowedWithoutAllow(ChangesHeaders):
    """Answers 405 and does not say which methods there are."""

    caught_by = ("http.method-not-allowed",)
    statuses = (405,)
    removes = ("Allow",)


class BodyAfterHead(LeavesBytes):
    """Sends a body with an error for HEAD, which is taken for the answer to the next request."""

    caught_by = ("http.http2-1.1",)

    def leaves_bytes(self, request: Request, response: Response) -> bool:
        return request.method == "HEAD" and response.status_code == 404
