"""A factory for sdists."""

from __future__ import annotations

import json
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Literal

from reference_server.distributions.archives import gzipped, tar_archive, zip_archive
from reference_server.distributions.distribution import Distribution, escaped_name, escaped_version
from reference_server.distributions.metadata import Metadata
from reference_server.distributions.wheel import LICENSE_TEXT, top_level

if TYPE_CHECKING:
    from collections.abc import Mapping

_BACKEND = "self_contained_backend"
_BUILD_SYSTEM = f"""[build-system]
requires = []
build-backend = "{_BACKEND}"
backend-path = ["."]
""".encode()


def sdist(
    name: str,
    version: str,
    *,
    requires_python: str | None = None,
    requires_dist: tuple[str, ...] = (),
    summary: str | None = "Published by a registry's conformance run; safe to delete.",
    metadata: Metadata | None = None,
    document: bytes | None = None,
    packages: tuple[str, ...] | None = None,
    modules: tuple[str, ...] = (),
    members: Mapping[str, bytes] | None = None,
    marker: str = "",
    format: Literal["tar.gz", "zip"] = "tar.gz",  # noqa: A002 - what the formats' specification calls it
    filename: str | None = None,
) -> Distribution:
    """Build a valid sdist with one importable package, which installs without any build tool.

    `metadata` is all of it, in place of `requires_python`, `requires_dist` and `summary`;
    `document` is what PKG-INFO holds, where that is not what the upload form says.
    `packages` and `modules` are what can be imported, the project's own name by default;
    `members` are more files, by their path in the top-level folder.
    `marker` is text that only changes the content: a twin has the same file name and other bytes.
    `zip` is the format of old sdists.
    Source: Source distribution format.
    """
    metadata = metadata or Metadata(
        name=name,
        version=version,
        summary=summary,
        requires_python=requires_python,
        requires_dist=requires_dist,
    )
    stem = f"{escaped_name(name)}-{escaped_version(version)}"
    top = top_level((escaped_name(name),) if packages is None else packages, modules)
    contents = {
        "PKG-INFO": metadata.document() if document is None else document,
        "pyproject.toml": _BUILD_SYSTEM + _project_table(metadata),
        f"{_BACKEND}.py": _backend_source().replace(b"name-version", stem.encode()),
        **{path: f"MARKER = {marker!r}\n".encode() for path in top},
        **dict.fromkeys(metadata.license_file, LICENSE_TEXT),
        **(members or {}),
    }
    in_folder = {f"{stem}/{path}": content for path, content in contents.items()}
    return Distribution(
        filename=filename or f"{stem}.{format}",
        content=zip_archive(in_folder, compressed=True)
        if format == "zip"
        else gzipped(tar_archive(in_folder)),
        metadata=metadata,
        filetype="sdist",
        pyversion="source",
    )


@cache
def _backend_source() -> bytes:
    return files(__package__).joinpath("backend.py").read_bytes()


def _project_table(metadata: Metadata) -> bytes:
    """Return the table of what the metadata says that installers decide by; a JSON string is a TOML one."""
    lines = ["[project]", f"name = {json.dumps(metadata.name)}", f"version = {json.dumps(metadata.version)}"]
    if metadata.requires_python is not None:
        lines.append(f"requires-python = {json.dumps(metadata.requires_python)}")
    if metadata.requires_dist:
        lines.append(f"dependencies = {json.dumps(metadata.requires_dist)}")
    return ("\n" + "\n".join(lines) + "\n").encode()
