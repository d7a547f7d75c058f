"""Faults in uploads with attestations."""

from __future__ import annotations

import base64
import json
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from werkzeug import Response

from reference_server.faults.building.attestations import TakesAttestations, is_well_formed
from reference_server.faults.building.requests import gitlab_project_of
from reference_server.faults.building.upload_forms import filename_of, parts_of, text_of
from reference_server.faults.fault import Fault
from reference_server.http.json_responses import refusal
from reference_server.model.errors import InvalidFieldError, PackageNotFoundError

if TYPE_CHECKING:
    from reference_server.http.request import Request
    from reference_server.model import Upload


LARGEST = 64 * 1024  # bytes
UNREADABLE: list[Any] = []
"""What stands for the subjects of an attestation without any."""


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


class AttestationsOfOtherFilesAccepted(TakesAttestations):
    """Accepts attestations that are not of the uploaded file alone."""

    caught_by = ("attestation.upload.subject",)

    def lets_through(self, sent: tuple[str, ...], upload: Upload) -> bool:
        found = _read(sent[0])
        if not (isinstance(found, list) and len(found) == 1):
            return False
        digests = [subject["digest"].get("sha256") for subject in _subjects(found[0])]
        names = [subject["name"] for subject in _subjects(found[0])]
        return _subjects(found[0]) is not UNREADABLE and (
            digests != [upload.blob.digests["sha256"]] or names != [upload.filename]
        )


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


class LargeAttestationsAccepted(TakesAttestations):
    """Verifies no attestations beyond 64 KiB, and accepts them."""

    caught_by = ("attestation.upload.must-verify",)

    def lets_through(self, sent: tuple[str, ...], upload: Upload) -> bool:
        del upload
        return len(sent[0]) > LARGEST


class AttestationsOfKnownFilesKept(TakesAttestations):
    """Keeps the attestations that come with a file it has, unverified."""

    caught_by = ("attestation.upload.must-verify",)

    def lets_through(self, sent: tuple[str, ...], upload: Upload) -> bool:
        del sent, upload
        return False

    def handle(self, request: Request) -> Response | None:
        sent = text_of(request, "attestations") if request.endpoint == "upload" else ""
        if not sent:
            return None
        bundle = {"publisher": {"kind": "Unknown"}, "attestations": _read(sent)}
        with suppress(PackageNotFoundError):
            request.registry.attach_provenance(
                text_of(request, "name"),
                filename_of(request).decode(),
                {"version": 1, "attestation_bundles": [bundle]},
                gitlab_project=gitlab_project_of(request).id,
            )
            return Response(status=200)
        return None


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


def _subjects(attestation: Any) -> list[Any]:
    """Return the subjects of an attestation; `UNREADABLE` if it has none."""
    try:
        statement = json.loads(base64.b64decode(attestation["envelope"]["statement"], validate=True))
        return list(statement["subject"])
    except (ValueError, TypeError, KeyError):
        return UNREADABLE


def _is_array_of_attestations(sent: str) -> bool:
    found = _read(sent)
    return isinstance(found, list) and all(
        isinstance(each, dict) and {"version", "verification_material", "envelope"} <= each.keys()
        for each in found
    )
