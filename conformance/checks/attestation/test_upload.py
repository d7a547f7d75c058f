"""Uploads with attestations."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

from conformance.kit import expect
from conformance.kit.check import check
from conformance.kit.http import upload_form
from conformance.kit.uploads.attestations import attestation_of
from conformance.verdicts import NotApplicable
from reference_server.distributions import wheel

_EXAMINED = re.compile(r"attestation.*(verif|certificate|signature)", re.IGNORECASE)
"""The words of a refusal by a registry that looks into attestations, such as Pulp."""

if TYPE_CHECKING:
    from conformance.kit.fixtures import Index, NewName, RegistryClient


@check("attestation.upload.ignored-if-unsupported")
def test_upload_ignored_if_unsupported(registry: RegistryClient, index: Index, new_name: NewName) -> None:
    if index.offer.has("attestations"):
        raise NotApplicable("the target supports attestations, so it has to verify them")
    distribution = wheel(new_name("attestations"), "1.0")
    form = upload_form(distribution).with_field("attestations", json.dumps([attestation_of(distribution)]))
    answer = registry.upload(distribution, form=form)
    reason = f"{answer.failure} {answer.reason} {answer.text}"
    if answer.is_client_error and _EXAMINED.search(reason):
        raise NotApplicable(f"the target examines attestations, and refused a forged one: {answer}")
    expect.accepted(answer)
