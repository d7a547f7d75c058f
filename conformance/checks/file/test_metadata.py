"""File names and forms, against the metadata in the archive."""

from __future__ import annotations

from typing import TYPE_CHECKING

from conformance.checks.archive.support import each_refused
from conformance.kit.check import check

if TYPE_CHECKING:
    from conformance.kit.fixtures import NewName, Registry


@check("file.sdist.metadata-match")
def test_sdist_metadata_match(registry: Registry, new_name: NewName) -> None:
    kinds = ("sdist_metadata_version_mismatch", "sdist_metadata_name_mismatch")
    each_refused(registry, new_name("mismatch"), *kinds)
