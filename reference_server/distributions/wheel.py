"""Builds wheels."""

from __future__ import annotations

import base64
import hashlib
from itertools import product
from typing import TYPE_CHECKING, Unpack

from reference_server.distributions.archives import zip_archive
from reference_server.distributions.contents import (
    LICENSE_TEXT,
    Contents,
    dist_info,
    document_of,
    metadata_of,
    sources,
    stem,
)
from reference_server.distributions.distribution import Distribution

if TYPE_CHECKING:
    from collections.abc import Mapping

_PADDING = "padding.bin"


def wheel(
    name: str,
    version: str,
    *,
    tag: str = "py3-none-any",
    build: str = "",
    size: int | None = None,
    compressed: bool = False,
    **contents: Unpack[Contents],
) -> Distribution:
    """Build a valid wheel, by default with one import package.

    `tag` may be a compressed set, as in `py2.py3-none-any`. `size` pads the file to exactly so many bytes.
    Raises ValueError if a wheel of that size has no room for its metadata.
    Source: Binary distribution format, version 1.0.
    """
    metadata = metadata_of(name, version, contents)
    about = dist_info(name, version)
    members = {
        **sources(name, contents, f"VERSION = {metadata.version!r}\n"),
        f"{about}/METADATA": document_of(metadata, contents),
        f"{about}/WHEEL": _about_the_wheel(tag, build),
        **{f"{about}/licenses/{path}": LICENSE_TEXT for path in metadata.license_file},
        **(contents.get("members") or {}),
    }
    if size is not None:
        members = _padded(members, about, size, compressed=compressed)
    return Distribution(
        filename=contents.get("filename")
        or "-".join(filter(None, (stem(name, version), build, tag))) + ".whl",
        content=zip_archive(recorded(members, about), compressed=compressed),
        metadata=metadata,
        filetype="bdist_wheel",
        pyversion=tag.partition("-")[0],
    )


def recorded(members: Mapping[str, bytes], about: str) -> dict[str, bytes]:
    """Return the members followed by their RECORD in the folder `about`."""
    record = f"{about}/RECORD"
    lines = (
        record_line(path, hashlib.sha256(content).digest(), len(content)) for path, content in members.items()
    )
    return {**members, record: "\n".join([*lines, f"{record},,", ""]).encode()}


def record_line(path: str, sha256: bytes, size: int) -> str:
    """Return one line of RECORD. Source: Recording installed projects, the RECORD file."""
    digest = base64.urlsafe_b64encode(sha256).rstrip(b"=").decode()
    quoted = '"' + path.replace('"', '""') + '"' if {",", '"'} & set(path) else path
    return f"{quoted},sha256={digest},{size}"


def _about_the_wheel(tag: str, build: str) -> bytes:
    """Return the WHEEL file, with a compressed set of tags expanded."""
    sets = (part.split(".") for part in tag.split("-"))
    lines = (
        "Wheel-Version: 1.0",
        "Generator: registry-conformance",
        "Root-Is-Purelib: true",
        *([f"Build: {build}"] if build else []),
        *(f"Tag: {'-'.join(parts)}" for parts in product(*sets)),
    )
    return "\n".join([*lines, ""]).encode()


def _padded(members: dict[str, bytes], about: str, size: int, *, compressed: bool) -> dict[str, bytes]:
    """Add a member that pads the archive to exactly `size` bytes.

    The archive grows by the padding and by the digits of its size in RECORD.
    """
    if compressed:
        raise ValueError("a compressed wheel has no exact size; leave out `compressed` or `size`")
    path = f"{about.partition('-')[0]}/{_PADDING}"
    base = len(zip_archive(recorded({**members, path: b""}, about))) - len("0")
    room = size - base
    length = next((room - digits for digits in range(1, 12) if len(str(room - digits)) == digits), -1)
    if length < 0:
        raise ValueError(f"a wheel of {size} bytes has no room for its metadata; ask for {base + 16} or more")
    return {**members, path: bytes(length)}
