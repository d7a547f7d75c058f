"""Flavours as data, and the table of all flavours."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from reference_server.flavours import pypi

if TYPE_CHECKING:
    from collections.abc import Callable

    from reference_server.rules import Rules

REPOSITORY = "/api/v4/projects/{gitlab_project}/packages/pypi"


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


GITLAB = Layout(
    base=REPOSITORY, upload=REPOSITORY, index=f"{REPOSITORY}/simple/", repository=REPOSITORY.removeprefix("/")
)
PYPI = Layout(
    base="",
    upload="/legacy/",
    index="/simple/",
    repository="",
    routes=(
        (r"/legacy/?", REPOSITORY),
        (r"/(simple|files|integrity)(/.*)?", rf"{REPOSITORY}/\1\2"),
    ),
)


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


REFERENCE = Flavour(
    name="reference",
    summary="GitLab's URLs, tokens and limits as documented, with every specification kept.",
    layout=GITLAB,
    profile="gitlab",
)

FLAVOURS: tuple[Flavour, ...] = (
    REFERENCE,
    Flavour(
        name="pypi",
        summary="The Python Package Index: its URLs and its rules for uploads, with every specification kept.",
        layout=PYPI,
        profile="pypi",
        gitlab_project=2,
        rules=pypi.rules,
    ),
)


class UnknownFlavourError(LookupError):
    """No flavour has this name. The message lists all flavours."""

    def __init__(self, name: str) -> None:
        super().__init__(f"there is no flavour {name!r}; choose {', '.join(each.name for each in FLAVOURS)}")


def flavour_named(name: str) -> Flavour:
    """Find a flavour. Raises `UnknownFlavourError`."""
    for flavour in FLAVOURS:
        if flavour.name == name:
            return flavour
    raise UnknownFlavourError(name)
