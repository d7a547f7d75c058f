"""Faults in Content-Type."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reference_server.faults.building.response_headers import ChangesHeaders
from reference_server.faults.building.routes import PAGES
from reference_server.faults.fault import Fault
from reference_server.rules.negotiation import SIMPLE_JSON, TEXT_HTML

if TYPE_CHECKING:
    from werkzeug import Response

    from reference_server.http.request import Request


class ErrorsWithoutContentType(ChangesHeaders):
    """Does not say what the text of a 404 is."""

    caught_by = ("negotiation.content-type.always", "http.errors-content-type")
    routes, statuses = PAGES, (404,)
    removes = ("Content-Type",)


class DefaultPageCalledJson(ChangesHeaders):
    """Sends HTML as JSON to who takes anything, as a proxy does that labels by its own configuration."""

    caught_by = ("negotiation.content-type.truthful",)
    routes, statuses = PAGES, (200,)
    sets = ("Content-Type", SIMPLE_JSON)

    def applies_to(self, request: Request, response: Response) -> bool:
        anything = request.headers.get("Accept", "*/*") == "*/*"
        return anything and super().applies_to(request, response)


class MediaTypesInMixedCase(ChangesHeaders):
    """Writes the media type of JSON in mixed case, which uv does not take."""

    caught_by = ("negotiation.content-type.lowercase",)
    sets = ("Content-Type", "Application/Vnd.PyPI.Simple.V1+JSON")

    def applies_to(self, request: Request, response: Response) -> bool:
        return request.endpoint in PAGES and response.content_type == SIMPLE_JSON


class RootCalledPlainJson(ChangesHeaders):
    """Sends the list of projects as `application/json`, as a framework's own JSON answer is."""

    caught_by = ("negotiation.content-type.truthful", "negotiation.json", "negotiation.pip-header")
    sets = ("Content-Type", "application/json")

    def applies_to(self, request: Request, response: Response) -> bool:
        return request.endpoint == "root_page" and response.content_type == SIMPLE_JSON


class RootCalledXhtml(ChangesHeaders):
    """Sends the list of projects as XHTML to who wants `text/html`."""

    caught_by = ("negotiation.content-type.truthful", "negotiation.text-html")
    sets = ("Content-Type", "application/xhtml+xml")

    def applies_to(self, request: Request, response: Response) -> bool:
        return request.endpoint == "root_page" and request.headers.get("Accept") == TEXT_HTML


class LatestCalledLatest(Fault):
    """Sends a page under the alias that it was asked for by."""

    caught_by = ("negotiation.latest.real-type", "negotiation.latest.supported")

    def respond(self, request: Request, response: Response) -> Response:
        accept = request.headers.get("Accept", "")
        if request.endpoint in PAGES and response.status_code == 200 and "simple.latest" in accept:
            response.headers["Content-Type"] = accept
        return response
