"""Each kind of invalid distribution breaks the rule that it is named after, and no other."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from reference_server.distributions import INVALID, UnknownKindError, invalid, sdist, wheel
from reference_server.distributions.unusual_zips import with_usual_fields

from .audit import problems

if TYPE_CHECKING:
    from collections.abc import Callable

    from reference_server.distributions import Distribution

NAME = "Some.Project-x"
MOST = 200_000  # bytes on the wire

BROKEN = {
    "not_a_zip": {"not a zip"},
    "truncated_wheel": {"not a zip"},
    "empty_file_wheel": {"not a zip"},
    "wheel_without_metadata": {"no METADATA"},
    "wheel_without_wheel_file": {"no WHEEL"},
    "wheel_without_record": {"no RECORD"},
    "wheel_with_two_metadata": {"two .dist-info"},
    "record_with_wrong_hash": {"hash in RECORD"},
    "record_with_missing_entry": {"file missing in RECORD"},
    "record_with_extra_entry": {"RECORD of a missing file"},
    "metadata_name_mismatch": {"Name"},
    "metadata_version_mismatch": {"Version"},
    "dist_info_name_mismatch": {"name of .dist-info"},
    "metadata_not_utf8_wheel": {"UTF-8"},
    "metadata_without_name_wheel": {"Name missing"},
    "unknown_metadata_version_wheel": {"Metadata-Version"},
    "missing_license_file_wheel": {"License-File"},
    "script_name_with_path": {"script name"},
    "entry_points_without_group": {"no group"},
    "absolute_path_member_wheel": {"absolute path"},
    "parent_path_member_wheel": {"path leads out"},
    "backslash_path_member_wheel": {"backslash"},
    "drive_path_member_wheel": {"drive"},
    "zip_bomb": {"ratio"},
    "huge_metadata_wheel": {"large metadata"},
    "nested_zip_bomb_overlapping": {"overlapping"},
    "duplicate_member_wheel": {"path twice"},
    "duplicate_metadata_member_wheel": {"path twice"},
    "local_header_mismatch": {"local header"},
    "encrypted_member": {"encrypted"},
    "zip64_lie": {"size"},
    "prepended_data": {"prepended"},
    "trailing_data_wheel": {"trailing"},
    "polyglot_wheel": {"also a tar"},
    "data_descriptor": {"streamed"},
    "member_comment": {"comment"},
    "control_character_path": {"control character"},
    "local_size_mismatch": {"local size"},
    "local_packed_size_mismatch": {"local packed size"},
    "zip64_size_mismatch": {"local size"},
    "zip64_packed_size_mismatch": {"local packed size"},
    "duplicate_zip64_field": {"field twice"},
    "malformed_zip64_field": {"ZIP64 of four bytes"},
    "duplicate_unicode_path": {"field twice"},
    "unicode_path_not_utf8": {"Unicode path"},
    "unicode_path_control_character": {"Unicode path"},
    "data_between_members": {"between"},
    "not_a_gzip": {"not gzip"},
    "not_a_tar": {"not a tar"},
    "truncated_sdist": {"not whole"},
    "empty_file_sdist": {"not whole"},
    "sdist_without_pkg_info": {"no PKG-INFO"},
    "sdist_without_pyproject": {"no pyproject.toml"},
    "sdist_with_two_top_folders": {"two top folders"},
    "sdist_with_wrong_top_folder": {"name of the top folder"},
    "sdist_metadata_name_mismatch": {"Name"},
    "sdist_metadata_version_mismatch": {"Version"},
    "metadata_not_utf8_sdist": {"UTF-8"},
    "metadata_without_name_sdist": {"Name missing"},
    "unknown_metadata_version_sdist": {"Metadata-Version"},
    "missing_license_file_sdist": {"License-File"},
    "absolute_path_member_sdist": {"absolute path"},
    "parent_path_member_sdist": {"path leads out"},
    "backslash_path_member_sdist": {"backslash"},
    "drive_path_member_sdist": {"drive"},
    "symlink_member": {"link"},
    "hardlink_outside": {"link"},
    "long_link_member": {"link"},
    "device_member": {"device"},
    "pkg_info_symlink": {"link"},
    "tar_bomb": {"large member"},
    "huge_metadata_sdist": {"large metadata"},
    "duplicate_member_sdist": {"path twice"},
    "duplicate_metadata_member_sdist": {"path twice"},
    "trailing_data_sdist": {"trailing"},
    "sparse_member_gnu": {"sparse"},
    "sparse_member_pax": {"sparse"},
    "polyglot_sdist": {"also a zip"},
}


@pytest.mark.parametrize("factory", [wheel, sdist])
def test_a_good_distribution_breaks_no_rule(factory: Callable[..., Distribution]) -> None:
    assert problems(factory(NAME, "1.0")) == set()


def test_usual_fields_of_a_zip_archive_break_no_rule() -> None:
    assert problems(with_usual_fields(NAME, "1.0")) == set()


def test_every_kind_is_looked_at() -> None:
    assert set(BROKEN) == set(INVALID)


@pytest.mark.parametrize("kind", BROKEN)
def test_a_kind_breaks_its_rule_and_no_other(kind: str) -> None:
    built = invalid(kind, NAME)
    assert problems(built) == BROKEN[kind]
    assert (built.name, built.version, built.metadata.name) == (NAME, "1.0", NAME)
    assert len(built.content) < MOST


@pytest.mark.parametrize("kind", BROKEN)
def test_a_kind_is_the_same_every_time(kind: str) -> None:
    assert invalid(kind, NAME, "2.0") == invalid(kind, NAME, "2.0")


@pytest.mark.parametrize("kind", BROKEN)
def test_a_kind_keeps_the_file_name_of_the_good_one(kind: str) -> None:
    assert invalid(kind, NAME).filename in {wheel(NAME, "1.0").filename, sdist(NAME, "1.0").filename}


def test_every_kind_has_a_sentence() -> None:
    assert all(rule.endswith(".") and 20 < len(rule) < 130 for rule in INVALID.values())


def test_an_unknown_kind_names_the_near_ones() -> None:
    with pytest.raises(UnknownKindError, match="truncated_wheel"):
        invalid("truncatedwheel", "demo")


def test_the_path_of_a_tar_member_has_an_end() -> None:
    with pytest.raises(ValueError, match="shorter name"):
        invalid("sparse_member_gnu", "x" * 100)


def test_the_documentation_has_every_kind_with_its_rule() -> None:
    document = (Path(__file__).parents[3] / "docs" / "distributions.md").read_text(encoding="utf-8")
    rows = dict(re.findall(r"^\| `(\w+)` \| ([^|]+) \|$", document, re.MULTILINE))
    assert rows == dict(INVALID)
