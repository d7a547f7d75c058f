"""What the Python Package Index asks of archives."""

from __future__ import annotations

from typing import TYPE_CHECKING

from conformance.kit.check import check
from conformance.kit.uploads.invalid_distributions import each_kind_refused

if TYPE_CHECKING:
    from conformance.kit.fixtures import NewName, RegistryClient


@check("archive.license-files")
def test_license_files(registry: RegistryClient, new_name: NewName) -> None:
    kinds = ("missing_license_file_wheel", "missing_license_file_sdist")
    each_kind_refused(registry, new_name("license"), *kinds)


@check("archive.duplicate-entries")
def test_duplicate_entries(registry: RegistryClient, new_name: NewName) -> None:
    each_kind_refused(registry, new_name("duplicate"), "duplicate_member_wheel")
