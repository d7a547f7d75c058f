"""Uploads with attestations."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

from conformance.checks.attestation.mistakes import (
    ANOTHER_SUBJECT,
    MALFORMED,
    TOO_MANY,
    UNTRUSTED,
    UNVERIFIABLE,
)
from conformance.kit import expect
from conformance.kit.check import check
from conformance.kit.http import upload_form
from conformance.kit.uploads.attestations import attestation_of
from conformance.kit.uploads.publishing import publish
from conformance.verdicts import NotApplicable, Untestable
from reference_server.distributions import wheel

if TYPE_CHECKING:
    from collections.abc import Mapping

    from conformance.checks.attestation.mistakes import Field
    from conformance.kit.fixtures import Index, NewName, RegistryClient, Remark
    from conformance.kit.http import Answer
    from reference_server.distributions import Distribution


OF_ATTESTATIONS = re.compile(
    r"verif|sigstore|signature|certificat|trusted.publish|invalid attestation", re.IGNORECASE
)
"""The words of a registry that has looked into an attestation, which nothing can verify."""


OF_CREDENTIALS = frozenset({401, 403})
"""The statuses of an upload that the caller may not make, whatever is in it."""

NONE_VERIFIED = (
    "no attestation that verification accepts was sent: an index that refuses all of them passes, too"
)

RIGHT_IN_FORM = UNVERIFIABLE[UNTRUSTED]
"""The right attestation for a file, but for what nothing can verify."""


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
def test_upload_malformed(registry: RegistryClient, new_name: NewName, remark: Remark) -> None:
    name = new_name("malformed")
    _each_refused(registry, name, MALFORMED)
    if not _upload(registry, wheel(name, "0.9"), RIGHT_IN_FORM).is_success:
        remark(NONE_VERIFIED)


@check("attestation.upload.must-verify")
def test_upload_must_verify(registry: RegistryClient, new_name: NewName, remark: Remark) -> None:
    """An attestation that could be verified takes a Sigstore identity: the twin of each upload has none.

    A file that is there already may be taken once more, as without attestations.
    """
    name = new_name("unverifiable")
    _each_refused(registry, name, UNVERIFIABLE)
    there = wheel(name, "1.0")
    before = {file.filename for file in registry.project_page(name).files if file.provenance is not None}
    again = _upload(registry, there, RIGHT_IN_FORM)
    page = registry.project_page(name, fresh=True)
    stored = {file.filename for file in page.files if file.provenance is not None} - before
    expect.rule(
        "no attestation to be stored that came with a file for the second time, and that nothing verifies",
        broken_by=stored,
        where=f"{again}; then {page.where}",
    )
    remark(NONE_VERIFIED)


@check("attestation.upload.subject")
def test_upload_subject(registry: RegistryClient, new_name: NewName) -> None:
    _each_refused(registry, new_name("subject"), ANOTHER_SUBJECT, twin=RIGHT_IN_FORM)


@check("attestation.upload.limits")
def test_upload_limits(registry: RegistryClient, new_name: NewName) -> None:
    _each_refused(registry, new_name("limits"), TOO_MANY, twin=RIGHT_IN_FORM)


def _each_refused(
    registry: RegistryClient, name: str, mistakes: Mapping[str, Field], *, twin: Field | None = None
) -> None:
    """Require that uploads are refused and not listed whose only mistake is in their attestations.

    Raises Untestable where no mistake is accepted, and a refusal has another reason: the `twin`, which has none of
    the mistakes, is refused too, the credential may not upload, or the server fails.
    """
    publish(registry, wheel(name, "1.0"))
    files = {what: wheel(name, f"1.{number}") for number, what in enumerate(mistakes, 1)}
    answers = {what: _upload(registry, file, mistakes[what]) for what, file in files.items()}
    wrong = {what: answer for what, answer in answers.items() if answer.is_success}
    expect.rule(
        "every upload to be refused (4xx) whose only mistake is in its attestations",
        broken_by=[f"status {answer.status} for {what}" for what, answer in wrong.items()],
        where=expect.requests(wrong.values()),
    )
    expect.not_listed(registry.project_page(name), [file.filename for file in files.values()])
    for what, answer in answers.items():
        if not answer.is_client_error or answer.status in OF_CREDENTIALS:
            raise Untestable(f"{what} was refused for another reason, or by an error: {answer}")
    if twin:
        answer = _upload(registry, wheel(name, "0.9"), twin)
        if not answer.is_success:
            raise Untestable(f"an upload with {UNTRUSTED} and no other mistake was refused too: {answer}")


def _upload(registry: RegistryClient, file: Distribution, attestations: Field) -> Answer:
    form = upload_form(file).with_field("attestations", attestations(file))
    return registry.upload(file, form=form)
