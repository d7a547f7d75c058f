"""Faults in provenance objects and their attestations."""

from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING, Any

from reference_server.faults.fault import Fault

if TYPE_CHECKING:
    from werkzeug import Response

    from reference_server.http.request import Request


class ProvenanceAsWebPage(Fault):
    """Serves a provenance object as a web page."""

    caught_by = ("provenance.fetch", "integrity.route")

    def respond(self, request: Request, response: Response) -> Response:
        if request.endpoint == "provenance" and response.status_code == 200:
            response.data = b"<!DOCTYPE html><title>Provenance</title>"
        return response


class RewritesProvenance(Fault):
    """Rewrites provenance objects."""

    def respond(self, request: Request, response: Response) -> Response:
        if request.endpoint == "provenance" and response.status_code == 200:
            provenance = json.loads(response.data)
            self.rewrite(provenance)
            response.data = json.dumps(provenance).encode()
        return response

    def rewrite(self, provenance: dict[str, Any]) -> None:
        """Change the object in place."""
        raise NotImplementedError


class ProvenanceWithoutVersion(RewritesProvenance):
    """Omits the version from provenance objects."""

    caught_by = ("provenance.object.version",)

    def rewrite(self, provenance: dict[str, Any]) -> None:
        del provenance["version"]


class ProvenanceWithoutAttestations(RewritesProvenance):
    """Serves attestation bundles without attestations."""

    caught_by = ("provenance.object.bundles",)

    def rewrite(self, provenance: dict[str, Any]) -> None:
        for bundle in provenance["attestation_bundles"]:
            bundle["attestations"] = []


class PublisherKindAsNumber(RewritesProvenance):
    """Writes a publisher's kind as a number."""

    caught_by = ("provenance.object.publisher-kind",)

    def rewrite(self, provenance: dict[str, Any]) -> None:
        for bundle in provenance["attestation_bundles"]:
            bundle["publisher"]["kind"] = 7


class PublisherWithoutClaims(RewritesProvenance):
    """Omits the claims of publishers."""

    caught_by = ("provenance.object.publisher-claims",)

    def rewrite(self, provenance: dict[str, Any]) -> None:
        for bundle in provenance["attestation_bundles"]:
            del bundle["publisher"]["claims"]


class RewritesAttestations(RewritesProvenance):
    """Rewrites attestations."""

    def rewrite(self, provenance: dict[str, Any]) -> None:
        for bundle in provenance["attestation_bundles"]:
            for attestation in bundle["attestations"]:
                self.change(attestation)

    def change(self, attestation: dict[str, Any]) -> None:
        """Change the attestation in place."""
        raise NotImplementedError


class AttestationWithoutCertificate(RewritesAttestations):
    """Omits the certificate of attestations."""

    caught_by = ("provenance.attestation.schema",)

    def change(self, attestation: dict[str, Any]) -> None:
        del attestation["verification_material"]["certificate"]


class AttestationOfAnotherFile(RewritesAttestations):
    """Serves attestations of another file."""

    caught_by = ("provenance.statement.subject",)

    def change(self, attestation: dict[str, Any]) -> None:
        statement = json.loads(base64.b64decode(attestation["envelope"]["statement"]))
        statement["subject"][0]["digest"]["sha256"] = "0" * 64
        attestation["envelope"]["statement"] = base64.b64encode(json.dumps(statement).encode()).decode()


class StatementOfAnotherType(RewritesAttestations):
    """Serves attestations whose statement is of an older version of in-toto."""

    caught_by = ("provenance.statement.type",)

    def change(self, attestation: dict[str, Any]) -> None:
        statement = json.loads(base64.b64decode(attestation["envelope"]["statement"]))
        statement["_type"] = "https://in-toto.io/Statement/v0.1"
        attestation["envelope"]["statement"] = base64.b64encode(json.dumps(statement).encode()).decode()
