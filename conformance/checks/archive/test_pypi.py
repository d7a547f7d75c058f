"""What the Python Package Index asks of archives."""

from __future__ import annotations

from typing import TYPE_CHECKING

from conformance.kit import expect
from conformance.kit.check import check
from conformance.kit.uploads.invalid_distributions import each_kind_refused
from reference_server.distributions import sdist, wheel
from reference_server.distributions.invalid_documents import licensed
from reference_server.distributions.invalid_wheels import with_entry_points

if TYPE_CHECKING:
    from conformance.kit.fixtures import NewName, RegistryClient

ENTRY_POINTS = b"[console_scripts]\nDemo.run-1 = demo:main [extra]\n\n[other.group]\na/b = demo\n"
"""What the specification allows: a group of any name has names of its own."""


@check("archive.license-files")
def test_license_files(registry: RegistryClient, new_name: NewName) -> None:
    name = new_name("license")
    for build in (wheel, sdist):
        right = build(name, "0.2", metadata=licensed(build(name, "0.2").metadata))
        expect.accepted(registry.upload(right))
    kinds = ("missing_license_file_wheel", "missing_license_file_sdist")
    each_kind_refused(registry, name, *kinds)


@check("archive.duplicate-entries")
def test_duplicate_entries(registry: RegistryClient, new_name: NewName) -> None:
    each_kind_refused(registry, new_name("duplicate"), "duplicate_member_wheel")


@check("archive.wheel-record")
def test_wheel_record(registry: RegistryClient, new_name: NewName) -> None:
    each_kind_refused(registry, new_name("record"), "record_with_missing_entry", "record_with_extra_entry")


@check("archive.entry-points")
def test_entry_points(registry: RegistryClient, new_name: NewName) -> None:
    name = new_name("entry-points")
    kinds = ("script_name_with_path", "entry_points_without_group")
    each_kind_refused(registry, name, *kinds)
    expect.accepted(registry.upload(with_entry_points(name, "0.2", ENTRY_POINTS)))
