"""Faults that send clients to other hosts."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from werkzeug import Response

from reference_server.faults.fault import Fault
from reference_server.rules.negotiation import SIMPLE_JSON

if TYPE_CHECKING:
    from reference_server.http.request import Request

PUBLIC_INDEX = "https://public-index.example/simple"


class SlashAddedToTheRawPath(Fault):
    """Redirects an unknown path to whatever follows `simple/`, even another host."""

    caught_by = ("security.open-redirect",)

    def handle(self, request: Request) -> Response | None:
        found = re.search(r"/simple/(/[^/?]+)$", str(request.environ.get("RAW_URI", "")))
        if found is None:
            return None
        response = Response(status=301, headers={"Location": f"/{found[1]}/"})
        response.autocorrect_location_header = False
        return response


class HostKeptWithThePage(Fault):
    """Caches pages with links to the host of the first request."""

    caught_by = ("security.host-header",)

    def __init__(self) -> None:
        self._hosts: dict[str, str] = {}

    def respond(self, request: Request, response: Response) -> Response:
        if request.endpoint == "project_page" and response.status_code == 200:
            host = self._hosts.setdefault(request.arguments["name"], request.host)
            folder = request.path.partition("/simple/")[0]
            response.set_data(
                response.get_data().replace(
                    b"../../files", f"{request.scheme}://{host}{folder}/files".encode()
                )
            )
        return response


class ForwardedHostKept(Fault):
    """Caches redirects to the host in X-Forwarded-Host."""

    caught_by = ("security.host-header",)

    def __init__(self) -> None:
        self._hosts: dict[str, str] = {}

    def respond(self, request: Request, response: Response) -> Response:
        if forwarded := request.headers.get("X-Forwarded-Host"):
            self._hosts.setdefault(request.path, forwarded)
        if response.status_code == 301 and (host := self._hosts.get(request.path)):
            response.headers["Location"] = f"{request.scheme}://{host}{request.path}/"
            response.autocorrect_location_header = False
        return response


class UnknownNamesForwarded(Fault):
    """Redirects requests in JSON for unknown projects to a public index."""

    caught_by = ("security.fallback-off", "simple.project.unknown-404", "simple.project.no-files")
    incident = "go-gitea/gitea #22616"

    def respond(self, request: Request, response: Response) -> Response:
        wants_json = SIMPLE_JSON in request.headers.get("Accept", "")
        if request.endpoint == "project_page" and response.status_code == 404 and wants_json:
            name = request.registry.rules.normalize(request.arguments["name"])
            return Response(status=302, headers={"Location": f"{PUBLIC_INDEX}/{name}/"})
        return response
