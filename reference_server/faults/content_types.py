"""Faults in what an answer says its content is."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from werkzeug import Response

from reference_server.faults import Fault
from reference_server.rules.negotiation import SIMPLE_JSON, TEXT_HTML

if TYPE_CHECKING:
    from reference_server.http.request import Request
    from reference_server.rules import Rules

PAGES = frozenset({"root_page", "project_page"})
EMPTY_PAGE = "<!DOCTYPE html><title>Links</title>"


class ErrorsWithoutContentType(Fault):
    """Does not say what the text of a 404 is."""

    caught_by = ("negotiation.content-type.always", "http.errors-content-type")

    def respond(self, request: Request, response: Response) -> Response:
        if request.endpoint in PAGES and response.status_code == 404:
            del response.headers["Content-Type"]
        return response


class DefaultPageCalledJson(Fault):
    """Sends HTML as JSON to who takes anything, as a proxy does that labels by its own configuration."""

    caught_by = ("negotiation.content-type.truthful",)

    def respond(self, request: Request, response: Response) -> Response:
        anything = request.headers.get("Accept", "*/*") == "*/*"
        if request.endpoint in PAGES and response.status_code == 200 and anything:
            response.headers["Content-Type"] = SIMPLE_JSON
        return response


class MediaTypesInMixedCase(Fault):
    """Writes the media type of JSON in mixed case, which uv does not take."""

    caught_by = ("negotiation.content-type.lowercase",)

    def respond(self, request: Request, response: Response) -> Response:
        if request.endpoint in PAGES and response.content_type == SIMPLE_JSON:
            response.headers["Content-Type"] = "Application/Vnd.PyPI.Simple.V1+JSON"
        return response


class RootCalledPlainJson(Fault):
    """Sends the list of projects as `application/json`, as a framework's own JSON answer is."""

    caught_by = ("negotiation.content-type.truthful", "negotiation.json", "negotiation.pip-header")

    def respond(self, request: Request, response: Response) -> Response:
        if request.endpoint == "root_page" and response.content_type == SIMPLE_JSON:
            response.headers["Content-Type"] = "application/json"
        return response


class FallbackMisspelled(Fault):
    """Knows JSON and `text/html`, and calls the page `text_html` for who wants another type, as devpi does."""

    caught_by = (
        "negotiation.content-type.truthful",
        "negotiation.html-v1",
        "negotiation.unsupported.allowed-outcomes",
        "negotiation.unsupported.406",
    )

    def rules(self, rules: Rules) -> Rules:
        return replace(rules, serializations=(SIMPLE_JSON, TEXT_HTML))

    def respond(self, request: Request, response: Response) -> Response:
        unacceptable = request.endpoint in PAGES and response.status_code == 406
        return Response(EMPTY_PAGE, content_type="text_html") if unacceptable else response


class RootCalledXhtml(Fault):
    """Sends the list of projects as XHTML to who wants `text/html`."""

    caught_by = ("negotiation.content-type.truthful", "negotiation.text-html")

    def respond(self, request: Request, response: Response) -> Response:
        if request.endpoint == "root_page" and request.headers.get("Accept") == TEXT_HTML:
            response.headers["Content-Type"] = "application/xhtml+xml"
        return response


# When there is nothing acceptable


class UnknownVersionsFail(Fault):
    """Fails when a client accepts nothing but a version of the API that it does not know."""

    caught_by = ("negotiation.unsupported.allowed-outcomes", "negotiation.unsupported.406")

    def respond(self, request: Request, response: Response) -> Response:
        unacceptable = request.endpoint in PAGES and response.status_code == 406
        unknown = re.search(r"simple\.v(?!1\b)", request.headers.get("Accept", ""))
        return Response("KeyError", status=500) if unacceptable and unknown else response


class UnsupportedTypePromised(Fault):
    """Sends HTML under the name of whatever one type was asked for."""

    caught_by = ("negotiation.unsupported.allowed-outcomes", "negotiation.unsupported.406")

    def respond(self, request: Request, response: Response) -> Response:
        wanted = request.headers.get("Accept", TEXT_HTML)
        if request.endpoint in PAGES and response.status_code == 406 and "," not in wanted:
            return Response(EMPTY_PAGE, content_type=wanted)
        return response


class DefaultForUnsupportedTypes(Fault):
    """Sends HTML to who does not accept it, as the Python Package Index does."""

    caught_by = ("negotiation.unsupported.406",)

    def rules(self, rules: Rules) -> Rules:
        return replace(rules, refuses_unacceptable=False)


class ChoiceForUnsupportedTypes(Fault):
    """Answers 300 with a list of the types that there are."""

    caught_by = ("negotiation.no-300", "negotiation.unsupported.406")

    def respond(self, request: Request, response: Response) -> Response:
        if request.endpoint in PAGES and response.status_code == 406:
            response.status_code = 300
        return response


class LatestCalledLatest(Fault):
    """Sends a page under the alias that it was asked for by."""

    caught_by = ("negotiation.latest.real-type", "negotiation.latest.supported")

    def respond(self, request: Request, response: Response) -> Response:
        accept = request.headers.get("Accept", "")
        if request.endpoint in PAGES and response.status_code == 200 and "simple.latest" in accept:
            response.headers["Content-Type"] = accept
        return response
