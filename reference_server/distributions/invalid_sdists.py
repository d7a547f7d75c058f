"""Sdists whose content breaks one rule. A function's docstring is the rule, and what is wrong here.

Source: Source distribution format; Core metadata specifications.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from reference_server.distributions.archives import gzipped, tar_archive, tar_members
from reference_server.distributions.invalid_documents import (
    OTHER_VERSION,
    UNKNOWN_METADATA_VERSION,
    licensed,
    not_utf8,
    other_name,
    stem,
    without_name,
)
from reference_server.distributions.sdist import sdist

if TYPE_CHECKING:
    from reference_server.distributions.distribution import Distribution


def not_a_gzip(name: str, version: str) -> Distribution:
    """An sdist is gzipped; this one is text."""
    return replace(sdist(name, version), content=b"This is not gzip.\n")


def not_a_tar(name: str, version: str) -> Distribution:
    """An sdist is a tar archive, gzipped; this one is text, gzipped."""
    return replace(sdist(name, version), content=gzipped(b"This is not a tar archive.\n" * 40))


def truncated_sdist(name: str, version: str) -> Distribution:
    """An sdist is a whole archive; the last third of this one is missing."""
    good = sdist(name, version)
    return replace(good, content=good.content[: len(good.content) * 2 // 3])


def empty_file_sdist(name: str, version: str) -> Distribution:
    """An sdist is a tar archive; this one has no bytes at all."""
    return replace(sdist(name, version), content=b"")


def sdist_without_pkg_info(name: str, version: str) -> Distribution:
    """An sdist has PKG-INFO in its top-level folder; this one has none."""
    members = tar_members(sdist(name, version).content)
    del members[f"{stem(name, version)}/PKG-INFO"]
    return _with_members(name, version, members)


def sdist_without_pyproject(name: str, version: str) -> Distribution:
    """An sdist has pyproject.toml in its top-level folder; this one has none."""
    members = tar_members(sdist(name, version).content)
    del members[f"{stem(name, version)}/pyproject.toml"]
    return _with_members(name, version, members)


def sdist_with_two_top_folders(name: str, version: str) -> Distribution:
    """An sdist has one top-level folder; this one has two."""
    second = {f"{stem(other_name(name), version)}/data.txt": b"data\n"}
    return _with_members(name, version, tar_members(sdist(name, version).content) | second)


def sdist_with_wrong_top_folder(name: str, version: str) -> Distribution:
    """The top-level folder is named after project and version; here after another project."""
    right, wrong = stem(name, version), stem(other_name(name), version)
    members = tar_members(sdist(name, version).content)
    return _with_members(
        name, version, {wrong + path.removeprefix(right): content for path, content in members.items()}
    )


def sdist_metadata_name_mismatch(name: str, version: str) -> Distribution:
    """The Name in PKG-INFO is the file name's; here it is another project's."""
    return sdist(name, version, document=sdist(other_name(name), version).metadata.document())


def sdist_metadata_version_mismatch(name: str, version: str) -> Distribution:
    """The Version in PKG-INFO is the file name's; here it is another one."""
    return sdist(name, version, document=sdist(name, OTHER_VERSION).metadata.document())


def metadata_not_utf8_sdist(name: str, version: str) -> Distribution:
    """PKG-INFO is UTF-8; the summary of this one is Latin-1."""
    return sdist(name, version, document=not_utf8(sdist(name, version).metadata))


def metadata_without_name_sdist(name: str, version: str) -> Distribution:
    """PKG-INFO has a Name; this one has none."""
    return sdist(name, version, document=without_name(sdist(name, version).metadata))


def unknown_metadata_version_sdist(name: str, version: str) -> Distribution:
    """Metadata-Version is one that exists; here it is 99.0, and the upload form says so too."""
    unknown = replace(sdist(name, version).metadata, metadata_version=UNKNOWN_METADATA_VERSION)
    return sdist(name, version, metadata=unknown)


def missing_license_file_sdist(name: str, version: str) -> Distribution:
    """A License-File of the metadata is in the sdist; here it is not."""
    metadata = licensed(sdist(name, version).metadata)
    return replace(sdist(name, version, document=metadata.document()), metadata=metadata)


def _with_members(name: str, version: str, members: dict[str, bytes]) -> Distribution:
    return replace(sdist(name, version), content=gzipped(tar_archive(members)))


SDISTS = (
    *(not_a_gzip, not_a_tar, truncated_sdist, empty_file_sdist),
    *(
        sdist_without_pkg_info,
        sdist_without_pyproject,
        sdist_with_two_top_folders,
        sdist_with_wrong_top_folder,
    ),
    *(sdist_metadata_name_mismatch, sdist_metadata_version_mismatch),
    *(metadata_not_utf8_sdist, metadata_without_name_sdist, unknown_metadata_version_sdist),
    *(missing_license_file_sdist,),
)
