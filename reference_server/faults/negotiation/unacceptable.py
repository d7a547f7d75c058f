"""Faults in answering requests for unsupported types."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from werkzeug import Response

from reference_server.faults.building.requests import PAGES
from reference_server.faults.fault import Fault
from reference_server.rules.negotiation import SIMPLE_JSON, TEXT_HTML

if TYPE_CHECKING:
    from reference_server.http.request import Request
    from reference_server.rules import Rules

EMPTY_PAGE = "<!DOCTYPE html><title>Links</title>"


class FallbackMisspelled(Fault):
    """Serves unsupported types as `text_html`, as devpi does."""

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


class UnknownVersionsFail(Fault):
    """Fails if the client accepts only unknown versions of the API."""

    caught_by = ("negotiation.unsupported.allowed-outcomes", "negotiation.unsupported.406")

    def respond(self, request: Request, response: Response) -> Response:
        unacceptable = request.endpoint in PAGES and response.status_code == 406
        unknown = re.search(r"simple\.v(?!1\b)", request.headers.get("Accept", ""))
        return Response("KeyError", status=500) if unacceptable and unknown else response


class UnsupportedTypePromised(Fault):
    """Labels HTML with any single type in Accept."""

    caught_by = ("negotiation.unsupported.allowed-outcomes", "negotiation.unsupported.406")

    def respond(self, request: Request, response: Response) -> Response:
        wanted = request.headers.get("Accept", TEXT_HTML)
        if request.endpoint in PAGES and response.status_code == 406 and "," not in wanted:
            return Response(EMPTY_PAGE, content_type=wanted)
        return response


class DefaultForUnsupportedTypes(Fault):
    """Sends HTML to clients that do not accept it, as PyPI does."""

    caught_by = ("negotiation.unsupported.406",)

    def rules(self, rules: Rules) -> Rules:
        return replace(rules, refuses_unacceptable=False)


class ChoiceForUnsupportedTypes(Fault):
    """Answers 300 with a list of the supported types."""

    caught_by = ("negotiation.no-300", "negotiation.unsupported.406")

    def respond(self, request: Request, response: Response) -> Response:
        if request.endpoint in PAGES and response.status_code == 406:
            response.status_code = 300
        return response
