"""Archives that can be read in two ways."""

from __future__ import annotations

from typing import TYPE_CHECKING

from conformance.kit.check import check
from conformance.kit.uploads.invalid_distributions import each_kind_refused
from conformance.kit.uploads.publishing import publish
from reference_server.distributions.unusual_zips import with_usual_fields

if TYPE_CHECKING:
    from conformance.kit.fixtures import NewName, RegistryClient


@check("security.polyglot")
def test_polyglot(registry: RegistryClient, new_name: NewName) -> None:
    each_kind_refused(registry, new_name("polyglot"), "polyglot_wheel", "polyglot_sdist")


@check("security.zip-ambiguity")
def test_zip_ambiguity(registry: RegistryClient, new_name: NewName) -> None:
    kinds = (
        *("duplicate_metadata_member_wheel", "prepended_data"),
        *("trailing_data_wheel", "local_header_mismatch", "data_between_members"),
    )
    each_kind_refused(registry, new_name("ambiguous"), *kinds)


@check("security.zip-fields")
def test_zip_fields(registry: RegistryClient, new_name: NewName) -> None:
    name = new_name("zip-fields")
    publish(registry, with_usual_fields(name, "0.2"))
    kinds = (
        *("data_descriptor", "member_comment", "control_character_path"),
        *("local_size_mismatch", "local_packed_size_mismatch"),
        *("zip64_size_mismatch", "zip64_packed_size_mismatch"),
        *("duplicate_zip64_field", "malformed_zip64_field"),
        *("duplicate_unicode_path", "unicode_path_not_utf8", "unicode_path_control_character"),
    )
    each_kind_refused(registry, name, *kinds)


@check("security.tar-sparse")
def test_tar_sparse(registry: RegistryClient, new_name: NewName) -> None:
    each_kind_refused(registry, new_name("sparse"), "sparse_member_gnu", "sparse_member_pax")
