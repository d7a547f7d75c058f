"""What a public index makes of versions."""

from __future__ import annotations

from typing import TYPE_CHECKING

from packaging.utils import canonicalize_name

from conformance.kit import expect
from conformance.kit.check import check
from conformance.kit.differences import excerpt
from conformance.verdicts import Deviation

if TYPE_CHECKING:
    from conformance.kit.fixtures import Corpus, RegistryClient

LOCAL = ("version-local", "version-all")


@check("version.local.pypi-forbidden")
def test_local_forbidden(registry: RegistryClient, corpus: Corpus) -> None:
    items = [corpus.published[role] for role in LOCAL]
    for item in items:
        if not 400 <= item.status < 500:
            raise Deviation(
                expected=f"version {item.distribution.version!r} to be refused (4xx)",
                found=f"status {item.status}: {excerpt(item.text)}",
                where=item.where,
            )
    page = registry.project_page(canonicalize_name(items[0].distribution.name))
    expect.not_listed(page, [item.distribution.filename for item in items])
