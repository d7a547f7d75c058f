"""Faults in provenance objects, in what pages say about them, and in attestations that are uploaded."""

from __future__ import annotations

import base64
import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from reference_server.faults import Fault
from reference_server.faults.reading import parts_of
from reference_server.http.json_responses import json_answer, refusal
from reference_server.model.errors import InvalidFieldError, PackageNotFoundError

if TYPE_CHECKING:
    from werkzeug import Response

    from reference_server.http.request import Request
    from reference_server.rendering.pages import FileLink, ProjectPage


class ProvenanceByPath(Fault):
    """Links to provenance objects without scheme and host in HTML."""

    caught_by = ("provenance.html.url", "provenance.json.same-rules")

    def project_page(self, page: ProjectPage) -> ProjectPage:
        return page.each(self._relative)

    def _relative(self, file: FileLink) -> FileLink:
        if file.provenance is None:
            return file
        path = urlsplit(file.provenance).path
        return replace(file, attributes={"data-provenance": path})


class ProvenanceOverHttp(Fault):
    """Links to provenance objects over http, as behind a proxy that ends TLS."""

    caught_by = ("provenance.secure-origin", "provenance.json.same-rules")

    def project_page(self, page: ProjectPage) -> ProjectPage:
        elsewhere = "http://registry.example/provenance"
        return page.each(lambda file: replace(file, provenance=file.provenance and elsewhere))


class ProvenanceFalse(Fault):
    """Writes false in JSON for a file without provenance."""

    caught_by = ("provenance.json.type",)

    def project_page(self, page: ProjectPage) -> ProjectPage:
        return page.each(lambda file: file if file.provenance else replace(file, keys={"provenance": False}))


class ProvenanceOnlyInHtml(Fault):
    """Writes null in JSON for every file, with provenance and without."""

    caught_by = ("provenance.json.same-rules",)

    def project_page(self, page: ProjectPage) -> ProjectPage:
        return page.each(lambda file: replace(file, keys={"provenance": None}))


class ProvenanceAtAnOldVersion(Fault):
    """Declares API version 1.1 on pages with provenance, as Pulp's code does."""

    caught_by = ("provenance.api-version",)

    def project_page(self, page: ProjectPage) -> ProjectPage:
        shown = any(file.provenance for file in page.files)
        return replace(page, repository_version="1.1") if shown else page


class ProvenanceAsWebPage(Fault):
    """Shows a provenance object as a web page."""

    caught_by = ("provenance.fetch", "integrity.route")

    def respond(self, request: Request, response: Response) -> Response:
        if request.endpoint == "provenance" and response.status_code == 200:
            response.data = b"<!DOCTYPE html><title>Provenance</title>"
        return response


class RewritesProvenance(Fault):
    """Changes provenance objects on their way out."""

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
    """Leaves the version out of provenance objects."""

    caught_by = ("provenance.object.version",)

    def rewrite(self, provenance: dict[str, Any]) -> None:
        del provenance["version"]


class ProvenanceWithoutAttestations(RewritesProvenance):
    """Serves bundles without attestations."""

    caught_by = ("provenance.object.bundles",)

    def rewrite(self, provenance: dict[str, Any]) -> None:
        for bundle in provenance["attestation_bundles"]:
            bundle["attestations"] = []


class PublisherKindAsNumber(RewritesProvenance):
    """Numbers the kinds of publishers."""

    caught_by = ("provenance.object.publisher-kind",)

    def rewrite(self, provenance: dict[str, Any]) -> None:
        for bundle in provenance["attestation_bundles"]:
            bundle["publisher"]["kind"] = 7


class PublisherWithoutClaims(RewritesProvenance):
    """Leaves the claims out of publishers."""

    caught_by = ("provenance.object.publisher-claims",)

    def rewrite(self, provenance: dict[str, Any]) -> None:
        for bundle in provenance["attestation_bundles"]:
            del bundle["publisher"]["claims"]


class RewritesAttestations(RewritesProvenance):
    """Changes attestations on their way out."""

    def rewrite(self, provenance: dict[str, Any]) -> None:
        for bundle in provenance["attestation_bundles"]:
            for attestation in bundle["attestations"]:
                self.change(attestation)

    def change(self, attestation: dict[str, Any]) -> None:
        """Change the attestation in place."""
        raise NotImplementedError


class AttestationWithoutCertificate(RewritesAttestations):
    """Leaves the certificate out of attestations."""

    caught_by = ("provenance.attestation.schema",)

    def change(self, attestation: dict[str, Any]) -> None:
        del attestation["verification_material"]["certificate"]


class AttestationOfAnotherFile(RewritesAttestations):
    """Serves attestations that are about another file."""

    caught_by = ("provenance.statement.subject",)

    def change(self, attestation: dict[str, Any]) -> None:
        statement = json.loads(base64.b64decode(attestation["envelope"]["statement"]))
        statement["subject"][0]["digest"]["sha256"] = "0" * 64
        attestation["envelope"]["statement"] = base64.b64encode(json.dumps(statement).encode()).decode()


class AttestationsRefused(Fault):
    """Refuses an upload for a field that it does not know: attestations."""

    caught_by = ("attestation.upload.ignored-if-unsupported",)

    def handle(self, request: Request) -> Response | None:
        sent = request.endpoint == "upload" and "attestations" in parts_of(request)
        return refusal(InvalidFieldError("attestations")) if sent else None


class IntegrityApiElsewhere(Fault):
    """Gives provenance objects only to those who come by the page's own link."""

    caught_by = ("integrity.route", "integrity.media-type")

    def project_page(self, page: ProjectPage) -> ProjectPage:
        return page.each(
            lambda file: replace(file, provenance=file.provenance and f"{file.provenance}?by=link")
        )

    def handle(self, request: Request) -> Response | None:
        lost = request.endpoint == "provenance" and "by" not in request.args
        return refusal(PackageNotFoundError()) if lost else None


class ProvenanceOfOneMediaType(Fault):
    """Sends provenance objects as plain JSON, whatever is asked for."""

    caught_by = ("integrity.media-type",)

    def respond(self, request: Request, response: Response) -> Response:
        if request.endpoint == "provenance" and response.status_code == 200:
            response.content_type = "application/json"
        return response


class ProvenanceEmptyWhereMissing(Fault):
    """Answers 200 with an empty object for a file without provenance."""

    caught_by = ("integrity.missing-404",)

    def respond(self, request: Request, response: Response) -> Response:
        if request.endpoint == "provenance" and response.status_code == 404:
            return json_answer({})
        return response
