"""Which anchors of a project's page are those of files."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

if TYPE_CHECKING:
    from conformance.pages import FileLink

DISTRIBUTIONS = (
    *(".whl", ".tar.gz", ".zip"),
    *(".egg", ".exe", ".tar.bz2", ".tgz", ".tar.Z", ".tar.xz", ".tar", ".rpm", ".msi", ".deb", ".dmg"),
)
"""How the names of distributions end: those of today, and those that indexes keep from earlier times."""


def is_of_file(link: FileLink) -> bool:
    """Tell whether an anchor is that of a distribution, by its text or its URL; a page may have others for people."""
    return unquote(urlsplit(link.url).path).endswith(DISTRIBUTIONS) or link.filename.endswith(DISTRIBUTIONS)
