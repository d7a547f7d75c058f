"""Sdists whose tar archive breaks one rule: on paths, kinds or sizes of members.

Source: Source distribution format, features of the archive; POSIX pax; the GNU tar manual; the Python Package
Index's documentation of archives that it refuses.
"""

from __future__ import annotations

import struct
import tarfile
from dataclasses import replace
from typing import TYPE_CHECKING

from reference_server.distributions import zip_records
from reference_server.distributions.archives import (
    gzip_file,
    gzipped,
    tar_archive,
    tar_header,
    tar_member,
    tar_members,
)
from reference_server.distributions.contents import stem
from reference_server.distributions.distribution import Distribution, escaped_name
from reference_server.distributions.invalid_documents import OUTSIDE
from reference_server.distributions.sdist import sdist
from reference_server.distributions.zip_records import repeated

if TYPE_CHECKING:
    from collections.abc import Mapping

SECRET = "/etc/passwd"  # noqa: S105 - a path whose content is no secret
_BLOCK = 4 * 1024 * 1024
_BLOCKS = 12
_RECORD = 512
_CLIMBS = 50
"""Folders up, which are more bytes than a header has room for."""


def absolute_path_member_sdist(name: str, version: str) -> Distribution:
    """A member has an absolute path."""
    return _with_more(name, version, tar_member(f"/{OUTSIDE}", b"outside\n"), b"outside\n")


def parent_path_member_sdist(name: str, version: str) -> Distribution:
    """A member's path leads out of the sdist with `..`."""
    return sdist(name, version, members={f"../../{OUTSIDE}": b"outside\n"})


def backslash_path_member_sdist(name: str, version: str) -> Distribution:
    """A member's path has a backslash, which separates folders on Windows only."""
    return sdist(name, version, members={f"{escaped_name(name)}\\data.txt": b"data\n"})


def drive_path_member_sdist(name: str, version: str) -> Distribution:
    """A member's path begins with the letter of a drive, which makes it absolute on Windows only."""
    return _with_more(name, version, tar_member(f"C:/{OUTSIDE}", b"outside\n"), b"outside\n")


def symlink_member(name: str, version: str) -> Distribution:
    """A symbolic link leads out of the archive."""
    return _with_more(name, version, _link(name, version, "data.txt", f"../../{OUTSIDE}", tarfile.SYMTYPE))


def hardlink_outside(name: str, version: str) -> Distribution:
    """A hard link leads out of the archive."""
    return _with_more(name, version, _link(name, version, "data.txt", f"../../{OUTSIDE}", tarfile.LNKTYPE))


def long_link_member(name: str, version: str) -> Distribution:
    """A symbolic link leads out of the archive, with a target so long that GNU's format has a member for it."""
    link = _link(name, version, "data.txt", f"{'../' * _CLIMBS}{OUTSIDE}", tarfile.SYMTYPE)
    return _with_raw(name, version, link.tobuf(tarfile.GNU_FORMAT))


def device_member(name: str, version: str) -> Distribution:
    """A member is a device."""
    device = tarfile.TarInfo(f"{stem(name, version)}/null")
    device.type, device.devmajor, device.devminor = tarfile.CHRTYPE, 1, 3
    return _with_more(name, version, device)


def pkg_info_symlink(name: str, version: str) -> Distribution:
    """PKG-INFO is a symbolic link to a file of the registry's host."""
    good = sdist(name, version)
    members = tar_members(good.content)
    del members[f"{stem(name, version)}/PKG-INFO"]
    link = _link(name, version, "PKG-INFO", SECRET, tarfile.SYMTYPE)
    return replace(good, content=gzipped(tar_archive(members, more=[(link, b"")])))


def tar_bomb(name: str, version: str) -> Distribution:
    """The first member unpacks to 48 MiB from a small file."""
    path = f"{stem(name, version)}/zeros.bin"
    return _with_large_member(name, version, path, first=b"", block=bytes(_BLOCK))


def huge_metadata_sdist(name: str, version: str) -> Distribution:
    """PKG-INFO unpacks to 48 MiB from about fifty thousand bytes."""
    document = sdist(name, version).metadata.document() + b"\n"
    return _with_large_member(
        name, version, f"{stem(name, version)}/PKG-INFO", first=document, block=b" " * _BLOCK
    )


def duplicate_member_sdist(name: str, version: str) -> Distribution:
    """A module occurs twice under one path, with different content."""
    path = f"{stem(name, version)}/{escaped_name(name)}/__init__.py"
    return _with_more(name, version, tar_member(path, b"SECOND = True\n"), b"SECOND = True\n")


def duplicate_metadata_member_sdist(name: str, version: str) -> Distribution:
    """PKG-INFO occurs twice, with different summaries."""
    second = sdist(name, version, summary="The second PKG-INFO.").metadata.document()
    return _with_more(name, version, tar_member(f"{stem(name, version)}/PKG-INFO", second), second)


def trailing_data_sdist(name: str, version: str) -> Distribution:
    """Other data follows the gzipped archive."""
    good = sdist(name, version)
    return replace(good, content=good.content + b"trailing data\n")


def sparse_member_gnu(name: str, version: str) -> Distribution:
    """A member is sparse in GNU's old format: 512 bytes stand for one mebibyte."""
    path = f"{stem(name, version)}/sparse.bin".encode()
    number = b"%011o\0"
    pieces = {386: number % 0 + number % _RECORD, 483: number % 2**20}  # one piece, and the size with holes
    sparse = tar_header(path, _RECORD, kind=tarfile.GNUTYPE_SPARSE, more=pieces)
    return _with_raw(name, version, sparse + b"x" * _RECORD)


def sparse_member_pax(name: str, version: str) -> Distribution:
    """A member is sparse in GNU's PAX format: 512 bytes stand for one mebibyte."""
    content = b"1\n0\n512\n".ljust(_RECORD, b"\0") + b"x" * _RECORD
    sparse = tar_member(f"{stem(name, version)}/GNUSparseFile.0/sparse.bin", content)
    sparse.pax_headers = {
        "GNU.sparse.major": "1",
        "GNU.sparse.minor": "0",
        "GNU.sparse.name": f"{stem(name, version)}/sparse.bin",
        "GNU.sparse.realsize": str(2**20),
    }
    return _with_raw(name, version, sparse.tobuf(tarfile.PAX_FORMAT) + content)


def polyglot_sdist(name: str, version: str) -> Distribution:
    """The file is both a gzipped tar archive and a zip archive."""
    good = sdist(name, version)
    header, rest = good.content[:10], good.content[10:]
    with_extra_field = bytes([*header[:3], header[3] | 4, *header[4:]])
    field = len(zip_records.archive([zip_records.entry("data.txt", b"data\n")]))
    before = with_extra_field + struct.pack("<H2sH", field + 4, b"PC", field)
    hidden = zip_records.archive(
        [zip_records.entry("data.txt", b"data\n")], begins=len(before), comment_size=len(rest)
    )
    return replace(good, content=before + hidden + rest)


def _link(name: str, version: str, path: str, target: str, kind: bytes) -> tarfile.TarInfo:
    link = tarfile.TarInfo(f"{stem(name, version)}/{path}")
    link.type, link.linkname = kind, target
    return link


def _with_more(name: str, version: str, member: tarfile.TarInfo, content: bytes = b"") -> Distribution:
    good = sdist(name, version)
    plain = tar_archive(tar_members(good.content), more=[(member, content)])
    return replace(good, content=gzipped(plain))


def _with_raw(name: str, version: str, first: bytes) -> Distribution:
    """Return the sdist with bytes before its members."""
    good = sdist(name, version)
    return replace(good, content=gzipped(first + tar_archive(tar_members(good.content))))


def _with_large_member(name: str, version: str, path: str, *, first: bytes, block: bytes) -> Distribution:
    """Return the sdist with a first member of 48 MiB, which replaces the one with its path."""
    good = sdist(name, version)
    head = tar_member(path, first)
    head.size = size = len(first) + len(block) * _BLOCKS
    others: Mapping[str, bytes] = {
        each: content for each, content in tar_members(good.content).items() if each != path
    }
    last = bytes(-size % _RECORD) + tar_archive(others)
    packed = repeated("", block, _BLOCKS, first=head.tobuf(tarfile.USTAR_FORMAT) + first, last=last)
    return replace(good, content=gzip_file(packed.stored, crc=packed.crc, size=packed.size))


TARS = (
    *(absolute_path_member_sdist, parent_path_member_sdist, backslash_path_member_sdist),
    drive_path_member_sdist,
    *(symlink_member, hardlink_outside, long_link_member, device_member, pkg_info_symlink),
    *(tar_bomb, huge_metadata_sdist, duplicate_member_sdist, duplicate_metadata_member_sdist),
    *(trailing_data_sdist, sparse_member_gnu, sparse_member_pax, polyglot_sdist),
)
