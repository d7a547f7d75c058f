"""Faults in uploads with attestations."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from reference_server.faults.building.attestations import TakesAttestations, is_well_formed
from reference_server.faults.building.upload_forms import parts_of
from reference_server.faults.fault import Fault
from reference_server.http.json_responses import refusal
from reference_server.model.errors import InvalidFieldError

if TYPE_CHECKING:
    from werkzeug import Response

    from reference_server.http.request import Request
    from reference_server.model import Upload


class AttestationsRefused(Fault):
    """Rejects uploads with attestations as an unknown field."""

    caught_by = ("attestation.upload.ignored-if-unsupported",)

    def handle(self, request: Request) -> Response | None:
        sent = request.endpoint == "upload" and "attestations" in parts_of(request)
        return refusal(InvalidFieldError("attestations")) if sent else None


class AttestationsUnverified(TakesAttestations):
    """Looks at the form of attestations alone, as Pulp does."""

    caught_by = ("attestation.upload.must-verify",)

    def lets_through(self, sent: tuple[str, ...], upload: Upload) -> bool:
        return is_well_formed(sent, upload)


class MalformedAttestationsIgnored(TakesAttestations):
    """Verifies attestations that it can read, and ignores the rest."""

    caught_by = ("attestation.upload.malformed",)

    def lets_through(self, sent: tuple[str, ...], upload: Upload) -> bool:
        del upload
        return not all(map(_is_array_of_attestations, sent))


class EmptyAttestationsAccepted(TakesAttestations):
    """Accepts an array without attestations, of which it verifies each."""

    caught_by = ("attestation.upload.malformed",)

    def lets_through(self, sent: tuple[str, ...], upload: Upload) -> bool:
        del upload
        return sent == ("[]",)


class RepeatedAttestationsAccepted(TakesAttestations):
    """Keeps the last of several attestations, unverified."""

    caught_by = ("attestation.upload.limits",)

    def lets_through(self, sent: tuple[str, ...], upload: Upload) -> bool:
        del upload
        found = _read(sent[0])
        return isinstance(found, list) and len(found) > 1 and all(isinstance(each, dict) for each in found)


def _read(sent: str) -> object:
    try:
        return json.loads(sent)
    except ValueError:
        return None


def _is_array_of_attestations(sent: str) -> bool:
    found = _read(sent)
    return isinstance(found, list) and all(
        isinstance(each, dict) and {"version", "verification_material", "envelope"} <= each.keys()
        for each in found
    )
