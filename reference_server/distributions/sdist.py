"""Builds sdists."""

from __future__ import annotations

import json
import tarfile
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Literal, Unpack

from reference_server.distributions.archives import gzipped, tar_archive, zip_archive
from reference_server.distributions.contents import (
    LICENSE_TEXT,
    Contents,
    document_of,
    metadata_of,
    sources,
    stem,
)
from reference_server.distributions.distribution import Distribution

if TYPE_CHECKING:
    from reference_server.distributions.metadata import Metadata

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
    format: Literal["tar.gz", "zip"] = "tar.gz",  # noqa: A002 - the word of the specification
    tar: int = tarfile.USTAR_FORMAT,
    members_first: bool = False,
    **contents: Unpack[Contents],
) -> Distribution:
    """Build a valid sdist, by default with one import package. It installs without any build tool.

    Old sdists have the format `zip`. `tar` is the layout of the archive, as `tarfile` names it: a long path, or one
    beyond ASCII, needs another one than the default. `members_first` puts `members` before PKG-INFO. Source: Source
    distribution format.
    """
    metadata = metadata_of(name, version, contents)
    folder = stem(name, version)
    further = contents.get("members") or {}
    members = {
        **(further if members_first else {}),
        "PKG-INFO": document_of(metadata, contents),
        "pyproject.toml": _BUILD_SYSTEM + _project_table(metadata),
        f"{_BACKEND}.py": _backend_source().replace(b"name-version", folder.encode()),
        **sources(name, contents, ""),
        **dict.fromkeys(metadata.license_file, LICENSE_TEXT),
        **further,
    }
    in_folder = {f"{folder}/{path}": content for path, content in members.items()}
    return Distribution(
        filename=contents.get("filename") or f"{folder}.{format}",
        content=zip_archive(in_folder, compressed=True)
        if format == "zip"
        else gzipped(tar_archive(in_folder, format=tar)),
        metadata=metadata,
        filetype="sdist",
        pyversion="source",
    )


@cache
def _backend_source() -> bytes:
    return files(__package__).joinpath("backend.py").read_bytes()


def _project_table(metadata: Metadata) -> bytes:
    """Return the `[project]` table with the fields that installers need. A JSON string is a TOML string."""
    lines = ["[project]", f"name = {json.dumps(metadata.name)}", f"version = {json.dumps(metadata.version)}"]
    if metadata.requires_python is not None:
        lines.append(f"requires-python = {json.dumps(metadata.requires_python)}")
    if metadata.requires_dist:
        lines.append(f"dependencies = {json.dumps(metadata.requires_dist)}")
    return ("\n" + "\n".join(lines) + "\n").encode()
