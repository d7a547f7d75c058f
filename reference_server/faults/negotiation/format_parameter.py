"""Faults in reading the query parameter `format`."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import parse_qs

from werkzeug import Response

from reference_server.faults.building.requests import PAGES
from reference_server.faults.fault import Fault
from reference_server.rules.negotiation import SIMPLE_HTML, SIMPLE_JSON, TEXT_HTML

if TYPE_CHECKING:
    from reference_server.http.request import Request


class FormatOnlyForJson(Fault):
    """Reads `format` only if it asks for JSON."""

    caught_by = ("negotiation.format-param.precedence",)

    def handle(self, request: Request) -> Response | None:
        if _format(request) in {TEXT_HTML, SIMPLE_HTML}:
            request.query_string = b""
        return None


class UnknownFormatFails(Fault):
    """Fails on an unknown `format`."""

    caught_by = ("negotiation.format-param.unsupported-ok",)

    def handle(self, request: Request) -> Response | None:
        known = {None, SIMPLE_JSON, SIMPLE_HTML, TEXT_HTML}
        return None if _format(request) in known else Response("KeyError", status=500)


class FormatReadAsAccept(Fault):
    """Reads `format` like Accept, with wildcards, lists and weights."""

    caught_by = ("negotiation.format-param.single",)

    def handle(self, request: Request) -> Response | None:
        wanted = _format(request)
        if wanted is not None and request.path.endswith("/"):
            request.environ["HTTP_ACCEPT"] = wanted
            request.query_string = b""
        return None


def _format(request: Request) -> str | None:
    """Return `format` without caching the parsed query, so that it can still be changed."""
    if request.endpoint not in PAGES:
        return None
    query = parse_qs(request.query_string.decode("latin-1"), keep_blank_values=True)
    return query["format"][0] if "format" in query else None
