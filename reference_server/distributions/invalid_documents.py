"""Metadata that breaks one rule, and names for what an archive says wrongly."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from reference_server.distributions.distribution import escaped_name, escaped_version

if TYPE_CHECKING:
    from reference_server.distributions.metadata import Metadata

OTHER_VERSION = "9.9"
UNKNOWN_METADATA_VERSION = "99.0"
OUTSIDE = "registry-conformance-outside.txt"
"""The file that hostile members would write where they have no business."""


def other_name(name: str) -> str:
    """Return the name that an archive gives where it gives another project's."""
    return f"{name}-other"


def stem(name: str, version: str) -> str:
    """Return name and version as file names and top-level folders begin."""
    return f"{escaped_name(name)}-{escaped_version(version)}"


def about(name: str, version: str) -> str:
    """Return the path of a wheel's `.dist-info`."""
    return f"{stem(name, version)}.dist-info"


def licensed(metadata: Metadata) -> Metadata:
    """Return metadata of a version that knows License-File, with one."""
    return replace(metadata, metadata_version="2.4", license_expression="0BSD", license_file=("LICENSE",))


def not_utf8(metadata: Metadata) -> bytes:
    """Return a document with a summary in Latin-1."""
    headers = (line for line in metadata.document().splitlines() if not line.startswith(b"Summary:"))
    return b"\n".join([*headers, "Summary: Größe".encode("latin-1"), b""])


def without_name(metadata: Metadata) -> bytes:
    """Return a document that has no Name."""
    return b"".join(
        line for line in metadata.document().splitlines(keepends=True) if not line.startswith(b"Name:")
    )
