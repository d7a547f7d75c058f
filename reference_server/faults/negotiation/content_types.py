"""Faults in Content-Type."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reference_server.faults.building.requests import PAGES
from reference_server.faults.building.responses import ChangesHeaders
from reference_server.faults.fault import Fault
from reference_server.rules.negotiation import SIMPLE_JSON, TEXT_HTML

if TYPE_CHECKING:
    from werkzeug import Response

    from reference_server.http.request import Request


class ErrorsWithoutContentType(ChangesHeaders):
    """Omits Content-Type from the 404 of a page."""

    caught_by = ("negotiation.content-type.always", "http.errors-content-type")
    acts_on, statuses = PAGES, (404,)
    removes = ("Content-Type",)


class DefaultPageCalledJson(ChangesHeaders):
    """Labels HTML as JSON for `*/*`, as a misconfigured proxy does."""

    caught_by = ("negotiation.content-type.truthful",)
    acts_on, statuses = PAGES, (200,)
    sets = ("Content-Type", SIMPLE_JSON)

    def applies_to(self, request: Request, response: Response) -> bool:
        anything = request.headers.get("Accept", "*/*") == "*/*"
        return anything and super().applies_to(request, response)


class MediaTypesInMixedCase(ChangesHeaders):
    """Writes the media type of JSON in mixed case, which uv rejects."""

    caught_by = ("negotiation.content-type.lowercase",)
    sets = ("Content-Type", "Application/Vnd.PyPI.Simple.V1+JSON")

    def applies_to(self, request: Request, response: Response) -> bool:
        return request.endpoint in PAGES and response.content_type == SIMPLE_JSON


class RootCalledPlainJson(ChangesHeaders):
    """Serves the root page as `application/json`, as web frameworks do by default."""

    caught_by = ("negotiation.content-type.truthful", "negotiation.json", "negotiation.pip-header")
    sets = ("Content-Type", "application/json")

    def applies_to(self, request: Request, response: Response) -> bool:
        return request.endpoint == "root_page" and response.content_type == SIMPLE_JSON


class RootCalledXhtml(ChangesHeaders):
    """Serves the root page as XHTML to clients that accept `text/html`."""

    caught_by = ("negotiation.content-type.truthful", "negotiation.text-html")
    sets = ("Content-Type", "application/xhtml+xml")

    def applies_to(self, request: Request, response: Response) -> bool:
        return request.endpoint == "root_page" and request.headers.get("Accept") == TEXT_HTML


class LatestCalledLatest(Fault):
    """Serves a page under the alias in Accept instead of its real type."""

    caught_by = ("negotiation.latest.real-type",)

    def respond(self, request: Request, response: Response) -> Response:
        accept = request.headers.get("Accept", "")
        if request.endpoint in PAGES and response.status_code == 200 and "simple.latest" in accept:
            response.headers["Content-Type"] = accept
        return response
