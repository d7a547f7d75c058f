"""What a registry lists and serves after an upload."""

from __future__ import annotations

from typing import TYPE_CHECKING

from packaging.utils import canonicalize_name

from conformance.kit import expect
from conformance.kit.registry import DEFAULT, page_in

if TYPE_CHECKING:
    from collections.abc import Collection

    from conformance.kit.http import Answer, UploadForm
    from conformance.kit.registry import RegistryClient
    from reference_server.distributions import Distribution


def nothing_stored(registry: RegistryClient, distribution: Distribution) -> None:
    """Require that `default` does not find a file that was refused; the status of its absence is free."""
    answer = registry.project_answer(canonicalize_name(distribution.name))
    if answer.status == 200:
        expect.not_listed(page_in(answer), [distribution.filename])


def served(registry: RegistryClient, distributions: Collection[Distribution]) -> None:
    """Require that files of one project are listed under their names, and served unchanged."""
    for distribution in distributions:
        page = registry.project_page(canonicalize_name(distribution.name))
        expect.listed(page, [each.filename for each in distributions])
        for file in page.files:
            if file.filename == distribution.filename:
                expect.same_bytes(registry.download(file.url), distribution)


def accepted_and_listed(
    registry: RegistryClient,
    distribution: Distribution,
    form: UploadForm | None = None,
    *,
    as_: str = DEFAULT,
) -> None:
    """Require that an upload is accepted, and that the file is then on its project's page."""
    expect.accepted(registry.upload(distribution, form=form, as_=as_))
    expect.listed(registry.project_page(distribution.name), [distribution.filename])


def refused_and_not_listed(registry: RegistryClient, distribution: Distribution, form: UploadForm) -> None:
    """Require that a form is refused (4xx), and that its file is not listed."""
    expect.refused(registry.upload(distribution, form=form))
    expect.not_listed(registry.project_page(distribution.name), [distribution.filename])


def stored_whole_or_not_at_all(registry: RegistryClient, answer: Answer, *sent: Distribution) -> None:
    """Require of an upload that a registry may accept or refuse: no server error, and no file in part.

    A refused file is not listed, and a listed file has the bytes that were sent.
    """
    expect.no_server_error(answer)
    page = registry.project_page(sent[0].name)
    if not answer.is_success:
        expect.not_listed(page, [distribution.filename for distribution in sent])
    for distribution in sent:
        if file := page.file(distribution.filename):
            expect.same_bytes(registry.download(file.url), distribution)
