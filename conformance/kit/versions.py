"""Versions in any spelling."""

from __future__ import annotations

from packaging.version import InvalidVersion, Version


def version_key(version: str) -> Version | str:
    """Return what is the same for every spelling of a version."""
    try:
        return Version(version)
    except InvalidVersion:
        return version
