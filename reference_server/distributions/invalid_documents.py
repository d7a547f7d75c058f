"""Metadata that breaks one rule, and wrong names and versions."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from reference_server.distributions.metadata import Metadata

OTHER_VERSION = "9.9"
UNKNOWN_METADATA_VERSION = "99.0"
OUTSIDE = "registry-conformance-outside.txt"
"""The file that hostile members would write outside of their archive."""


def other_name(name: str) -> str:
    """Return the name of another project."""
    return f"{name}-other"


def licensed(metadata: Metadata) -> Metadata:
    """Return metadata with a License-File, and a version that allows it."""
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
