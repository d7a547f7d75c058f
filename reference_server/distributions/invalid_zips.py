"""Wheels whose zip archive breaks one rule: on paths, sizes or readings of members.

Source: ZIP file format specification; Binary distribution format; the Python Package Index's
documentation of archives that it refuses.
"""

from __future__ import annotations

import hashlib
import struct
import zlib
from dataclasses import replace
from typing import TYPE_CHECKING

from reference_server.distributions.archives import tar_header, zip_members
from reference_server.distributions.contents import dist_info
from reference_server.distributions.distribution import Distribution, escaped_name
from reference_server.distributions.invalid_documents import OUTSIDE
from reference_server.distributions.wheel import record_line, wheel
from reference_server.distributions.zip_records import ENCRYPTED, Entry, archive, entry, repeated

if TYPE_CHECKING:
    from collections.abc import Iterable

MEBIBYTE = 1024 * 1024
_TAR_RECORD = 512
_UNASSIGNED = 0xCAFE  # an extra field of a kind that no zip reader knows


def absolute_path_member_wheel(name: str, version: str) -> Distribution:
    """A member has an absolute path."""
    return wheel(name, version, members={f"/{OUTSIDE}": b"outside\n"})


def parent_path_member_wheel(name: str, version: str) -> Distribution:
    """A member's path leads out of the wheel with `..`."""
    return wheel(name, version, members={f"../../{OUTSIDE}": b"outside\n"})


def backslash_path_member_wheel(name: str, version: str) -> Distribution:
    """A member's path has a backslash, which separates folders on Windows only."""
    return with_more(name, version, entry(f"{escaped_name(name)}\\data.txt", b"data\n"))


def drive_path_member_wheel(name: str, version: str) -> Distribution:
    """A member's path begins with the letter of a drive, which makes it absolute on Windows only."""
    return wheel(name, version, members={f"C:/{OUTSIDE}": b"outside\n"})


def zip_bomb(name: str, version: str) -> Distribution:
    """A member unpacks to 48 MiB, more than a thousand times its compressed size."""
    return with_more(name, version, repeated(f"{escaped_name(name)}/zeros.bin", bytes(4 * MEBIBYTE), 12))


def huge_metadata_wheel(name: str, version: str) -> Distribution:
    """METADATA unpacks to 48 MiB from about fifty thousand bytes."""
    good = wheel(name, version)
    document = good.metadata.document() + b"\n"
    path = f"{dist_info(name, version)}/METADATA"
    huge = repeated(path, b" " * (4 * MEBIBYTE), 12, first=document)
    entries = [huge if each.path == path else each for each in _entries(good)]
    return replace(good, content=archive(_recorded(entries, name, version)))


def nested_zip_bomb_overlapping(name: str, version: str) -> Distribution:
    """Members overlap, so that one compressed block unpacks to 24 MiB."""
    good = wheel(name, version)
    noise = hashlib.shake_256(b"kernel").digest(8 * 1024)
    content = b"".join(bytes([each]) * 128 for each in noise)  # too varied to be a bomb alone
    kernel = repeated(f"{escaped_name(name)}/zeros-0.bin", content, 1)
    entries = [kernel]
    for number in range(1, 24):
        head = entries[0].head()
        quote = struct.pack("<B2H", 0, len(head), len(head) ^ 0xFFFF) + head  # as a stored block
        content = head + content
        outer = replace(
            kernel,
            path=f"{escaped_name(name)}/zeros-{number}.bin",
            stored=quote + entries[0].stored,
            crc=zlib.crc32(content),
            size=len(content),
            sha256=hashlib.sha256(content).digest(),
        )
        inner = replace(entries[0], inside=len(outer.head()) + len(quote) - len(head))
        entries = [outer, inner, *entries[1:]]
    return replace(good, content=archive(_recorded([*_entries(good), *entries], name, version)))


def duplicate_member_wheel(name: str, version: str) -> Distribution:
    """A module occurs twice under one path, with different content."""
    return with_more(name, version, entry(f"{escaped_name(name)}/__init__.py", b"SECOND = True\n"))


def duplicate_metadata_member_wheel(name: str, version: str) -> Distribution:
    """METADATA occurs twice, with different summaries."""
    second = wheel(name, version, summary="The second METADATA.").metadata.document()
    return with_more(name, version, entry(f"{dist_info(name, version)}/METADATA", second))


def local_header_mismatch(name: str, version: str) -> Distribution:
    """A member's local header has another path than the central directory."""
    honest = entry(f"{escaped_name(name)}/data.txt", b"data\n")
    return with_more(name, version, replace(honest, local_path=f"{escaped_name(name)}/atad.txt"))


def encrypted_member(name: str, version: str) -> Distribution:
    """A member is encrypted."""
    honest = entry(f"{escaped_name(name)}/data.txt", b"data\n")
    header = bytes(12)  # of the encryption
    return with_more(name, version, replace(honest, stored=header + honest.stored, flags=ENCRYPTED))


def zip64_lie(name: str, version: str) -> Distribution:
    """A member of five bytes has a ZIP64 size of one tebibyte."""
    honest = entry(f"{escaped_name(name)}/data.txt", b"data\n")
    return with_more(name, version, replace(honest, zip64_size=2**40))


def prepended_data(name: str, version: str) -> Distribution:
    """Other data precedes the zip archive."""
    good = wheel(name, version)
    return replace(good, content=b"prepended data\n" + good.content)


def trailing_data_wheel(name: str, version: str) -> Distribution:
    """Other data follows the zip archive."""
    good = wheel(name, version)
    return replace(good, content=good.content + b"trailing data\n")


def polyglot_wheel(name: str, version: str) -> Distribution:
    """The file is both a zip archive and a tar archive."""
    good = wheel(name, version)
    first = entry("data.txt", b"data\n")
    start = len(first.head()) + 4  # of what an unknown extra field may hold: the rest of a tar header
    size = len(archive(_recorded([first, *_entries(good)], name, version)))
    room = _TAR_RECORD - start + -(size + _TAR_RECORD - len(first.head())) % _TAR_RECORD
    field = struct.pack("<2H", _UNASSIGNED, room)
    first = replace(first, local_extra=field + bytes(room))
    entries = _recorded([first, *_entries(good)], name, version)
    header = tar_header(first.head()[:start], len(archive(entries)) - _TAR_RECORD)
    hidden = replace(first, local_extra=field + header[start:].ljust(room, b"\0"))
    return replace(good, content=archive([hidden, *entries[1:]]))


def _entries(good: Distribution) -> list[Entry]:
    """Return a wheel's members without RECORD."""
    members = zip_members(good.content)
    return [entry(path, content) for path, content in members.items() if not path.endswith("/RECORD")]


def with_more(name: str, version: str, more: Entry) -> Distribution:
    """Return a wheel with a further member, which RECORD lists."""
    good = wheel(name, version)
    return replace(good, content=archive(_recorded([*_entries(good), more], name, version)))


def _recorded(entries: Iterable[Entry], name: str, version: str) -> list[Entry]:
    """Return the entries and a RECORD, which lists the last entry of each path."""
    entries = list(entries)
    record = f"{dist_info(name, version)}/RECORD"
    lines = {each.path: record_line(each.path, each.sha256, each.size) for each in entries}
    return [*entries, entry(record, "\n".join([*lines.values(), f"{record},,", ""]).encode())]


ZIPS = (
    *(absolute_path_member_wheel, parent_path_member_wheel, backslash_path_member_wheel),
    drive_path_member_wheel,
    *(zip_bomb, huge_metadata_wheel, nested_zip_bomb_overlapping),
    *(duplicate_member_wheel, duplicate_metadata_member_wheel, local_header_mismatch),
    *(encrypted_member, zip64_lie, prepended_data, trailing_data_wheel, polyglot_wheel),
)
