"""Archives that are not whole, or lack what each of their kind has."""

from __future__ import annotations

from typing import TYPE_CHECKING

from conformance.kit.check import check
from conformance.kit.uploads.invalid_distributions import each_kind_refused

if TYPE_CHECKING:
    from conformance.kit.fixtures import NewName, RegistryClient


@check("archive.valid")
def test_valid(registry: RegistryClient, new_name: NewName) -> None:
    kinds = ("not_a_zip", "truncated_wheel", "not_a_gzip", "not_a_tar", "truncated_sdist")
    each_kind_refused(registry, new_name("archive"), *kinds)


@check("archive.wheel-required-files")
def test_wheel_required_files(registry: RegistryClient, new_name: NewName) -> None:
    kinds = ("wheel_without_metadata", "wheel_without_wheel_file", "wheel_without_record")
    each_kind_refused(registry, new_name("dist-info"), *kinds)


@check("archive.sdist-pkg-info")
def test_sdist_pkg_info(registry: RegistryClient, new_name: NewName) -> None:
    kinds = ("sdist_without_pkg_info", "sdist_with_two_top_folders")
    each_kind_refused(registry, new_name("pkg-info"), *kinds)
