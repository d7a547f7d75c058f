"""What `token` and `gitlab-project` act on: a store that no server uses, or a running server."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from reference_server.rendering.escapes import printable

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import date


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedProject:
    """A GitLab project in a list."""

    id: int
    full_path: str
    visibility: str
    packages_enabled: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedToken:
    """A token in a list. `holder` is a user or, for a deploy token, its user name."""

    id: int
    kind: str
    name: str
    holder: str
    gitlab_project: str
    scopes: tuple[str, ...]
    expires_at: str
    active: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class NewToken:
    """The token to make. `user` is empty for the default."""

    kind: str
    name: str
    user: str
    gitlab_project: str
    scopes: tuple[str, ...]
    expires_at: date | None


class Administration(Protocol):
    """Manages a registry. Each method raises `UserError` for a refusal."""

    def gitlab_projects(self) -> Sequence[ListedProject]:
        """List the GitLab projects."""

    def create_gitlab_project(self, full_path: str, visibility: str) -> ListedProject:
        """Create a GitLab project."""

    def switch(self, reference: str, *, on: bool) -> ListedProject:
        """Switch the package registry of a GitLab project on or off."""

    def tokens(self) -> Sequence[ListedToken]:
        """List the tokens."""

    def create_token(self, new: NewToken) -> str:
        """Make a token, and return its secret."""

    def revoke_token(self, token_id: int) -> None:
        """Revoke a token, or end its job."""

    def close(self) -> None:
        """End the use."""


def table(headings: Sequence[str], lines: Iterable[Sequence[str]]) -> str:
    """Return lines as a table with aligned columns. Control characters are shown as escapes."""
    rows = [tuple(map(printable, line)) for line in (headings, *lines)]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return "\n".join("  ".join(map(str.ljust, row, widths)).rstrip() for row in rows)
