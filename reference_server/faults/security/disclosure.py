"""Faults in served types and in what errors disclose."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from reference_server.faults.building.requests import FILES
from reference_server.faults.building.responses import ChangesHeaders
from reference_server.faults.fault import Fault
from reference_server.http.json_responses import json_answer

if TYPE_CHECKING:
    from werkzeug import Response

    from reference_server.http.request import Request

TRACE = (
    "Traceback (most recent call last):\n"
    '  File "/usr/lib/python3/dist-packages/registry/views.py", line 42, in project\n'
    "KeyError: 'name'\n"
)
STATEMENT = "SELECT id, name FROM packages WHERE name = ?"


class MetadataShownInBrowsers(ChangesHeaders):
    """Serves metadata files as HTML."""

    caught_by = ("security.served-type", "metadata.content-encoding")
    acts_on, statuses = ("metadata_file",), (200,)
    sets = ("Content-Type", "text/html; charset=utf-8")


class TypesLeftToBrowsers(ChangesHeaders):
    """Omits Content-Type from files, so that browsers guess it."""

    caught_by = ("security.served-type", "http.files.content-type")
    acts_on = FILES
    removes = ("Content-Type", "Content-Disposition", "X-Content-Type-Options")


class TracesInErrors(Fault):
    """Includes a stack trace in the 404 of a project."""

    caught_by = ("security.info-leak",)

    def respond(self, request: Request, response: Response) -> Response:
        if request.endpoint == "project_page" and response.status_code == 404:
            return json_answer({"message": TRACE}, status=404)
        return response


class StatementsInErrors(Fault):
    """Includes an SQL statement in the 404 of a file."""

    caught_by = ("security.info-leak",)

    def respond(self, request: Request, response: Response) -> Response:
        if request.endpoint == "file" and response.status_code == 404:
            return json_answer({"message": f"no rows for {STATEMENT}"}, status=404)
        return response


class BrokenFormsExplained(Fault):
    """Includes a path of the server in the error about a malformed form."""

    caught_by = ("security.info-leak",)

    def respond(self, request: Request, response: Response) -> Response:
        if request.endpoint == "upload" and response.status_code == 400:
            error = json.loads(response.get_data())
            if "missing" in error.get("error", ""):
                return json_answer({"error": "no form in /var/lib/registry/tmp/upload-1"}, status=400)
        return response
