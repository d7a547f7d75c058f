"""Flavours as data."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from reference_server.rules import Rules

REPOSITORY = "/api/v4/projects/{gitlab_project}/packages/pypi"
"""The repository's path in GitLab's layout."""


@dataclass(frozen=True, kw_only=True)
class Layout:
    """The URLs for clients: `base` for the suite, `upload` for twine, `index` for pip.

    `routes` pairs regular expressions with paths in GitLab's layout. A path that matches an expression is routed as
    the path beside it; every other path is routed as in GitLab.
    """

    base: str
    upload: str
    index: str
    repository: str
    """The beginning of the paths of provenance objects."""
    routes: tuple[tuple[str, str], ...] = ()

    def routed(self, path: str) -> str:
        """Return a path in GitLab's layout."""
        for pattern, replacement in self.routes:
            if match := re.fullmatch(pattern, path):
                return match.expand(replacement)
        return path


@dataclass(frozen=True, kw_only=True)
class Flavour:
    """A vendor that the server imitates. Its URLs are those of the registry of `gitlab_project`."""

    name: str
    summary: str
    layout: Layout
    profile: str
    """The profile of the suite that it conforms to."""
    gitlab_project: int = 1
    rules: Callable[[Rules], Rules] = lambda rules: rules

    def path(self, template: str) -> str:
        """Fill in the GitLab project of a layout's path."""
        return template.replace("{gitlab_project}", str(self.gitlab_project))

    def routed(self, path: str) -> str:
        """Return a requested path in GitLab's layout."""
        return self.path(self.layout.routed(path))
