"""Archives that are not whole, or lack what each of their kind has."""

from __future__ import annotations

from typing import TYPE_CHECKING

from conformance.kit import expect
from conformance.kit.check import check
from conformance.kit.uploads.folder_entries import sdist_with_folders, wheel_with_folders
from conformance.kit.uploads.invalid_distributions import each_kind_refused
from conformance.kit.uploads.publishing import publish
from conformance.kit.uploads.vendoring import publish_a_usual_sdist, vendoring_sdist, vendoring_wheel
from reference_server.distributions import wheel

if TYPE_CHECKING:
    from collections.abc import Callable

    from conformance.kit.fixtures import NewName, RegistryClient, Remark
    from reference_server.distributions import Distribution


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


@check("archive.vendored")
def test_vendored(registry: RegistryClient, new_name: NewName, remark: Remark) -> None:
    are_accepted(registry, new_name("vendored"), remark, vendoring_wheel, vendoring_sdist)


@check("archive.folders")
def test_folders(registry: RegistryClient, new_name: NewName, remark: Remark) -> None:
    are_accepted(registry, new_name("folders"), remark, wheel_with_folders, sdist_with_folders)


def are_accepted(
    registry: RegistryClient,
    name: str,
    remark: Remark,
    *builders: Callable[[str, str], Distribution],
) -> None:
    """Require that a wheel and an sdist are accepted and listed, as usual ones are.

    Without the sdist where the registry takes none.
    """
    publish(registry, wheel(name, "0.8"))
    unusual_wheel, unusual_sdist = (build(name, f"1.{number}") for number, build in enumerate(builders))
    unusual = [unusual_wheel]
    if publish_a_usual_sdist(registry, name, "0.9", remark):
        unusual.append(unusual_sdist)
    for distribution in unusual:
        expect.accepted(registry.upload(distribution))
    expect.listed(registry.project_page(name), [each.filename for each in unusual])
