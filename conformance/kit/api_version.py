"""Versions of the simple API, and which of them the catalogue covers."""

from __future__ import annotations

import re

NEWEST = (1, 5)
"""The newest version whose keys and values the catalogue has. A later minor version may define more of them.

Source: Simple repository API, #versioning.
"""

_VERSION = re.compile(r"([0-9]+)\.([0-9]+)", re.ASCII)


def api_version(text: object) -> tuple[int, int] | None:
    """Read `1.4` as numbers; None for what is no version."""
    match = _VERSION.fullmatch(text) if isinstance(text, str) else None
    return (int(match[1]), int(match[2])) if match else None


def is_newer(declared: object) -> bool:
    """Tell whether a page declares a minor version that the catalogue does not cover."""
    version = api_version(declared)
    return version is not None and version[0] == NEWEST[0] and version > NEWEST
