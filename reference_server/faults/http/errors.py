"""Faults in the status and the type of errors."""

from __future__ import annotations

from typing import TYPE_CHECKING

from werkzeug import Response

from reference_server.faults.building.responses import ChangesHeaders
from reference_server.faults.fault import Fault

if TYPE_CHECKING:
    from reference_server.http.request import Request


class FrontPageForUnknownUrls(Fault):
    """Answers 200 with its front page to malformed URLs, as single-page applications do."""

    caught_by = ("http.errors-status",)

    def respond(self, request: Request, response: Response) -> Response:
        if request.endpoint == "file" and len(request.arguments["sha256"]) != 64:
            return Response("<!DOCTYPE html><title>Welcome</title>", content_type="text/html")
        return response


class ErrorsWithoutType(ChangesHeaders):
    """Omits Content-Type from every 404."""

    caught_by = ("http.errors-content-type", "negotiation.content-type.always")
    statuses = (404,)
    removes = ("Content-Type",)


class UnknownPathsCrash(Fault):
    """Answers 500 to unknown paths."""

    caught_by = ("http.trailing-junk",)

    def respond(self, request: Request, response: Response) -> Response:
        crashes = not request.endpoint and response.status_code in {400, 404}
        return Response(status=500) if crashes else response


class FramesOfAnUnknownPolicy(ChangesHeaders):
    """Sends an X-Frame-Options that browsers no longer know, and so ignore."""

    caught_by = ("http.browser-headers",)
    sets = ("X-Frame-Options", "ALLOW-FROM https://registry.example.com")


class TypesToBeGuessed(ChangesHeaders):
    """Sends an X-Content-Type-Options that browsers ignore."""

    caught_by = ("http.browser-headers",)
    sets = ("X-Content-Type-Options", "no-sniff")
