"""Faults in reading what a request is for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reference_server.faults.fault import Fault
from reference_server.http.json_responses import refusal
from reference_server.model.errors import PackageNotFoundError

if TYPE_CHECKING:
    from werkzeug import Response

    from reference_server.http.request import Request


class AbsoluteTargetsNotFound(Fault):
    """Looks for a path where a request names the whole URL."""

    caught_by = ("http.absolute-form",)

    def handle(self, request: Request) -> Response | None:
        is_absolute = str(request.environ.get("REQUEST_URI", "")).startswith("http")
        return refusal(PackageNotFoundError()) if is_absolute else None
