"""Sdists whose content breaks one rule. A function's docstring says what is wrong.

Source: Source distribution format; Core metadata specifications.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from reference_server.distributions.archives import gzipped, tar_archive, tar_members
from reference_server.distributions.contents import stem
from reference_server.distributions.invalid_documents import (
    OTHER_VERSION,
    UNKNOWN_METADATA_VERSION,
    licensed,
    not_utf8,
    other_name,
    without_name,
)
from reference_server.distributions.sdist import sdist

if TYPE_CHECKING:
    from reference_server.distributions.distribution import Distribution


def not_a_gzip(name: str, version: str) -> Distribution:
    """The sdist is a text file instead of a gzip file."""
    return replace(sdist(name, version), content=b"This is not gzip.\n")


def not_a_tar(name: str, version: str) -> Distribution:
    """The sdist is a gzipped text file instead of a tar archive."""
    return replace(sdist(name, version), content=gzipped(b"This is not a tar archive.\n" * 40))


def truncated_sdist(name: str, version: str) -> Distribution:
    """The last third of the archive is missing."""
    good = sdist(name, version)
    return replace(good, content=good.content[: len(good.content) * 2 // 3])


def empty_file_sdist(name: str, version: str) -> Distribution:
    """The sdist is an empty file."""
    return replace(sdist(name, version), content=b"")


def sdist_without_pkg_info(name: str, version: str) -> Distribution:
    """The top-level folder has no PKG-INFO."""
    members = tar_members(sdist(name, version).content)
    del members[f"{stem(name, version)}/PKG-INFO"]
    return _with_members(name, version, members)


def sdist_without_pyproject(name: str, version: str) -> Distribution:
    """The top-level folder has no pyproject.toml."""
    members = tar_members(sdist(name, version).content)
    del members[f"{stem(name, version)}/pyproject.toml"]
    return _with_members(name, version, members)


def sdist_with_two_top_folders(name: str, version: str) -> Distribution:
    """The sdist has two top-level folders."""
    second = {f"{stem(other_name(name), version)}/data.txt": b"data\n"}
    return _with_members(name, version, tar_members(sdist(name, version).content) | second)


def sdist_with_wrong_top_folder(name: str, version: str) -> Distribution:
    """The top-level folder is named after another project than the file name."""
    right, wrong = stem(name, version), stem(other_name(name), version)
    members = tar_members(sdist(name, version).content)
    return _with_members(
        name, version, {wrong + path.removeprefix(right): content for path, content in members.items()}
    )


def sdist_metadata_name_mismatch(name: str, version: str) -> Distribution:
    """PKG-INFO has the name of another project than the file name."""
    return sdist(name, version, document=sdist(other_name(name), version).metadata.document())


def sdist_metadata_version_mismatch(name: str, version: str) -> Distribution:
    """PKG-INFO has another version than the file name."""
    return sdist(name, version, document=sdist(name, OTHER_VERSION).metadata.document())


def metadata_not_utf8_sdist(name: str, version: str) -> Distribution:
    """PKG-INFO has a summary in Latin-1 instead of UTF-8."""
    return sdist(name, version, document=not_utf8(sdist(name, version).metadata))


def metadata_without_name_sdist(name: str, version: str) -> Distribution:
    """PKG-INFO has no Name."""
    return sdist(name, version, document=without_name(sdist(name, version).metadata))


def unknown_metadata_version_sdist(name: str, version: str) -> Distribution:
    """PKG-INFO and the upload form have the unknown Metadata-Version 99.0."""
    unknown = replace(sdist(name, version).metadata, metadata_version=UNKNOWN_METADATA_VERSION)
    return sdist(name, version, metadata=unknown)


def missing_license_file_sdist(name: str, version: str) -> Distribution:
    """PKG-INFO names a License-File that the sdist does not contain."""
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
