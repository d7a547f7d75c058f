"""Faults that twine trips over."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reference_server.faults.fault import Fault
from reference_server.http.json_responses import refusal
from reference_server.model.errors import InvalidFieldError

if TYPE_CHECKING:
    from werkzeug import Response

    from reference_server.http.request import Request


class TwineRefused(Fault):
    """Rejects uploads whose User-Agent says twine, as pypiserver does."""

    incident = "pypiserver #662"
    caught_by = (
        "clients.twine.pypirc-personal-token",
        "clients.twine.pypirc-deploy-token",
        "clients.twine.pypirc-job-token",
        "clients.twine.environment",
        "clients.twine.wheel-and-sdist",
        "clients.twine.bytes",
        "clients.twine.duplicate-message",
        "clients.twine.wrong-password",
        "clients.twine.read-only-token",
    )

    def handle(self, request: Request) -> Response | None:
        refused = request.endpoint == "upload" and "twine" in request.user_agent.string
        return refusal(InvalidFieldError("User-Agent")) if refused else None
