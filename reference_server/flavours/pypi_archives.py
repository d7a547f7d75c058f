"""The rules of the Python Package Index for archives, beyond the specifications.

Source: its user documentation, "Archives"; Warehouse, `warehouse/utils/zipfiles.py`; PEP 639.
"""

from __future__ import annotations

import struct
import tarfile
import zipfile
from collections import Counter
from typing import IO, TYPE_CHECKING

from reference_server.archives.archive import is_zip
from reference_server.archives.member import Kind
from reference_server.flavours.pypi_wheels import entry_points_are_valid, record_lists_the_members
from reference_server.flavours.pypi_zips import (
    NOT_ACCEPTED,
    zip_entries_are_packed_as_usual,
    zip_entries_are_plain,
    zip_has_no_gaps,
)
from reference_server.model.errors import PolicyError

if TYPE_CHECKING:
    from reference_server.archives.archive import Archive
    from reference_server.archives.checks import ArchiveCheck
    from reference_server.model import Upload

_LOCAL_HEADER = struct.Struct("<4s22xHH")
_END = struct.Struct("<4s16xH")
_UTF8 = 0x800  # the flag of a path that is in UTF-8


def is_one_archive(_archive: Archive, upload: Upload) -> None:
    """Refuse a file that is both a zip archive and a tar archive."""
    with upload.blob.open() as stream:
        if zipfile.is_zipfile(stream) and _is_tarfile(stream):
            raise PolicyError("Invalid distribution file. File is both a zip and a tar file.")


def paths_are_unique(archive: Archive, _upload: Upload) -> None:
    """Refuse a zip archive with a duplicate path: programs differ in which member they unpack."""
    paths = Counter(member.path for member in archive.members)
    if is_zip(archive.filename) and any(times > 1 for times in paths.values()):
        raise PolicyError(NOT_ACCEPTED.format("Duplicate filename in local headers"))


def zip_has_one_reading(archive: Archive, upload: Upload) -> None:
    """Refuse a zip archive whose local headers and central directory differ."""
    if not is_zip(archive.filename):
        return
    with upload.blob.open() as stream, zipfile.ZipFile(stream) as opened:
        entries = opened.infolist()
        if entries and min(entry.header_offset for entry in entries) > 0:
            raise PolicyError(NOT_ACCEPTED.format("Malformed zip file"))
        if any(_local_path(stream, entry) != _path(entry) for entry in entries):
            raise PolicyError(NOT_ACCEPTED.format("Mis-matched local headers and central directory"))
        if not _ends_here(stream, len(opened.comment)):
            raise PolicyError(NOT_ACCEPTED.format("Trailing data"))


def license_files_are_there(archive: Archive, upload: Upload) -> None:
    """Require each license file that the form names. Source: PEP 639."""
    folder = "licenses/" if archive.filename.endswith(".whl") else ""
    present = {
        member.path.removeprefix("./").partition("/")[2]
        for member in archive.members
        if member.kind is Kind.FILE
    }
    for path in filter(None, upload.fields.get("license_file", ())):
        if folder + path not in present:
            raise PolicyError(f"License-File {path} does not exist in distribution file {archive.filename}.")


def attestations_are_well_formed(_archive: Archive, upload: Upload) -> None:
    """Refuse attestations of another form, for another file, or too many."""
    if sent := upload.fields.get("attestations"):
        from reference_server.flavours.pypi_attestations import require_form

        require_form(sent, upload)


CHECKS: tuple[ArchiveCheck, ...] = (
    is_one_archive,
    paths_are_unique,
    zip_has_one_reading,
    zip_entries_are_packed_as_usual,
    zip_entries_are_plain,
    zip_has_no_gaps,
    license_files_are_there,
    record_lists_the_members,
    entry_points_are_valid,
    attestations_are_well_formed,
)
"""In the order of their evaluation."""


def _is_tarfile(stream: IO[bytes]) -> bool:
    stream.seek(0)
    return tarfile.is_tarfile(stream)


def _path(entry: zipfile.ZipInfo) -> bytes:
    return entry.orig_filename.encode("utf-8" if entry.flag_bits & _UTF8 else "cp437")


def _local_path(stream: IO[bytes], entry: zipfile.ZipInfo) -> bytes:
    stream.seek(entry.header_offset)
    header = stream.read(_LOCAL_HEADER.size)
    if len(header) < _LOCAL_HEADER.size:
        return b""  # the end of the file, which is no entry's path
    return stream.read(_LOCAL_HEADER.unpack(header)[1])


def _ends_here(stream: IO[bytes], comment: int) -> bool:
    """Return whether the end of a zip archive, with a comment of this length, is the end of the file."""
    stream.seek(-_END.size - comment, 2)
    return _END.unpack(stream.read(_END.size)) == (b"PK\5\6", comment)
