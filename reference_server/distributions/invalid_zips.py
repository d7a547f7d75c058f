"""Wheels whose zip archive breaks one rule: where members lead, what they unpack to, how they can be read.

Source: ZIP file format specification; Binary distribution format; what the Python Package Index
says that it refuses in archives.
"""

from __future__ import annotations

import hashlib
import struct
import zlib
from dataclasses import replace
from typing import TYPE_CHECKING

from reference_server.distributions.archives import tar_header, zip_members
from reference_server.distributions.distribution import Distribution, escaped_name
from reference_server.distributions.invalid_documents import OUTSIDE, about
from reference_server.distributions.wheel import record_line, wheel
from reference_server.distributions.zip_records import ENCRYPTED, Entry, archive, entry, repeated

if TYPE_CHECKING:
    from collections.abc import Iterable

MEBIBYTE = 1024 * 1024
_TAR_RECORD = 512
_UNASSIGNED = 0xCAFE  # an extra field of a kind that no zip reader knows


def absolute_path_member_wheel(name: str, version: str) -> Distribution:
    """A member's path begins at the archive's top; this one at the root of the disk."""
    return wheel(name, version, members={f"/{OUTSIDE}": b"outside\n"})


def parent_path_member_wheel(name: str, version: str) -> Distribution:
    """A member's path stays inside; this one climbs out."""
    return wheel(name, version, members={f"../../{OUTSIDE}": b"outside\n"})


def backslash_path_member_wheel(name: str, version: str) -> Distribution:
    """A member's path has slashes; this one has a backslash, which separates folders on Windows only."""
    return _with_more(name, version, entry(f"{escaped_name(name)}\\data.txt", b"data\n"))


def zip_bomb(name: str, version: str) -> Distribution:
    """A member unpacks to a sensible size; this one to 48 MiB, more than a thousand times its own."""
    return _with_more(name, version, repeated(f"{escaped_name(name)}/zeros.bin", bytes(4 * MEBIBYTE), 12))


def huge_metadata_wheel(name: str, version: str) -> Distribution:
    """METADATA has a sensible size; this one has 48 MiB, deflated to some fifty thousand bytes."""
    good = wheel(name, version)
    document = good.metadata.document() + b"\n"
    path = f"{about(name, version)}/METADATA"
    huge = repeated(path, b" " * (4 * MEBIBYTE), 12, first=document)
    entries = [huge if each.path == path else each for each in _entries(good)]
    return replace(good, content=archive(_recorded(entries, name, version)))


def nested_zip_bomb_overlapping(name: str, version: str) -> Distribution:
    """Each member has bytes of its own; these quote one another whole: 24 MiB out of one kernel."""
    good = wheel(name, version)
    noise = hashlib.shake_256(b"kernel").digest(8 * 1024)
    content = b"".join(bytes([each]) * 128 for each in noise)  # too varied for a bomb of its own
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
    """A path is there once; here a module is there twice, with different content."""
    return _with_more(name, version, entry(f"{escaped_name(name)}/__init__.py", b"SECOND = True\n"))


def duplicate_metadata_member_wheel(name: str, version: str) -> Distribution:
    """A path is there once; here METADATA is there twice, with different summaries."""
    second = wheel(name, version, summary="The second METADATA.").metadata.document()
    return _with_more(name, version, entry(f"{about(name, version)}/METADATA", second))


def local_header_mismatch(name: str, version: str) -> Distribution:
    """A member has one path; this one has another in its own header than in the archive's list."""
    honest = entry(f"{escaped_name(name)}/data.txt", b"data\n")
    return _with_more(name, version, replace(honest, local_path=f"{escaped_name(name)}/atad.txt"))


def encrypted_member(name: str, version: str) -> Distribution:
    """A member can be read; this one needs a password."""
    honest = entry(f"{escaped_name(name)}/data.txt", b"data\n")
    header = bytes(12)  # of the encryption
    return _with_more(name, version, replace(honest, stored=header + honest.stored, flags=ENCRYPTED))


def zip64_lie(name: str, version: str) -> Distribution:
    """A member has the size that the archive says; this one has five bytes, and ZIP64 says a terabyte."""
    honest = entry(f"{escaped_name(name)}/data.txt", b"data\n")
    return _with_more(name, version, replace(honest, zip64_size=2**40))


def prepended_data(name: str, version: str) -> Distribution:
    """A wheel begins with its first member; here other data comes before it."""
    good = wheel(name, version)
    return replace(good, content=b"prepended data\n" + good.content)


def trailing_data_wheel(name: str, version: str) -> Distribution:
    """A wheel ends with the zip archive; here other data follows."""
    good = wheel(name, version)
    return replace(good, content=good.content + b"trailing data\n")


def polyglot_wheel(name: str, version: str) -> Distribution:
    """A wheel is a zip archive and nothing else; this one can be read as a tar archive too."""
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
    """Return a wheel's members, but RECORD."""
    members = zip_members(good.content)
    return [entry(path, content) for path, content in members.items() if not path.endswith("/RECORD")]


def _with_more(name: str, version: str, more: Entry) -> Distribution:
    good = wheel(name, version)
    return replace(good, content=archive(_recorded([*_entries(good), more], name, version)))


def _recorded(entries: Iterable[Entry], name: str, version: str) -> list[Entry]:
    """Return the entries and a RECORD, which tells of the last one where a path is there twice."""
    entries = list(entries)
    record = f"{about(name, version)}/RECORD"
    lines = {each.path: record_line(each.path, each.sha256, each.size) for each in entries}
    return [*entries, entry(record, "\n".join([*lines.values(), f"{record},,", ""]).encode())]


ZIPS = (
    *(absolute_path_member_wheel, parent_path_member_wheel, backslash_path_member_wheel),
    *(zip_bomb, huge_metadata_wheel, nested_zip_bomb_overlapping),
    *(duplicate_member_wheel, duplicate_metadata_member_wheel, local_header_mismatch),
    *(encrypted_member, zip64_lie, prepended_data, trailing_data_wheel, polyglot_wheel),
)
