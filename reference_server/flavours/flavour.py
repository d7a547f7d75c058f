"""A flavour as data, and the flavours that there are."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from reference_server.errors import UserError
from reference_server.flavours import pypi

if TYPE_CHECKING:
    from collections.abc import Callable

    from reference_server.rules import Rules

REPOSITORY = "/api/v4/projects/{gitlab_project}/packages/pypi"


@dataclass(frozen=True, kw_only=True)
class Layout:
    """Where things are for a client. `base` is what the suite is given, `upload` what twine is given.

    A path that matches a key of `routes` (a regular expression) is handled as the path of GitLab's layout
    that is its value; every other path means what it means in GitLab.
    """

    base: str
    upload: str
    index: str
    repository: str
    """What the paths of provenance objects begin with."""
    routes: tuple[tuple[str, str], ...] = ()

    def routed(self, path: str) -> str:
        """Give the path in GitLab's layout."""
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
    """A vendor whose behaviour the server imitates. `gitlab_project` is whose registry its URLs stand for."""

    name: str
    summary: str
    layout: Layout
    profile: str
    """The suite's profile that it is held to."""
    gitlab_project: int = 1
    rules: Callable[[Rules], Rules] = lambda rules: rules

    def path(self, template: str) -> str:
        """Fill in the GitLab project of a layout's path."""
        return template.replace("{gitlab_project}", str(self.gitlab_project))

    def routed(self, path: str) -> str:
        """Give the path in GitLab's layout of what a client asks for."""
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
        summary="The Python Package Index: its URLs and what it asks of uploads, with every specification kept.",
        layout=PYPI,
        profile="pypi",
        gitlab_project=2,
        rules=pypi.rules,
    ),
)


class UnknownFlavourError(UserError, LookupError):
    """No flavour has this name; the text says which there are."""

    def __init__(self, name: str) -> None:
        super().__init__(
            f"no flavour is named {name!r}; there are: {', '.join(each.name for each in FLAVOURS)}"
        )


def flavour_named(name: str) -> Flavour:
    """Find a flavour. Raises `UnknownFlavourError`."""
    for flavour in FLAVOURS:
        if flavour.name == name:
            return flavour
    raise UnknownFlavourError(name)
