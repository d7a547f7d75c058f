"""Which files of a project a change is about."""

from __future__ import annotations

from typing import TypedDict

OWN = 0
"""In place of the id of a GitLab project: the registry's own."""


class Selection(TypedDict, total=False):
    """Which files of a project: all, unless narrowed."""

    version: str | None
    """Those of one version, in any spelling."""
    filename: str | None
    """Those of one file name."""
    gitlab_project: int
    """The id of a GitLab project (default: the registry's own)."""
