"""Wheels whose zip archive has what programs read in different ways, though most read it: fields, comments, gaps.

Source: ZIP file format specification (APPNOTE), 4.3 to 4.6; the Python Package Index, which refuses them.
"""

from __future__ import annotations

import struct
from dataclasses import replace
from typing import TYPE_CHECKING

from reference_server.distributions.distribution import escaped_name
from reference_server.distributions.invalid_zips import with_more
from reference_server.distributions.zip_records import STREAMED, TO_BE_FOUND_IN_ZIP64, Entry, entry

if TYPE_CHECKING:
    from reference_server.distributions.distribution import Distribution

_ZIP64, _UNICODE_PATH = 0x0001, 0x7075
_TIMESTAMP = struct.pack("<2HBL", 0x5455, 5, 1, 0)
"""A usual extra field: the time of the last change, 1 January 1970."""


def data_descriptor(name: str, version: str) -> Distribution:
    """The sizes of a member follow its bytes, in a data descriptor."""
    return with_more(name, version, replace(_data(name), flags=STREAMED))


def member_comment(name: str, version: str) -> Distribution:
    """A member has a comment."""
    return with_more(name, version, replace(_data(name), comment=b"a comment"))


def control_character_path(name: str, version: str) -> Distribution:
    """A member's path has a control character."""
    return with_more(name, version, entry(f"{escaped_name(name)}/da\x07ta.txt", b"data\n"))


def local_size_mismatch(name: str, version: str) -> Distribution:
    """A member's local header has another size than the central directory."""
    honest = _data(name)
    return with_more(name, version, replace(honest, local_size=honest.size + 1))


def local_packed_size_mismatch(name: str, version: str) -> Distribution:
    """A member's local header has another packed size than the central directory."""
    honest = _data(name)
    return with_more(name, version, replace(honest, local_packed=honest.size + 1))


def zip64_size_mismatch(name: str, version: str) -> Distribution:
    """The ZIP64 field of a member's local header has another size than the central directory."""
    honest = _data(name)
    return with_more(name, version, _with_zip64(honest, size=honest.size + 1, packed=honest.size))


def zip64_packed_size_mismatch(name: str, version: str) -> Distribution:
    """The ZIP64 field of a member's local header has another packed size than the central directory."""
    honest = _data(name)
    return with_more(name, version, _with_zip64(honest, size=honest.size, packed=honest.size + 1))


def duplicate_zip64_field(name: str, version: str) -> Distribution:
    """A member's local header has two ZIP64 fields."""
    return with_more(name, version, replace(_data(name), local_extra=_field(_ZIP64, b"") * 2))


def malformed_zip64_field(name: str, version: str) -> Distribution:
    """A member's local header has a ZIP64 field of four bytes, which are no size."""
    return with_more(name, version, replace(_data(name), local_extra=_field(_ZIP64, bytes(4))))


def duplicate_unicode_path(name: str, version: str) -> Distribution:
    """A member's local header has two Unicode paths."""
    honest = _data(name)
    return with_more(name, version, replace(honest, local_extra=_unicode_path(honest.path.encode()) * 2))


def unicode_path_not_utf8(name: str, version: str) -> Distribution:
    """A member's local header has a Unicode path that is not UTF-8, after another field."""
    return with_more(name, version, replace(_data(name), local_extra=_TIMESTAMP + _unicode_path(b"\xff")))


def unicode_path_control_character(name: str, version: str) -> Distribution:
    """A member's local header has a Unicode path with a control character."""
    honest = _data(name)
    path = honest.path.replace(".", "\x1f.").encode()
    return with_more(name, version, replace(honest, local_extra=_unicode_path(path)))


def data_between_members(name: str, version: str) -> Distribution:
    """Other data follows a member, before the next one."""
    return with_more(name, version, replace(_data(name), after=b"more\n"))


def with_usual_fields(name: str, version: str) -> Distribution:
    """Return a right wheel, one member of which has a timestamp, its path in Unicode and its sizes in ZIP64."""
    honest = _data(name)
    fields = _TIMESTAMP + _unicode_path(honest.path.encode())
    large = _with_zip64(honest, size=honest.size, packed=len(honest.stored))
    return with_more(name, version, replace(large, local_extra=fields + large.local_extra))


def _data(name: str) -> Entry:
    return entry(f"{escaped_name(name)}/data.txt", b"data\n")


def _field(kind: int, content: bytes) -> bytes:
    return struct.pack("<2H", kind, len(content)) + content


def _with_zip64(honest: Entry, *, size: int, packed: int) -> Entry:
    """Return a member whose local header has its sizes in a ZIP64 field, as streaming writers make it."""
    return replace(
        honest,
        local_size=TO_BE_FOUND_IN_ZIP64,
        local_packed=TO_BE_FOUND_IN_ZIP64,
        local_extra=_field(_ZIP64, struct.pack("<2Q", size, packed)),
    )


def _unicode_path(path: bytes) -> bytes:
    """Return the field with a path. The CRC is that of no path, so that readers keep the path of the header."""
    return _field(_UNICODE_PATH, struct.pack("<BL", 1, 0) + path)


UNUSUAL_ZIPS = (
    *(data_descriptor, member_comment, control_character_path),
    *(local_size_mismatch, local_packed_size_mismatch, zip64_size_mismatch, zip64_packed_size_mismatch),
    *(duplicate_zip64_field, malformed_zip64_field, duplicate_unicode_path, unicode_path_not_utf8),
    *(unicode_path_control_character, data_between_members),
)
