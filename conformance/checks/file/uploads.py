"""Uploads that have to be refused, and uploads that a registry may refuse."""

from __future__ import annotations

from typing import TYPE_CHECKING

from packaging.utils import canonicalize_name

from conformance.kit import expect
from conformance.kit.http import upload_form
from conformance.kit.uploads.stored_files import served

if TYPE_CHECKING:
    from conformance.kit.fixtures import RegistryClient
    from conformance.kit.http import Answer
    from reference_server.distributions import Distribution


def refused(registry: RegistryClient, *distributions: Distribution, **fields: str) -> None:
    """Upload files of one project, with some fields of the form set, and require that none is taken or listed."""
    # One after the other: a registry may refuse two uploads to one project at once, whatever they are.
    uploads = [(distribution, _upload(registry, distribution, fields)) for distribution in distributions]
    all_refused(uploads)
    page = registry.project_page(canonicalize_name(distributions[0].name))
    expect.not_listed(page, [distribution.filename for distribution in distributions])


def refused_or_served(registry: RegistryClient, *distributions: Distribution) -> None:
    """Upload files of one project, and require that each is refused, or accepted, listed and served."""
    uploads = [(distribution, registry.upload(distribution)) for distribution in distributions]
    taken = [distribution for distribution, answer in uploads if answer.is_success]
    others = [(distribution, answer) for distribution, answer in uploads if distribution not in taken]
    all_refused(others, "every upload to be accepted (2xx) or refused (4xx)")
    page = registry.project_page(canonicalize_name(distributions[0].name))
    names = {distribution.filename for distribution in taken}
    expect.not_listed(page, {distribution.filename for distribution in distributions} - names)
    served(registry, taken)


def _upload(registry: RegistryClient, distribution: Distribution, fields: dict[str, str]) -> Answer:
    form = upload_form(distribution)
    for name, value in fields.items():
        form = form.with_field(name, value)
    return registry.upload(distribution, form=form)


def all_refused(
    uploads: list[tuple[Distribution, Answer]], rule: str = "every upload to be refused (4xx)"
) -> None:
    """Require that every upload is refused: any status from 400 to 499."""
    wrong = [
        (distribution.filename, answer) for distribution, answer in uploads if not answer.is_client_error
    ]
    if wrong:
        found = [f"status {answer.status} for {filename!r}" for filename, answer in wrong]
        expect.rule(rule, broken_by=found, where=wrong[0][1])
