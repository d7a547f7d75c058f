"""File names and forms, against the metadata in the archive."""

from __future__ import annotations

from typing import TYPE_CHECKING

from conformance.kit.check import check
from conformance.kit.uploads.invalid_distributions import each_kind_refused

if TYPE_CHECKING:
    from conformance.kit.fixtures import NewName, RegistryClient


@check("file.sdist.metadata-match")
def test_sdist_metadata_match(registry: RegistryClient, new_name: NewName) -> None:
    kinds = ("sdist_metadata_version_mismatch", "sdist_metadata_name_mismatch")
    each_kind_refused(registry, new_name("mismatch"), *kinds)
