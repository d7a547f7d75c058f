"""The rules of the Python Package Index for what RECORD and entry_points.txt of a wheel say.

Source: Warehouse, `warehouse/utils/wheel.py` and `warehouse/forklift/legacy.py`, of August 2026; PyPA "Entry points".
RECORD is compared with the members as the index's blog of 7 August 2025 announces: wheels that differ are refused from
February 2026. Warehouse of August 2026 still takes them, and writes to the maintainers. Hashes are not compared.
"""

from __future__ import annotations

import csv
import re
import zipfile
from typing import TYPE_CHECKING

from reference_server.archives.member import Kind
from reference_server.archives.reading import BROKEN
from reference_server.model.errors import PolicyError

if TYPE_CHECKING:
    from reference_server.archives.archive import Archive
    from reference_server.model import Upload

MAX_READ = 32 * 1024 * 1024  # bytes of one member
_SIGNATURES = frozenset({"RECORD.jws", "RECORD.p7s"})
_SCRIPT_NAME = re.compile(r"[\w.-]+")


def record_lists_the_members(archive: Archive, upload: Upload) -> None:
    """Refuse a wheel whose RECORD cannot be read, lacks a member, or has a row without one."""
    files = {member.path for member in archive.members if member.kind is Kind.FILE}
    records = [path for path in files if path.endswith(".dist-info/RECORD") and path.count("/") == 1]
    if not archive.filename.endswith(".whl") or len(records) != 1:
        return  # another check refuses them, or takes all that PyPI takes
    folder = records[0].removesuffix("RECORD")
    signatures = {folder + name for name in _SIGNATURES}
    try:
        text = _read(upload, records[0]).decode()
        rows = {row[0].replace("\\", "/") for row in csv.reader(text.splitlines()) if row}
    except (*BROKEN, UnicodeError, csv.Error) as error:
        raise PolicyError(
            f"Wheel '{archive.filename}' does not contain the required RECORD file: {records[0]}"
        ) from error
    if files - signatures != (rows - signatures) | {records[0]}:
        raise PolicyError("Invalid distribution file. RECORD does not list the contents of the wheel.")


def entry_points_are_valid(archive: Archive, upload: Upload) -> None:
    """Refuse a wheel whose entry_points.txt is no such file, or whose scripts have names with other characters."""
    if not archive.filename.endswith(".whl"):
        return
    name, version, _ = archive.filename.split("-", 2)
    path = f"{name}-{version}.dist-info/entry_points.txt"
    if path not in {member.path for member in archive.members}:
        return
    from reference_server.flavours.pypi_entry_points import scripts  # takes time to import

    try:
        names = scripts(_read(upload, path).decode())
    except (*BROKEN, ValueError):  # of its encoding, too
        names = [""]
    if not all(map(_SCRIPT_NAME.fullmatch, names)):
        raise PolicyError(
            f"Wheel '{archive.filename}' has invalid entry points defined in the entry_points.txt file"
        )


def _read(upload: Upload, path: str) -> bytes:
    with upload.blob.open() as stream, zipfile.ZipFile(stream) as opened, opened.open(path) as member:
        return member.read(MAX_READ)
