"""Flavours as data."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING, Protocol

from reference_server.rendering import html, json

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from reference_server.model import PackageFile
    from reference_server.model.errors import RegistryError
    from reference_server.rendering.pages import ProjectPage, RootPage
    from reference_server.rules import Rules

CHALLENGE = 'Basic realm="GitLab Packages Registry"'
REPOSITORY = "/api/v4/projects/{gitlab_project}/packages/pypi"
"""The repository's path in GitLab's layout."""

FEATURES = (
    "disposable",
    "strict-filenames",
    "strict-metadata",
    "strict-names",
    "strict-versions",
    "validate-archive",
)
"""What the reference claims to the suite, by the names of the suite's features."""


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


class Pages(Protocol):
    """How simple pages are written in HTML, in UTF-8."""

    def project_page(self, page: ProjectPage, /) -> bytes:
        """Render a project's page."""

    def root_page(self, page: RootPage, /) -> bytes:
        """Render the root page."""

    def root_pieces(self, page: RootPage, /) -> Iterator[bytes]:
        """Render the root page, piece by piece."""


@dataclass(frozen=True)
class Setting:
    """Something that the administrator of an instance switches on: `change` returns the flavour with it."""

    name: str
    summary: str
    change: Callable[[Flavour], Flavour]


@dataclass(frozen=True, kw_only=True)
class Refusal:
    """How one kind of refusal is written on these routes, or on all if there are none.

    `status` is None for the usual one. `{}` in the `text` is the reason.
    """

    error: type[RegistryError]
    routes: frozenset[str] = frozenset()
    status: int | None = None
    text: str = "{}"
    in_status_line: bool = False
    """Whether the status line has the text, too, in place of the usual phrase."""

    def covers(self, error: RegistryError, route: str) -> bool:
        """Return whether a refusal on a route is written so."""
        return isinstance(error, self.error) and (not self.routes or route in self.routes)


@dataclass(frozen=True, kw_only=True)
class Flavour:
    """A vendor that the server imitates. Its URLs are those of the registry of `gitlab_project`.

    `deviates` from the specifications, or else conforms to its profile. `lacks` names the routes that it does not
    have (see `reference_server.app.routes`); `features` are what it claims to the suite. `settings` are what its
    administrators can switch on. `html` and `json` write its pages. The first of the `refusals` that covers a refusal
    gives its wording; `challenge` returns the WWW-Authenticate of an answer with status 401, or None. `file_headers`
    come with every file, `page_headers` with every answer for a page. `rest_lacks` names the keys that its REST API
    leaves out. `splats` takes names with slashes in URLs. `has_serials` states the serials of projects on its
    pages, and `offers` names the routes that few flavours have.
    """

    name: str
    summary: str
    layout: Layout
    profile: str
    """The profile of the suite that it is judged by."""
    gitlab_project: int = 1
    rules: Callable[[Rules], Rules] = lambda rules: rules
    deviates: bool = False
    lacks: frozenset[str] = frozenset()
    features: tuple[str, ...] = FEATURES
    html: Pages = html
    json: Pages = json
    json_parameters: str = ""
    """What follows the media type of its pages in JSON."""
    settings: tuple[Setting, ...] = ()
    refusals: tuple[Refusal, ...] = ()
    challenge: Callable[[RegistryError], str | None] = lambda _: CHALLENGE
    file_headers: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    page_headers: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    rest_lacks: frozenset[str] = frozenset()
    splats: bool = False
    hides_methods: bool = False
    """Whether a method that a path does not support gets 404, as an unknown path does."""
    compares_etags_as_text: bool = False
    """Whether pages have weak ETags, and their only condition is If-None-Match with that text, as Rack has it."""
    rejects_other_ranges: bool = False
    """Whether a Range is read as Go's `http.ServeContent` does: one that is not understood gets 416."""
    has_serials: bool = False
    offers: frozenset[str] = frozenset()
    file_path: Callable[[PackageFile], str] | None = None
    """The path of a file where its JSON API states it in full."""

    def path(self, template: str) -> str:
        """Fill in the GitLab project of a layout's path."""
        return template.replace("{gitlab_project}", str(self.gitlab_project))

    def routed(self, path: str) -> str:
        """Return a requested path in GitLab's layout."""
        return self.path(self.layout.routed(path))
