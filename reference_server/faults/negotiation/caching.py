"""Faults where one URL has pages of several types."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reference_server.faults.building.requests import PAGES
from reference_server.faults.building.responses import ChangesHeaders
from reference_server.faults.fault import Fault

if TYPE_CHECKING:
    from werkzeug import Response

    from reference_server.http.request import Request


class VaryLeftOut(ChangesHeaders):
    """Omits Accept from Vary, so that caches send JSON to clients that want HTML."""

    caught_by = ("negotiation.vary",)
    acts_on, statuses = PAGES, (200, 304)
    sets = ("Vary", "Accept-Encoding")


class VaryLeftOutOfTheList(ChangesHeaders):
    """Omits Accept from the Vary of the list of projects, and of no other page."""

    caught_by = ("negotiation.vary",)
    acts_on, statuses = ("root_page",), (200,)
    sets = ("Vary", "Accept-Encoding")


class VaryLeftOutWhenUnchanged(ChangesHeaders):
    """Omits Vary from the 304 of a page."""

    caught_by = ("negotiation.vary", "http.pages.304")
    acts_on, statuses = PAGES, (304,)
    removes = ("Vary",)


class HeadIgnoresAccept(Fault):
    """Ignores Accept in HEAD requests."""

    caught_by = ("negotiation.head-same", "http.head.fields")

    def handle(self, request: Request) -> Response | None:
        if request.endpoint in PAGES and request.method == "HEAD":
            request.environ["HTTP_ACCEPT"] = "*/*"
        return None


class TypesCrossOver(Fault):
    """Sends the type that another client asked for just before: its cache ignores Accept."""

    caught_by = ("negotiation.stable",)

    def __init__(self) -> None:
        self._accepted: dict[str, tuple[str, ...]] = {}

    def handle(self, request: Request) -> Response | None:
        """Answer the last request with A if one URL was requested as A, B, A and B in turn."""
        if request.method not in {"GET", "HEAD"}:
            self._accepted.clear()
        if request.endpoint == "project_page" and "If-None-Match" not in request.headers:
            accepted = (*self._accepted.get(request.path, ())[-3:], request.headers.get("Accept", "*/*"))
            self._accepted[request.path] = accepted
            if accepted[:2] == accepted[2:] and accepted[0] != accepted[1]:
                request.environ["HTTP_ACCEPT"] = accepted[0]
        return None
