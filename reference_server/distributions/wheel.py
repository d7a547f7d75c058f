"""A factory for wheels."""

from __future__ import annotations

import base64
import hashlib
import io
import zipfile

from reference_server.distributions.distribution import Distribution, escaped_name, escaped_version
from reference_server.distributions.metadata import Metadata

_PADDING = "padding.bin"
_EPOCH = (1980, 1, 1, 0, 0, 0)


def wheel(
    name: str,
    version: str,
    *,
    requires_python: str | None = None,
    requires_dist: tuple[str, ...] = (),
    summary: str | None = "Published by a registry's conformance run; safe to delete.",
    tag: str = "py3-none-any",
    build: str = "",
    marker: str = "",
    size: int | None = None,
) -> Distribution:
    """Build a valid wheel with one importable package.

    `marker` is text that only changes the content: the same file name with other bytes.
    `size` is the exact size in bytes that the file is padded to; a size too small to hold
    the wheel raises ValueError.
    Source: Binary distribution format, version 1.0.
    """
    metadata = Metadata(
        name=name,
        version=version,
        summary=summary,
        requires_python=requires_python,
        requires_dist=requires_dist,
    )
    stem = f"{escaped_name(name)}-{escaped_version(version)}"
    members = _members(stem=stem, metadata=metadata, tag=tag, build=build, marker=marker)
    content = _archive(members, stem) if size is None else _padded(members, stem, size)
    return Distribution(
        filename="-".join(filter(None, (stem, build, tag))) + ".whl",
        content=content,
        metadata=metadata,
        filetype="bdist_wheel",
        pyversion=tag.partition("-")[0],
    )


def _members(*, stem: str, metadata: Metadata, tag: str, build: str, marker: str) -> dict[str, bytes]:
    package = escaped_name(metadata.name)
    build_line = f"Build: {build}\n" if build else ""
    return {
        f"{package}/__init__.py": f"VERSION = {metadata.version!r}\nMARKER = {marker!r}\n".encode(),
        f"{stem}.dist-info/METADATA": metadata.document(),
        f"{stem}.dist-info/WHEEL": (
            f"Wheel-Version: 1.0\nGenerator: reference_server\nRoot-Is-Purelib: true\n{build_line}Tag: {tag}\n"
        ).encode(),
    }


def _padded(members: dict[str, bytes], stem: str, size: int) -> bytes:
    """Add a member that brings the archive to exactly `size` bytes.

    The archive grows by the padding and by the digits of its length in RECORD.
    """
    path = f"{stem.partition('-')[0]}/{_PADDING}"
    base = len(_archive({**members, path: b""}, stem)) - len("0")
    room = size - base
    length = next((room - digits for digits in range(1, 12) if len(str(room - digits)) == digits), -1)
    if length < 0:
        raise ValueError(f"a wheel of {size} bytes has no room for its metadata; ask for {base + 16} or more")
    return _archive({**members, path: bytes(length)}, stem)


def _archive(members: dict[str, bytes], stem: str) -> bytes:
    record = f"{stem}.dist-info/RECORD"
    lines = [f"{path},sha256={_record_digest(content)},{len(content)}" for path, content in members.items()]
    complete = {**members, record: "\n".join([*lines, f"{record},,", ""]).encode()}
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as archive:
        for path, content in complete.items():
            member = zipfile.ZipInfo(path, date_time=_EPOCH)
            member.external_attr = 0o644 << 16
            member.create_system = 3  # Unix, wherever this runs
            archive.writestr(member, content)
    return buffer.getvalue()


def _record_digest(content: bytes) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(content).digest()).rstrip(b"=").decode()
