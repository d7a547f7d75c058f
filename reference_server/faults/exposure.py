"""Faults in where answers lead, and in what they give away."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

from werkzeug import Response

from reference_server.faults import Fault
from reference_server.http.json_responses import json_answer
from reference_server.rules.negotiation import SIMPLE_JSON

if TYPE_CHECKING:
    from reference_server.http.request import Request

PUBLIC_INDEX = "https://public-index.example/simple"
TRACE = (
    "Traceback (most recent call last):\n"
    '  File "/usr/lib/python3/dist-packages/registry/views.py", line 42, in project\n'
    "KeyError: 'name'\n"
)
STATEMENT = "SELECT id, name FROM packages WHERE name = ?"


class SlashAddedToTheRawPath(Fault):
    """Adds a slash to a path that it does not know, by a redirect to what comes after `simple/`."""

    caught_by = ("security.open-redirect",)

    def handle(self, request: Request) -> Response | None:
        asked = re.search(r"/simple/(/[^/?]+)$", str(request.environ.get("RAW_URI", "")))
        if asked is None:
            return None
        response = Response(status=301, headers={"Location": f"/{asked[1]}/"})
        response.autocorrect_location_header = False
        return response


class HostKeptWithThePage(Fault):
    """Keeps pages with links to the host that was first asked for them."""

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
    """Keeps the host that a proxy is said to have for the redirects of others."""

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
    """Sends who asks in JSON for a project that is not there to a public index."""

    caught_by = ("security.fallback-off", "simple.project.unknown-404", "simple.project.no-files")
    incident = "go-gitea/gitea #22616"

    def respond(self, request: Request, response: Response) -> Response:
        wants_json = SIMPLE_JSON in request.headers.get("Accept", "")
        if request.endpoint == "project_page" and response.status_code == 404 and wants_json:
            name = request.registry.rules.normalize(request.arguments["name"])
            return Response(status=302, headers={"Location": f"{PUBLIC_INDEX}/{name}/"})
        return response


class MetadataShownInBrowsers(Fault):
    """Sends metadata files as HTML."""

    caught_by = ("security.served-type", "metadata.content-encoding")

    def respond(self, request: Request, response: Response) -> Response:
        if request.endpoint == "metadata_file" and response.status_code == 200:
            response.content_type = "text/html; charset=utf-8"
        return response


class TypesLeftToBrowsers(Fault):
    """Sends files without their type, so that browsers guess it."""

    caught_by = ("security.served-type", "http.files.content-type")

    def respond(self, request: Request, response: Response) -> Response:
        if request.endpoint in {"file", "metadata_file"}:
            for name in ("Content-Type", "Content-Disposition", "X-Content-Type-Options"):
                response.headers.pop(name, None)
        return response


class TracesInErrors(Fault):
    """Explains that a project is not there with a stack trace."""

    caught_by = ("security.info-leak",)

    def respond(self, request: Request, response: Response) -> Response:
        if request.endpoint == "project_page" and response.status_code == 404:
            return json_answer({"message": TRACE}, status=404)
        return response


class StatementsInErrors(Fault):
    """Explains that a file is not there with the statement that did not find it."""

    caught_by = ("security.info-leak",)

    def respond(self, request: Request, response: Response) -> Response:
        if request.endpoint == "file" and response.status_code == 404:
            return json_answer({"message": f"no rows for {STATEMENT}"}, status=404)
        return response


class BrokenFormsExplained(Fault):
    """Explains that a form is broken with a path of its own machine."""

    caught_by = ("security.info-leak",)

    def respond(self, request: Request, response: Response) -> Response:
        if request.endpoint == "upload" and response.status_code == 400:
            told = json.loads(response.get_data())
            if "missing" in told.get("error", ""):
                return json_answer({"error": "no form in /var/lib/registry/tmp/upload-1"}, status=400)
        return response
