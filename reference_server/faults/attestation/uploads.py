"""Faults in uploads with attestations."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reference_server.faults.building.upload_forms import parts_of
from reference_server.faults.fault import Fault
from reference_server.http.json_responses import refusal
from reference_server.model.errors import InvalidFieldError

if TYPE_CHECKING:
    from werkzeug import Response

    from reference_server.http.request import Request


class AttestationsRefused(Fault):
    """Rejects uploads with attestations as an unknown field."""

    caught_by = ("attestation.upload.ignored-if-unsupported",)

    def handle(self, request: Request) -> Response | None:
        sent = request.endpoint == "upload" and "attestations" in parts_of(request)
        return refusal(InvalidFieldError("attestations")) if sent else None
