"""What is wrong with a distribution, read with nothing of the factory's own code."""

from __future__ import annotations

import base64
import csv
import hashlib
import io
import struct
import tarfile
import zipfile
import zlib
from email.parser import BytesHeaderParser
from typing import TYPE_CHECKING

from packaging.utils import canonicalize_name, parse_sdist_filename, parse_wheel_filename
from packaging.version import Version

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from packaging.utils import NormalizedName

    from reference_server.distributions import Distribution

LARGE = 8 * 1024 * 1024
KNOWN = {"1.0", "1.1", "1.2", "2.1", "2.2", "2.3", "2.4", "2.5", "2.6"}


def problems(built: Distribution) -> set[str]:
    """Return a word for each rule that the distribution breaks."""
    if hashlib.sha256(built.content).hexdigest() != dict(built.form())["sha256_digest"]:
        return {"digest"}
    return of_wheel(built) if built.filename.endswith(".whl") else of_sdist(built)


def of_wheel(built: Distribution) -> set[str]:
    name, version, _, _ = parse_wheel_filename(built.filename)
    about = "-".join(built.filename.split("-")[:2]) + ".dist-info"
    try:
        archive = zipfile.ZipFile(io.BytesIO(built.content))
    except zipfile.BadZipFile:
        return {"not a zip"}
    with archive:
        members = archive.infolist()
        found = of_zip(built.content, members)
        content = {each.filename: inflated(built.content, each) for each in members}
    folders = {path.partition("/")[0] for path in content if path.partition("/")[0].endswith(".dist-info")}
    if folders != {about}:
        found.add("two .dist-info" if len(folders) > 1 else "name of .dist-info")
        about = sorted(folders)[0]
    for file in ("METADATA", "WHEEL", "RECORD"):
        if f"{about}/{file}" not in content:
            found.add(f"no {file}")
    if f"{about}/METADATA" in content:
        licenses = {path.removeprefix(f"{about}/licenses/") for path in content}
        found |= of_document(content[f"{about}/METADATA"], name, version, licenses)
    if f"{about}/RECORD" in content:
        found |= of_record(content, f"{about}/RECORD")
    return found | of_entry_points(content.get(f"{about}/entry_points.txt", b"").decode())


def of_zip(content: bytes, members: list[zipfile.ZipInfo]) -> set[str]:
    in_order = sorted(members, key=lambda member: member.header_offset)
    starts = [data_start(content, each) for each in in_order]
    ends = [0, *(start + each.compress_size for start, each in zip(starts, in_order, strict=True))]
    end = content.rindex(b"PK\5\6")
    checks = {
        "prepended": in_order[0].header_offset > 0,
        "trailing": len(content) != end + 22 + int.from_bytes(content[end + 20 : end + 22], "little"),
        "also a tar": tarfile.is_tarfile(io.BytesIO(content)),
        "overlapping": any(each.header_offset < free for each, free in zip(in_order, ends[:-1], strict=True)),
        "between": "streamed" not in streamed(members)
        and any(each.header_offset > free > 0 for each, free in zip(in_order, ends[:-1], strict=True)),
    }
    found = of_paths(each.orig_filename for each in members)
    found |= {word for word, is_so in checks.items() if is_so}
    return found.union(streamed(members), *(of_zip_member(content, each) for each in members))


def streamed(members: list[zipfile.ZipInfo]) -> set[str]:
    return {"streamed"} if any(each.flag_bits & 8 for each in members) else set()


def of_zip_member(content: bytes, member: zipfile.ZipInfo) -> set[str]:
    path = member.orig_filename.encode()
    if content[member.header_offset + 30 :][: len(path)] != path:
        return {"local header"}
    if member.flag_bits & 1:
        return {"encrypted"}
    unpacked = inflated(content, member)
    if len(unpacked) != member.file_size:
        return {"size"}
    is_bomb = member.file_size > 1000 * member.compress_size > 0
    checks = {
        "crc": zlib.crc32(unpacked) != member.CRC,
        "ratio": is_bomb and not member.filename.endswith("/METADATA"),
        "comment": bool(member.comment),
        "control character": not member.filename.isprintable(),
        "local size": not member.flag_bits & 8 and stated_sizes(content, member)[0] != member.file_size,
        "local packed size": not member.flag_bits & 8
        and stated_sizes(content, member)[1] != member.compress_size,
    }
    return {word for word, is_so in checks.items() if is_so} | of_extra_fields(content, member)


def stated_sizes(content: bytes, member: zipfile.ZipInfo) -> tuple[int, int]:
    """Return both sizes in a member's local header, or in its ZIP64 field: unpacked, packed."""
    packed, size = struct.unpack_from("<2L", content, member.header_offset + 18)
    zip64 = dict(extra_fields(content, member)).get(0x0001, b"")
    if len(zip64) >= 16 and size == packed == 0xFFFFFFFF:
        size, packed = struct.unpack_from("<2Q", zip64)
    return size, packed


def extra_fields(content: bytes, member: zipfile.ZipInfo) -> Iterator[tuple[int, bytes]]:
    """Yield the kind and the content of each extra field in a member's local header."""
    start = data_start(content, member)
    rest = content[start - int.from_bytes(content[member.header_offset + 28 :][:2], "little") : start]
    while len(rest) >= 4:
        kind, size = int.from_bytes(rest[:2], "little"), int.from_bytes(rest[2:4], "little")
        yield kind, rest[4 : 4 + size]
        rest = rest[4 + size :]


def of_extra_fields(content: bytes, member: zipfile.ZipInfo) -> set[str]:
    kinds, found = [], set()
    for kind, field in extra_fields(content, member):
        kinds.append(kind)
        if kind == 0x0001 and len(field) == 4:
            found.add("ZIP64 of four bytes")
        if kind == 0x7075 and field[5:].decode("utf-8", "replace") != member.filename:
            found.add("Unicode path")
    return found | ({"field twice"} if len(set(kinds)) < len(kinds) else set())


def of_entry_points(text: str) -> set[str]:
    lines = text.splitlines()
    names = [line.partition(" =")[0] for line in lines if " =" in line]
    checks = {
        "no group": bool(lines) and not lines[0].startswith("["),
        "script name": any("/" in name for name in names),
    }
    return {word for word, is_so in checks.items() if is_so}


def data_start(content: bytes, member: zipfile.ZipInfo) -> int:
    """Return where a member's bytes begin, by its local header."""
    header = content[member.header_offset :][:30]
    return (
        member.header_offset
        + 30
        + int.from_bytes(header[26:28], "little")
        + int.from_bytes(header[28:30], "little")
    )


def inflated(content: bytes, member: zipfile.ZipInfo) -> bytes:
    """Return a member's content, also where its header lies; of an encrypted one, what is behind the header."""
    start = data_start(content, member)
    stored = content[start : start + member.compress_size]
    if member.flag_bits & 1:
        return stored[12:]
    return zlib.decompress(stored, -15) if member.compress_type == zipfile.ZIP_DEFLATED else stored


def of_record(content: Mapping[str, bytes], record: str) -> set[str]:
    rows = {row[0]: row[1:] for row in csv.reader(io.StringIO(content[record].decode())) if row[0] != record}
    found = set()
    if set(rows) - set(content):
        found.add("RECORD of a missing file")
    if set(content) - {record} - set(rows):
        found.add("file missing in RECORD")
    for path in set(rows) & set(content):
        digest = base64.urlsafe_b64encode(hashlib.sha256(content[path]).digest()).rstrip(b"=").decode()
        if rows[path] != [f"sha256={digest}", str(len(content[path]))]:
            found.add("hash in RECORD")
    return found


def of_sdist(built: Distribution) -> set[str]:
    name, version = parse_sdist_filename(built.filename)
    top = built.filename.removesuffix(".tar.gz")
    packed = zlib.decompressobj(31)
    try:
        plain = packed.decompress(built.content)
    except zlib.error:
        return {"not gzip"}
    if not packed.eof:
        return {"not whole"}
    if not tarfile.is_tarfile(io.BytesIO(plain)):
        return {"not a tar"}
    with tarfile.open(fileobj=io.BytesIO(plain)) as archive:
        members = archive.getmembers()
        found = of_tar(members) | of_paths(each.name for each in members)
        streams = {each.name: archive.extractfile(each) for each in members if each.isreg()}
        content = {path: stream.read() for path, stream in streams.items() if stream}
    if packed.unused_data:
        found.add("trailing")
    if zipfile.is_zipfile(io.BytesIO(built.content)):
        found.add("also a zip")
    folders = {each.name.partition("/")[0] for each in members} - {"", "C:"}
    if folders != {top}:
        found.add("two top folders" if len(folders) > 1 else "name of the top folder")
        top = sorted(folders)[0]
    found |= {f"no {file}" for file in ("PKG-INFO", "pyproject.toml") if f"{top}/{file}" not in content}
    if f"{top}/PKG-INFO" in content:
        paths = {path.removeprefix(f"{top}/") for path in content}
        found |= of_document(content[f"{top}/PKG-INFO"], name, version, paths)
    return found - {"no PKG-INFO"} if "link" in found else found


def of_tar(members: list[tarfile.TarInfo]) -> set[str]:
    checks = {
        "sparse": any(each.issparse() for each in members),
        "link": any(each.islnk() or each.issym() for each in members),
        "device": any(each.ischr() or each.isblk() or each.isfifo() for each in members),
        "large member": any(
            each.size > LARGE
            for each in members
            if not each.name.endswith("/PKG-INFO") and not each.issparse()
        ),
    }
    return {word for word, is_so in checks.items() if is_so}


def of_paths(given: Iterable[str]) -> set[str]:
    paths = list(given)
    checks = {
        "absolute path": any(path.startswith("/") for path in paths),
        "path leads out": any(".." in path.split("/") for path in paths),
        "backslash": any("\\" in path for path in paths),
        "drive": any(path[1:2] == ":" for path in paths),
        "path twice": len(set(paths)) < len(paths),
    }
    return {word for word, is_so in checks.items() if is_so}


def of_document(document: bytes, name: NormalizedName, version: Version, files: set[str]) -> set[str]:
    headers = BytesHeaderParser().parsebytes(document)
    checks = {
        "Name missing": headers["Name"] is None,
        "Name": headers["Name"] is not None and canonicalize_name(headers["Name"]) != name,
        "Version": Version(headers["Version"]) != version,
        "Metadata-Version": headers["Metadata-Version"] not in KNOWN,
        "License-File": not set(headers.get_all("License-File", [])) <= files,
        "large metadata": len(document) > LARGE,
        "CRLF": b"\r" in document,
    }
    try:
        document.decode()
    except UnicodeDecodeError:
        return {"UTF-8"}
    return {word for word, is_so in checks.items() if is_so}
