"""Faults in answering the Accept of real clients."""

from __future__ import annotations

from typing import TYPE_CHECKING

from werkzeug import Response

from reference_server.faults.building.media_types import Negotiates
from reference_server.faults.building.routes import PAGES
from reference_server.faults.fault import Fault
from reference_server.rules.negotiation import SIMPLE_JSON

if TYPE_CHECKING:
    from reference_server.http.request import Request


class RootRefusesLists(Fault):
    """Refuses the list of projects to who names several types, as Artifactory did."""

    incident = "uv #14375"
    caught_by = ("negotiation.pip-header",)

    def handle(self, request: Request) -> Response | None:
        several = "," in request.headers.get("Accept", "")
        return Response(status=406) if several and request.endpoint == "root_page" else None


class ZstdFails(Fault):
    """Fails when a client could also read zstd, where pip's request works."""

    incident = "uv #6610"
    caught_by = ("negotiation.uv-header",)

    def handle(self, request: Request) -> Response | None:
        reads_zstd = "zstd" in request.headers.get("Accept-Encoding", "")
        return Response(status=500) if reads_zstd and request.endpoint in PAGES else None


class BrowsersGetJson(Negotiates):
    """Sends JSON to browsers, which show it as text without a link."""

    caught_by = ("negotiation.browser-header",)

    def read(self, accept: str | None) -> str | None:
        return SIMPLE_JSON if accept and "application/xhtml+xml" in accept else accept
