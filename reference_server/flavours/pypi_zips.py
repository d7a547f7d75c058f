"""The rules of the Python Package Index for zip archives: programs that read them in different ways find the same.

Source: Warehouse, `warehouse/utils/zipfiles.py` and `warehouse/forklift/legacy.py`.
"""

from __future__ import annotations

import struct
import zipfile
from typing import IO, TYPE_CHECKING

from reference_server.archives.archive import is_zip
from reference_server.model.errors import PolicyError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from reference_server.archives.archive import Archive
    from reference_server.model import Upload

NOT_ACCEPTED = "Invalid distribution file. ZIP archive not accepted: {}."
COMPRESSIONS = frozenset({zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED})
MAX_RATIO = 50  # of the size that an archive unpacks to, to its own
RATIO_FROM = 64 * 1024 * 1024  # bytes unpacked, from which the ratio counts
ZIP64_SIZES = frozenset({0, 8, 16, 24, 28})  # bytes of the ZIP64 field in a local header

_LOCAL_HEADER = struct.Struct("<4s2xH10x2L2H")
_DATA_DESCRIPTOR = 0x08
_ZIP64, _UNICODE_PATH = 0x0001, 0x7075
_IN_ZIP64 = 0xFFFFFFFF


def zip_entries_are_plain(archive: Archive, upload: Upload) -> None:
    """Refuse zip archives with entries that readers of the local headers and of the directory may take differently."""
    if not is_zip(archive.filename):
        return
    with upload.blob.open() as stream, zipfile.ZipFile(stream) as opened:
        for entry in opened.infolist():
            if why := _oddity(stream, entry):
                raise PolicyError(NOT_ACCEPTED.format(why))


def zip_entries_are_packed_as_usual(archive: Archive, upload: Upload) -> None:
    """Refuse zip archives that are compressed in an unusual way or too much."""
    if not is_zip(archive.filename):
        return
    with upload.blob.open() as stream, zipfile.ZipFile(stream) as opened:
        entries = opened.infolist()
        unpacked = sum(entry.file_size for entry in entries)
        if unpacked > RATIO_FROM and unpacked > MAX_RATIO * upload.blob.size:
            raise PolicyError(f"Invalid distribution file. File exceeds compression ratio of {MAX_RATIO}")
        if any(entry.compress_type not in COMPRESSIONS for entry in entries):
            raise PolicyError("Invalid distribution file. File does not use a supported compression type")


def zip_has_no_gaps(archive: Archive, upload: Upload) -> None:
    """Refuse zip archives with other data between their entries, or before their directory."""
    if not is_zip(archive.filename):
        return
    with upload.blob.open() as stream, zipfile.ZipFile(stream) as opened:
        if not _is_gapless(stream, opened.infolist(), opened.start_dir):
            raise PolicyError(NOT_ACCEPTED.format("Unknown record signature"))


def _is_gapless(stream: IO[bytes], entries: list[zipfile.ZipInfo], directory: int) -> bool:
    """Return whether the entries follow each other, and the directory follows the last one."""
    at = 0
    for entry in sorted(entries, key=lambda each: each.header_offset):
        if entry.header_offset != at:
            return False
        stream.seek(at)
        *_, name_length, extra_length = _LOCAL_HEADER.unpack(stream.read(_LOCAL_HEADER.size))
        at += _LOCAL_HEADER.size + name_length + extra_length + entry.compress_size
    return at == directory


def _oddity(stream: IO[bytes], entry: zipfile.ZipInfo) -> str:
    """Return why an entry is refused; an empty text for a plain one."""
    stream.seek(entry.header_offset)
    _, flags, packed, size, name_length, extra_length = _LOCAL_HEADER.unpack(stream.read(_LOCAL_HEADER.size))
    name, extra = stream.read(name_length), dict(_extras(stream.read(extra_length)))
    if entry.comment:
        return "Comment in central directory"
    if any(byte < 0x20 or byte == 0x7F for byte in name):
        return "Invalid character in filename"
    if why := _odd_extra(extra):
        return why
    if flags & _DATA_DESCRIPTOR:
        return "ZIP contains a data descriptor"
    large = extra.get(_ZIP64, (0, b""))[1]
    if len(large) >= 16:
        in_local = struct.unpack_from("<2Q", large)
        size, packed = in_local[0] if size == _IN_ZIP64 else size, in_local[1]
    if packed != entry.compress_size:
        return "Mis-matched data size"
    return "" if size == entry.file_size else "Mis-matched file size"


def _odd_extra(extra: dict[int, tuple[int, bytes]]) -> str:
    """Return why the ZIP64 field or the Unicode path of a local header is refused; an empty text for usual ones."""
    if any(times > 1 for kind, (times, _) in extra.items() if kind in {_ZIP64, _UNICODE_PATH}):
        return "Invalid duplicate extra in local file"
    if len(extra.get(_ZIP64, (0, b""))[1]) not in ZIP64_SIZES:
        return "Malformed zip file"
    path = extra.get(_UNICODE_PATH, (0, b""))[1][5:]  # after the version and the CRC
    if any(byte < 0x20 or byte == 0x7F for byte in path):
        return "Invalid character in filename"
    try:
        path.decode()
    except UnicodeDecodeError:
        return "Filename not valid UTF-8"
    return ""


def _extras(content: bytes) -> Iterator[tuple[int, tuple[int, bytes]]]:
    """Yield how many times each kind of extra field is there so far, and its content."""
    times: dict[int, int] = {}
    at = 0
    while at + 4 <= len(content):
        kind, length = struct.unpack_from("<2H", content, at)
        times[kind] = times.get(kind, 0) + 1
        yield kind, (times[kind], content[at + 4 : at + 4 + length])
        at += 4 + length
