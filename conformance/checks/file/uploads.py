"""Uploads that have to be refused, and uploads that a registry may refuse."""

from __future__ import annotations

from typing import TYPE_CHECKING

from packaging.utils import canonicalize_name

from conformance.kit import expect
from conformance.kit.http import upload_form
from conformance.kit.stored_files import served
from conformance.verdicts import Deviation

if TYPE_CHECKING:
    from conformance.kit.fixtures import Registry
    from conformance.kit.http import Answer
    from reference_server.distributions import Distribution


def refused(registry: Registry, *distributions: Distribution, **fields: str) -> None:
    """Upload files of one project, with some fields of the form set, and require that none is taken or listed."""
    uploads = [(distribution, _upload(registry, distribution, fields)) for distribution in distributions]
    _none_taken(uploads)
    page = registry.project_page(canonicalize_name(distributions[0].name))
    expect.not_listed(page, [distribution.filename for distribution in distributions])


def refused_or_served(registry: Registry, *distributions: Distribution) -> None:
    """Upload files of one project, and require that each is refused, or accepted, listed and served."""
    uploads = [(distribution, registry.upload(distribution)) for distribution in distributions]
    taken = [distribution for distribution, answer in uploads if answer.is_success]
    _none_taken([(distribution, answer) for distribution, answer in uploads if distribution not in taken])
    page = registry.project_page(canonicalize_name(distributions[0].name))
    names = {distribution.filename for distribution in taken}
    expect.not_listed(page, {distribution.filename for distribution in distributions} - names)
    served(registry, taken)


def _upload(registry: Registry, distribution: Distribution, fields: dict[str, str]) -> Answer:
    form = upload_form(distribution)
    for name, value in fields.items():
        form = form.with_field(name, value)
    return registry.upload(distribution, form=form)


def _none_taken(uploads: list[tuple[Distribution, Answer]]) -> None:
    """Require 4xx for every upload; all that came to something else are named."""
    wrong = [
        (distribution.filename, answer) for distribution, answer in uploads if not answer.is_client_error
    ]
    if wrong:
        raise Deviation(
            expected="the upload is refused (4xx)",
            found=", ".join(f"{answer.status} for {filename!r}" for filename, answer in wrong),
            where=str(wrong[0][1]),
        )
