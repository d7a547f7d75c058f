"""Uploads with attestations."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

from conformance.checks.attestation.mistakes import ANOTHER_SUBJECT, MALFORMED, TOO_MANY, UNVERIFIABLE
from conformance.kit import expect
from conformance.kit.check import check
from conformance.kit.http import upload_form
from conformance.kit.uploads.attestations import attestation_of
from conformance.kit.uploads.publishing import publish
from conformance.verdicts import NotApplicable
from reference_server.distributions import wheel

if TYPE_CHECKING:
    from collections.abc import Mapping

    from conformance.checks.attestation.mistakes import Field
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


@check("attestation.upload.malformed")
def test_upload_malformed(registry: RegistryClient, new_name: NewName) -> None:
    _each_refused(registry, new_name("malformed"), MALFORMED)


@check("attestation.upload.must-verify")
def test_upload_must_verify(registry: RegistryClient, new_name: NewName) -> None:
    """An attestation that could be verified takes a Sigstore identity: the twin of each upload has none."""
    _each_refused(registry, new_name("unverifiable"), UNVERIFIABLE)


@check("attestation.upload.subject")
def test_upload_subject(registry: RegistryClient, new_name: NewName) -> None:
    _each_refused(registry, new_name("subject"), ANOTHER_SUBJECT)


@check("attestation.upload.limits")
def test_upload_limits(registry: RegistryClient, new_name: NewName) -> None:
    _each_refused(registry, new_name("limits"), TOO_MANY)


def _each_refused(registry: RegistryClient, name: str, mistakes: Mapping[str, Field]) -> None:
    """Require that uploads are refused and not listed whose only mistake is in their attestations."""
    publish(registry, wheel(name, "1.0"))
    files = {what: wheel(name, f"1.{number}") for number, what in enumerate(mistakes, 1)}
    answers = {
        what: registry.upload(file, form=upload_form(file).with_field("attestations", mistakes[what](file)))
        for what, file in files.items()
    }
    wrong = {what: answer for what, answer in answers.items() if not answer.is_client_error}
    expect.rule(
        "every upload to be refused (4xx) whose only mistake is in its attestations",
        broken_by=[f"status {answer.status} for {what}" for what, answer in wrong.items()],
        where=expect.requests(wrong.values()),
    )
    expect.not_listed(registry.project_page(name), [file.filename for file in files.values()])
