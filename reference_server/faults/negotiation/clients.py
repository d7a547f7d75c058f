"""Faults in answering the Accept of real clients."""

from __future__ import annotations

from typing import TYPE_CHECKING

from werkzeug import Response

from reference_server.faults.building.decisions import Negotiates
from reference_server.faults.building.requests import PAGES
from reference_server.faults.fault import Fault
from reference_server.rules.negotiation import SIMPLE_JSON

if TYPE_CHECKING:
    from reference_server.http.request import Request


class RootRefusesLists(Fault):
    """Answers 406 on the root page if Accept lists several types, as Artifactory did."""

    incident = "uv #14375"
    caught_by = ("negotiation.pip-header",)

    def handle(self, request: Request) -> Response | None:
        several = "," in request.headers.get("Accept", "")
        return Response(status=406) if several and request.endpoint == "root_page" else None


class ZstdFails(Fault):
    """Fails if the client accepts zstd, as uv does and pip does not."""

    incident = "uv #6610"
    caught_by = ("negotiation.uv-header",)

    def handle(self, request: Request) -> Response | None:
        reads_zstd = "zstd" in request.headers.get("Accept-Encoding", "")
        return Response(status=500) if reads_zstd and request.endpoint in PAGES else None


class BrowsersGetJson(Negotiates):
    """Sends JSON to browsers."""

    caught_by = ("negotiation.browser-header",)

    def read(self, accept: str | None) -> str | None:
        return SIMPLE_JSON if accept and "application/xhtml+xml" in accept else accept
