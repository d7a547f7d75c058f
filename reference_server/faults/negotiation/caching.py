"""Faults where one URL has pages of several types."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reference_server.faults.building.routes import PAGES
from reference_server.faults.fault import Fault

if TYPE_CHECKING:
    from werkzeug import Response

    from reference_server.http.request import Request


class VaryLeftOut(Fault):
    """Does not say that a page depends on Accept, so that a cache sends JSON to who reads HTML."""

    caught_by = ("negotiation.vary",)

    def respond(self, request: Request, response: Response) -> Response:
        if request.endpoint in PAGES and response.status_code in {200, 304}:
            response.headers["Vary"] = "Accept-Encoding"
        return response


class VaryLeftOutWhenUnchanged(Fault):
    """Does not say that a page depends on Accept when it answers 304."""

    caught_by = ("negotiation.vary", "http.pages.304")

    def respond(self, request: Request, response: Response) -> Response:
        if request.endpoint in PAGES and response.status_code == 304:
            response.headers.pop("Vary", None)
        return response


class HeadIgnoresAccept(Fault):
    """Answers HEAD with the default type."""

    caught_by = ("negotiation.head-same", "http.head")

    def handle(self, request: Request) -> Response | None:
        if request.endpoint in PAGES and request.method == "HEAD":
            request.environ["HTTP_ACCEPT"] = "*/*"
        return None


class TypesCrossOver(Fault):
    """Sends the page that another client was sent just before: a cache, emptied by changes, that only knows URLs."""

    caught_by = ("negotiation.stable",)

    def __init__(self) -> None:
        self._asked: dict[str, tuple[str, ...]] = {}

    def handle(self, request: Request) -> Response | None:
        """When A, B, A, B have been wanted of one URL, and nothing else, the last one gets A."""
        if request.method not in {"GET", "HEAD"}:
            self._asked.clear()
        if request.endpoint == "project_page" and "If-None-Match" not in request.headers:
            asked = (*self._asked.get(request.path, ())[-3:], request.headers.get("Accept", "*/*"))
            self._asked[request.path] = asked
            if asked[:2] == asked[2:] and asked[0] != asked[1]:
                request.environ["HTTP_ACCEPT"] = asked[0]
        return None
