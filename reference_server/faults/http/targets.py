"""Faults in reading what a request is for."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from reference_server.faults.building.requests import PAGES
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


class EncodedLettersNotFound(Fault):
    """Compares paths without decoding the letters in them."""

    caught_by = ("http.unreserved-encoded",)

    def handle(self, request: Request) -> Response | None:
        is_encoded = re.search("%(?:6[1-9A-F]|7[0-9A])", str(request.environ.get("REQUEST_URI", "")), re.I)
        return refusal(PackageNotFoundError()) if is_encoded and request.endpoint in PAGES else None
