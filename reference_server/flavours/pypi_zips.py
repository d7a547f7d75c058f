"""The rules of the Python Package Index for zip archives: programs that read them in different ways find the same.

Source: Warehouse, `warehouse/utils/zipfiles.py`; the index's blog of 7 August 2025, on confusion between zip parsers,
which announces that wheels whose members are not those in RECORD are refused from February 2026.
"""

from __future__ import annotations

import csv
import io
import struct
import zipfile
from typing import IO, TYPE_CHECKING

from reference_server.archives.archive import BROKEN, is_zip
from reference_server.archives.tarballs import Kind
from reference_server.model.errors import PolicyError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from reference_server.archives.archive import Archive
    from reference_server.model import Upload

NOT_ACCEPTED = "Invalid distribution file. ZIP archive not accepted: {}."
MAX_RECORD = 32 * 1024 * 1024  # bytes

_LOCAL_HEADER = struct.Struct("<4s2xH10x2L2H")
_DATA_DESCRIPTOR = 0x08
_ZIP64, _UNICODE_PATH = 0x0001, 0x7075
_IN_ZIP64 = 0xFFFFFFFF
_NOT_IN_RECORD = frozenset({"RECORD", "RECORD.jws", "RECORD.p7s"})


def zip_entries_are_plain(archive: Archive, upload: Upload) -> None:
    """Refuse zip archives with entries that readers of the local headers and of the directory may take differently."""
    if not is_zip(archive.filename):
        return
    with upload.blob.open() as stream, zipfile.ZipFile(stream) as opened:
        for entry in opened.infolist():
            if why := _oddity(stream, entry):
                raise PolicyError(NOT_ACCEPTED.format(why))


def record_lists_the_members(archive: Archive, upload: Upload) -> None:
    """Refuse a wheel whose RECORD lacks a member, or has a row without one. Hashes are not compared."""
    if not archive.filename.endswith(".whl"):
        return
    files = {member.path for member in archive.members if member.kind is Kind.FILE}
    records = [path for path in files if path.endswith(".dist-info/RECORD") and path.count("/") == 1]
    if len(records) != 1:
        return  # another check refuses them, or takes all that PyPI takes
    folder = records[0].removesuffix("RECORD")
    exempt = {folder + name for name in _NOT_IN_RECORD}
    try:
        rows = set(_rows(upload, records[0]))
    except (*BROKEN, csv.Error) as error:
        raise PolicyError(NOT_ACCEPTED.format("Malformed zip file")) from error
    if files - exempt != rows - exempt:
        raise PolicyError("Invalid distribution file. RECORD does not list the contents of the wheel.")


def _rows(upload: Upload, record: str) -> Iterator[str]:
    with upload.blob.open() as stream, zipfile.ZipFile(stream) as opened:
        if opened.getinfo(record).file_size > MAX_RECORD:
            return
        text = opened.read(record).decode("utf-8", "replace")
    for row in csv.reader(io.StringIO(text, newline="")):
        if row:
            yield row[0]


def _oddity(stream: IO[bytes], entry: zipfile.ZipInfo) -> str:
    """Return why an entry is refused; an empty text for a plain one."""
    stream.seek(entry.header_offset)
    _, flags, packed, size, name_length, extra_length = _LOCAL_HEADER.unpack(stream.read(_LOCAL_HEADER.size))
    name, extra = stream.read(name_length), dict(_extras(stream.read(extra_length)))
    if entry.comment:
        return "Comment in central directory"
    if any(byte < 0x20 or byte == 0x7F for byte in name):
        return "Invalid character in filename"
    if any(times > 1 for kind, (times, _) in extra.items() if kind in {_ZIP64, _UNICODE_PATH}):
        return "Invalid duplicate extra in local file"
    if flags & _DATA_DESCRIPTOR:
        return "ZIP contains a data descriptor"
    large = extra.get(_ZIP64, (0, b""))[1]
    if len(large) >= 16:
        in_local = struct.unpack_from("<2Q", large)
        size, packed = in_local[0] if size == _IN_ZIP64 else size, in_local[1]
    if packed != entry.compress_size:
        return "Mis-matched data size"
    return "" if size == entry.file_size else "Mis-matched file size"


def _extras(content: bytes) -> Iterator[tuple[int, tuple[int, bytes]]]:
    """Yield how many times each kind of extra field is there so far, and its content."""
    times: dict[int, int] = {}
    at = 0
    while at + 4 <= len(content):
        kind, length = struct.unpack_from("<2H", content, at)
        times[kind] = times.get(kind, 0) + 1
        yield kind, (times[kind], content[at + 4 : at + 4 + length])
        at += 4 + length
