"""Faults in methods other than GET."""

from __future__ import annotations

from typing import TYPE_CHECKING

from werkzeug import Response

from reference_server.faults.building.requests import PAGES
from reference_server.faults.building.responses import ChangesHeaders, LeavesBytes
from reference_server.faults.fault import Fault
from reference_server.faults.simple.urls import lacks_slash

if TYPE_CHECKING:
    from reference_server.http.request import Request


class HeadRefusedOnPages(Fault):
    """Answers 405 to HEAD requests for pages."""

    caught_by = ("http.head", "negotiation.head-same")

    def respond(self, request: Request, response: Response) -> Response:
        refused = request.method == "HEAD" and request.endpoint in PAGES and response.status_code == 200
        return Response(status=405, headers={"Allow": "GET"}) if refused else response


class HeadWithoutSlashNotFound(Fault):
    """Answers 404 to HEAD where GET redirects to the URL with a slash."""

    caught_by = ("http.head",)

    def respond(self, request: Request, response: Response) -> Response:
        is_lost = request.method == "HEAD" and lacks_slash(request)
        return Response(status=404) if is_lost else response


class HeadOfAbsentPagesAccepted(Fault):
    """Answers 200 to HEAD for an absent project."""

    caught_by = ("http.head",)

    def respond(self, request: Request, response: Response) -> Response:
        if request.method == "HEAD" and request.endpoint == "project_page" and response.status_code == 404:
            response.status_code = 200
        return response


class HeadRefusedOnFiles(Fault):
    """Answers 405 to HEAD requests for files, as Azure Artifacts does."""

    incident = "uv #1371"
    caught_by = ("http.head", "http.head.file")

    def respond(self, request: Request, response: Response) -> Response:
        refused = request.method == "HEAD" and request.endpoint == "file"
        return Response(status=405, headers={"Allow": "GET"}) if refused else response


class NotAllowedWithoutAllow(ChangesHeaders):
    """Answers 405 without Allow."""

    caught_by = ("http.method-not-allowed",)
    statuses = (405,)
    removes = ("Allow",)


class AllowSeparatedByBlanks(Fault):
    """Separates the methods of Allow by blanks, as no list of a header field is."""

    caught_by = ("http.method-not-allowed", "upload.get-not-allowed", "upload.wrong-url-405")

    def respond(self, request: Request, response: Response) -> Response:
        if "Allow" in response.headers:
            response.headers["Allow"] = response.headers["Allow"].replace(",", "")
        return response


class BodyAfterHead(LeavesBytes):
    """Sends a body with errors to HEAD requests, which is read as the next response."""

    caught_by = ("http.http2-1.1",)

    def leaves_bytes(self, request: Request, response: Response) -> bool:
        return request.method == "HEAD" and response.status_code == 404
