"""A factory for wheels."""

from __future__ import annotations

import base64
import hashlib
from itertools import product
from typing import TYPE_CHECKING

from reference_server.distributions.archives import zip_archive
from reference_server.distributions.distribution import Distribution, escaped_name, escaped_version
from reference_server.distributions.metadata import Metadata

if TYPE_CHECKING:
    from collections.abc import Mapping

_PADDING = "padding.bin"
LICENSE_TEXT = b"Anybody may do anything with this file.\n"


def wheel(
    name: str,
    version: str,
    *,
    requires_python: str | None = None,
    requires_dist: tuple[str, ...] = (),
    summary: str | None = "Published by a registry's conformance run; safe to delete.",
    metadata: Metadata | None = None,
    document: bytes | None = None,
    tag: str = "py3-none-any",
    build: str = "",
    packages: tuple[str, ...] | None = None,
    modules: tuple[str, ...] = (),
    members: Mapping[str, bytes] | None = None,
    marker: str = "",
    size: int | None = None,
    compressed: bool = False,
    filename: str | None = None,
) -> Distribution:
    """Build a valid wheel with one importable package.

    `metadata` is all of it, in place of `requires_python`, `requires_dist` and `summary`;
    `document` is what METADATA holds, where that is not what the upload form says.
    `tag` may be a compressed set, as in `py2.py3-none-any`. `packages` and `modules` are what can
    be imported, the project's own name by default; `members` are more files, by their path.
    `marker` is text that only changes the content: a twin has the same file name and other bytes.
    `size` is the exact size in bytes that the file is padded to; a size too small to hold
    the wheel raises ValueError.
    Source: Binary distribution format, version 1.0.
    """
    metadata = metadata or Metadata(
        name=name,
        version=version,
        summary=summary,
        requires_python=requires_python,
        requires_dist=requires_dist,
    )
    stem = f"{escaped_name(name)}-{escaped_version(version)}"
    about = f"{stem}.dist-info"
    top = top_level((escaped_name(name),) if packages is None else packages, modules)
    contents = {path: f"VERSION = {metadata.version!r}\nMARKER = {marker!r}\n".encode() for path in top} | {
        f"{about}/METADATA": metadata.document() if document is None else document,
        f"{about}/WHEEL": _about_the_wheel(tag, build),
        **{f"{about}/licenses/{path}": LICENSE_TEXT for path in metadata.license_file},
        **(members or {}),
    }
    if size is not None:
        contents = _padded(contents, about, size, compressed=compressed)
    return Distribution(
        filename=filename or "-".join(filter(None, (stem, build, tag))) + ".whl",
        content=zip_archive(recorded(contents, about), compressed=compressed),
        metadata=metadata,
        filetype="bdist_wheel",
        pyversion=tag.partition("-")[0],
    )


def top_level(packages: tuple[str, ...], modules: tuple[str, ...]) -> list[str]:
    """Return the path of each package's and module's own file."""
    return [f"{each}/__init__.py" for each in packages] + [f"{each}.py" for each in modules]


def recorded(members: Mapping[str, bytes], about: str) -> dict[str, bytes]:
    """Return the members with a RECORD of them in the `about` folder, which comes last."""
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
    """Return the WHEEL file; a compressed set of tags is written out."""
    sets = (part.split(".") for part in tag.split("-"))
    lines = (
        "Wheel-Version: 1.0",
        "Generator: reference_server",
        "Root-Is-Purelib: true",
        *([f"Build: {build}"] if build else []),
        *(f"Tag: {'-'.join(parts)}" for parts in product(*sets)),
    )
    return "\n".join([*lines, ""]).encode()


def _padded(members: dict[str, bytes], about: str, size: int, *, compressed: bool) -> dict[str, bytes]:
    """Add a member that brings the archive to exactly `size` bytes.

    The archive grows by the padding and by the digits of its length in RECORD.
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
