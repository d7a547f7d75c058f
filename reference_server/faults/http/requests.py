"""Faults in connections, redirects and header fields that concern every request."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from werkzeug import Response

from reference_server.faults.building.requests import PAGES
from reference_server.faults.building.responses import ChangesHeaders, LeavesBytes
from reference_server.faults.fault import Fault

if TYPE_CHECKING:
    from reference_server.http.request import Request

JSON = "application/vnd.pypi.simple.v1+json"


class SlashAddedWithoutThePort(Fault):
    """Redirects to the URL with a slash without the port, as GitLab's links once did."""

    incident = "pip #11640"
    caught_by = ("http.absolute-links-proxy", "simple.url.redirect-keeps-origin")

    def respond(self, request: Request, response: Response) -> Response:
        if response.status_code == 301 and not request.path.endswith("/"):
            host, query = request.host.partition(":")[0], request.query_string.decode("latin-1")
            location = f"{request.scheme}://{host}{request.path}/"
            response.headers["Location"] = f"{location}?{query}" if query else location
            response.autocorrect_location_header = False
        return response


class RefusedBodyReadAsRequest(LeavesBytes):
    """Reads the rest of a large rejected upload as the next request."""

    caught_by = ("http.connection-after-error",)

    def leaves_bytes(self, request: Request, response: Response) -> bool:
        is_large = (request.content_length or 0) > 64 * 1024
        return request.endpoint == "upload" and response.status_code == 401 and is_large


class RefusedBodyAnswered(Fault):
    """Answers the body of a rejected upload, too, as if it were the next request."""

    caught_by = ("http.connection-after-error",)

    def respond(self, request: Request, response: Response) -> Response:
        if request.endpoint == "upload" and response.status_code == 401:
            answer = b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n"
            response.call_on_close(lambda: request.write_raw(answer))
        return response


class PoetryRedirected(Fault):
    """Redirects installers that it does not recognize by their User-Agent, as devpi does."""

    caught_by = ("http.user-agent-independent",)

    def handle(self, request: Request) -> Response | None:
        unknown = request.endpoint == "project_page" and "poetry" in request.headers.get("User-Agent", "")
        return Response(status=302, headers={"Location": "../"}) if unknown else None


class ConstantSerial(Fault):
    """Sends a serial that never changes, as Pulp does."""

    caught_by = ("http.serial-header",)

    def respond(self, request: Request, response: Response) -> Response:
        if request.endpoint == "project_page" and response.status_code == 200:
            response.headers["X-PyPI-Last-Serial"] = "1000000000"
            if response.mimetype == JSON:
                page = json.loads(response.get_data())
                page["meta"]["_last-serial"] = 1000000000
                response.set_data(json.dumps(page))
        return response


class CORSForHTMLOnly(ChangesHeaders):
    """Allows other origins to read HTML, but neither JSON nor errors."""

    caught_by = ("http.cors",)
    sets = ("Access-Control-Allow-Origin", "*")

    def applies_to(self, request: Request, response: Response) -> bool:
        return request.endpoint in PAGES and response.mimetype == "text/html"
