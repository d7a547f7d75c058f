"""Faults in the route, the type and the errors of provenance objects."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from reference_server.faults.building.responses import ChangesHeaders
from reference_server.faults.fault import Fault
from reference_server.http.json_responses import json_answer, refusal
from reference_server.model.errors import PackageNotFoundError

if TYPE_CHECKING:
    from werkzeug import Response

    from reference_server.http.request import Request
    from reference_server.rendering.pages import ProjectPage


class IntegrityApiElsewhere(Fault):
    """Serves provenance objects only at the URL that the page links to."""

    caught_by = ("integrity.route", "integrity.media-type")

    def project_page(self, page: ProjectPage) -> ProjectPage:
        return page.each(
            lambda file: replace(file, provenance=file.provenance and f"{file.provenance}?by=link")
        )

    def handle(self, request: Request) -> Response | None:
        lost = request.endpoint == "provenance" and "by" not in request.args
        return refusal(PackageNotFoundError()) if lost else None


class ProvenanceOfOneMediaType(ChangesHeaders):
    """Ignores Accept and serves provenance objects as application/json."""

    caught_by = ("integrity.media-type",)
    acts_on, statuses = ("provenance",), (200,)
    sets = ("Content-Type", "application/json")


class ProvenanceEmptyWhereMissing(Fault):
    """Answers 200 with an empty object for a file without provenance."""

    caught_by = ("integrity.missing-404",)

    def respond(self, request: Request, response: Response) -> Response:
        if request.endpoint == "provenance" and response.status_code == 404:
            return json_answer({})
        return response
