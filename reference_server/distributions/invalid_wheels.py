"""Wheels whose content breaks one rule. A function's docstring says what is wrong.

Source: Binary distribution format; Core metadata specifications.
"""

from __future__ import annotations

from dataclasses import replace

from reference_server.distributions.archives import zip_archive, zip_members
from reference_server.distributions.contents import dist_info
from reference_server.distributions.distribution import Distribution, escaped_name
from reference_server.distributions.invalid_documents import (
    OTHER_VERSION,
    UNKNOWN_METADATA_VERSION,
    licensed,
    not_utf8,
    other_name,
    without_name,
)
from reference_server.distributions.wheel import recorded, wheel


def not_a_zip(name: str, version: str) -> Distribution:
    """The wheel is a text file instead of a zip archive."""
    return replace(wheel(name, version), content=b"This is not a zip archive.\n")


def truncated_wheel(name: str, version: str) -> Distribution:
    """The last third of the zip archive is missing."""
    good = wheel(name, version)
    return replace(good, content=good.content[: len(good.content) * 2 // 3])


def empty_file_wheel(name: str, version: str) -> Distribution:
    """The wheel is an empty file."""
    return replace(wheel(name, version), content=b"")


def wheel_without_metadata(name: str, version: str) -> Distribution:
    """The `.dist-info` folder has no METADATA."""
    members = _without(name, version, "METADATA", "RECORD")
    return _with_members(name, version, recorded(members, dist_info(name, version)))


def wheel_without_wheel_file(name: str, version: str) -> Distribution:
    """The `.dist-info` folder has no WHEEL."""
    members = _without(name, version, "WHEEL", "RECORD")
    return _with_members(name, version, recorded(members, dist_info(name, version)))


def wheel_without_record(name: str, version: str) -> Distribution:
    """The `.dist-info` folder has no RECORD."""
    return _with_members(name, version, _without(name, version, "RECORD"))


def wheel_with_two_metadata(name: str, version: str) -> Distribution:
    """The wheel has a second `.dist-info` folder, of another project."""
    other = other_name(name)
    second = {f"{dist_info(other, version)}/METADATA": wheel(other, version).metadata.document()}
    return wheel(name, version, members=second)


def record_with_wrong_hash(name: str, version: str) -> Distribution:
    """RECORD has a wrong hash for one file."""
    members = zip_members(wheel(name, version).content)
    others = zip_members(wheel(name, version, marker="others").content)
    path = f"{escaped_name(name)}/__init__.py"
    return _with_members(name, version, members | {path: others[path]})


def record_with_missing_entry(name: str, version: str) -> Distribution:
    """RECORD has no line for one file."""
    members = zip_members(wheel(name, version).content)
    record = f"{dist_info(name, version)}/RECORD"
    lines = members[record].splitlines(keepends=True)
    return _with_members(name, version, members | {record: b"".join(lines[1:])})


def record_with_extra_entry(name: str, version: str) -> Distribution:
    """RECORD lists a file that the wheel does not contain."""
    members = zip_members(wheel(name, version, members={"missing.txt": b"missing\n"}).content)
    del members["missing.txt"]
    return _with_members(name, version, members)


def metadata_name_mismatch(name: str, version: str) -> Distribution:
    """METADATA has the name of another project than the file name."""
    return wheel(name, version, document=wheel(other_name(name), version).metadata.document())


def metadata_version_mismatch(name: str, version: str) -> Distribution:
    """METADATA has another version than the file name."""
    return wheel(name, version, document=wheel(name, OTHER_VERSION).metadata.document())


def dist_info_name_mismatch(name: str, version: str) -> Distribution:
    """The `.dist-info` folder is named after another project than the file name."""
    right, wrong = dist_info(name, version), dist_info(other_name(name), version)
    members = {
        path.replace(right, wrong): content for path, content in _without(name, version, "RECORD").items()
    }
    return _with_members(name, version, recorded(members, wrong))


def metadata_not_utf8_wheel(name: str, version: str) -> Distribution:
    """METADATA has a summary in Latin-1 instead of UTF-8."""
    return wheel(name, version, document=not_utf8(wheel(name, version).metadata))


def metadata_without_name_wheel(name: str, version: str) -> Distribution:
    """METADATA has no Name."""
    return wheel(name, version, document=without_name(wheel(name, version).metadata))


def unknown_metadata_version_wheel(name: str, version: str) -> Distribution:
    """METADATA and the upload form have the unknown Metadata-Version 99.0."""
    unknown = replace(wheel(name, version).metadata, metadata_version=UNKNOWN_METADATA_VERSION)
    return wheel(name, version, metadata=unknown)


def missing_license_file_wheel(name: str, version: str) -> Distribution:
    """METADATA names a License-File that the wheel does not contain."""
    metadata = licensed(wheel(name, version).metadata)
    return replace(wheel(name, version, document=metadata.document()), metadata=metadata)


def script_name_with_path(name: str, version: str) -> Distribution:
    """The name of a script in entry_points.txt is a path that leads out of the folder of scripts."""
    return with_entry_points(name, version, b"[console_scripts]\n../demo = demo:main\n")


def entry_points_without_group(name: str, version: str) -> Distribution:
    """The first line of entry_points.txt belongs to no group."""
    return with_entry_points(name, version, b"demo = demo:main\n")


def with_entry_points(name: str, version: str, content: bytes) -> Distribution:
    """Return a wheel with this entry_points.txt. Source: PyPA "Entry points", File format."""
    return wheel(name, version, members={f"{dist_info(name, version)}/entry_points.txt": content})


def _with_members(name: str, version: str, members: dict[str, bytes]) -> Distribution:
    return replace(wheel(name, version), content=zip_archive(members))


def _without(name: str, version: str, *files: str) -> dict[str, bytes]:
    """Return a wheel's members without these files of its `.dist-info`."""
    dropped = {f"{dist_info(name, version)}/{file}" for file in files}
    members = zip_members(wheel(name, version).content)
    return {path: content for path, content in members.items() if path not in dropped}


WHEELS = (
    *(not_a_zip, truncated_wheel, empty_file_wheel),
    *(wheel_without_metadata, wheel_without_wheel_file, wheel_without_record, wheel_with_two_metadata),
    *(record_with_wrong_hash, record_with_missing_entry, record_with_extra_entry),
    *(metadata_name_mismatch, metadata_version_mismatch, dist_info_name_mismatch),
    *(metadata_not_utf8_wheel, metadata_without_name_wheel, unknown_metadata_version_wheel),
    *(missing_license_file_wheel, script_name_with_path, entry_points_without_group),
)
