"""Uploads with attestations."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

from conformance.kit import expect
from conformance.kit.check import check
from conformance.kit.http import upload_form
from conformance.kit.uploads.attestations import attestation_of
from conformance.kit.uploads.publishing import publish
from conformance.verdicts import NotApplicable
from reference_server.distributions import wheel

if TYPE_CHECKING:
    from conformance.kit.fixtures import Index, NewName, RegistryClient


OF_ATTESTATIONS = re.compile(
    r"verif|sigstore|signature|certificat|trusted.publish|invalid attestation", re.IGNORECASE
)
"""The words of a registry that has looked into an attestation, which nothing can verify."""


@check("attestation.upload.ignored-if-unsupported")
def test_upload_ignored_if_unsupported(registry: RegistryClient, index: Index, new_name: NewName) -> None:
    if index.offer.has("attestations"):
        raise NotApplicable("the target supports attestations, so it has to verify them")
    name = new_name("attestations")
    publish(registry, wheel(name, "1.0"))
    distribution = wheel(name, "1.1")
    form = upload_form(distribution).with_field("attestations", json.dumps([attestation_of(distribution)]))
    answer = registry.upload(distribution, form=form)
    reason = f"{answer.failure} {answer.reason} {answer.text}"
    if answer.is_client_error and OF_ATTESTATIONS.search(reason):
        raise NotApplicable(f"the target looks into attestations, so it has to verify them: {answer}")
    expect.accepted(answer)
