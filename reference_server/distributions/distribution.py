"""One wheel or sdist, with everything for its upload form."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from packaging.utils import canonicalize_name
from packaging.version import InvalidVersion, Version

if TYPE_CHECKING:
    from pathlib import Path

    from reference_server.distributions.metadata import Metadata


@dataclass(frozen=True, kw_only=True)
class Distribution:
    """A wheel or an sdist, in memory.

    Two distributions built from the same arguments are equal byte for byte.
    """

    filename: str
    content: bytes
    metadata: Metadata
    filetype: str
    """`bdist_wheel` or `sdist`, as the upload form calls it."""
    pyversion: str
    """The form's `pyversion`: a wheel's Python tag, or `source`."""

    @property
    def name(self) -> str:
        """The project's name, as the metadata spells it."""
        return self.metadata.name

    @property
    def version(self) -> str:
        """The version, as the metadata spells it."""
        return self.metadata.version

    @cached_property
    def sha256(self) -> str:
        """The content's SHA-256, in lower-case hex."""
        return hashlib.sha256(self.content).hexdigest()

    def form(self) -> tuple[tuple[str, str], ...]:
        """Return the text fields of the legacy upload form that publishes this file.

        Source: the upload API documentation of the Python Package Index, and what twine sends.
        """
        return (
            (":action", "file_upload"),
            ("protocol_version", "1"),
            *self.metadata.form_fields(),
            ("filetype", self.filetype),
            ("pyversion", self.pyversion),
            ("sha256_digest", self.sha256),
        )

    def save(self, folder: Path) -> Path:
        """Write the file into `folder` and return its path."""
        path = folder / self.filename
        path.write_bytes(self.content)
        return path


def escaped_name(name: str) -> str:
    """Return the name as file names spell it (Binary distribution format, Escaping and Unicode)."""
    return canonicalize_name(name).replace("-", "_").replace("\0", "_")  # names in a zip archive end at a NUL


def escaped_version(version: str) -> str:
    """Return the version as file names spell it: normalized if it is valid, else with unsafe characters replaced."""
    try:
        return str(Version(version)).replace("-", "_")
    except InvalidVersion:
        return re.sub(r"[^A-Za-z0-9.!+]+", "_", version) or "0"
