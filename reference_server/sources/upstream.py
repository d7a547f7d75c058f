"""Another index: its address, the credentials for it, and what may be asked of it."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from functools import cached_property
from typing import TYPE_CHECKING, Literal, Self
from urllib.parse import SplitResult, unquote, urlsplit

from reference_server.errors import UserError
from reference_server.model.grammar import is_valid_name, normalize

if TYPE_CHECKING:
    from netrc import netrc
    from pathlib import Path

PORTS = {"http": 80, "https": 443}
MODES = ("mirror", "redirect")
FOLDER = "upstream"
"""The folder in the directory of a store that keeps what a mirror has fetched."""


class UpstreamInvalidError(UserError, ValueError):
    """The upstream's description cannot be used. The message has no credential in it."""


@dataclass(frozen=True, kw_only=True)
class Upstream:
    """An index that is asked for projects which are not here. There is none by default.

    `url` is its simple index, with http or https; it may have a user name and a password in it, which are never shown.
    Without them, they come from the netrc file (`NETRC`, or `.netrc` in the home folder). The mode `mirror` fetches
    pages and files, checks hashes and keeps them; `redirect` sends clients there for their pages. Projects that match
    one of the patterns `private`, such as `mycompany-*`, are never asked for. `timeout` is in seconds without a byte.
    A mirror keeps what it fetches in the folder `keep`, for later servers; by default until it stops.

    Raises `UpstreamInvalidError`.
    """

    url: str = field(repr=False)
    mode: Literal["mirror", "redirect"] = "mirror"
    private: tuple[str, ...] = ()
    timeout: float = 10.0
    keep: Path | str | None = None

    def __post_init__(self) -> None:
        try:
            parts, _ = urlsplit(self.url), urlsplit(self.url).port
        except ValueError:
            raise UpstreamInvalidError("the upstream's URL is invalid") from None
        if parts.scheme not in PORTS or not parts.hostname:
            raise UpstreamInvalidError(
                f"the upstream is not an http(s) URL: {without_secrets(self.url)}",
                "Give the URL of its simple index.",
            )
        if parts.query or parts.fragment:
            raise UpstreamInvalidError(
                f"the upstream's URL has a query or a fragment: {without_secrets(self.url)}",
                "Give the URL of its simple index, such as https://registry.example.com/simple/.",
            )
        if self.mode not in MODES:
            raise UpstreamInvalidError(f"{self.mode!r} is not a mode of an upstream: {', '.join(MODES)}")

    @classmethod
    def of(cls, given: Self | str) -> Self:
        """Return an upstream; a text is its URL."""
        return cls(url=given) if isinstance(given, str) else given

    @property
    def index(self) -> str:
        """The URL without a credential, with a slash at its end."""
        return without_secrets(self.url).rstrip("/") + "/"

    def may_be_asked(self, name: str) -> bool:
        """Return whether a project may be asked for there."""
        normalized = normalize(name)
        return is_valid_name(name) and not any(
            fnmatchcase(normalized, normalize(pattern)) for pattern in self.private
        )

    def credentials(self, url: str) -> tuple[str, str] | None:
        """Return the user name and the password to send with a request.

        Those in the upstream's URL are for its own origin. None go over http if the upstream has https.
        """
        own, asked = urlsplit(self.url), urlsplit(url)
        if own.scheme == "https" and asked.scheme != "https":
            return None
        if own.username is not None:
            given = (unquote(own.username), unquote(own.password or ""))
            return given if _origin(own) == _origin(asked) else None
        hosts = self._netrc.hosts if self._netrc else {}
        found = hosts.get(asked.hostname or "") or (
            hosts.get("default") if _origin(own) == _origin(asked) else None
        )
        return (found[0] or found[1] or "", found[2] or "") if found else None

    @cached_property
    def _netrc(self) -> netrc | None:
        """The user's netrc file. Its errors quote its content, which may be a password: they are not shown."""
        from netrc import NetrcParseError, netrc

        path = os.environ.get("NETRC") or os.path.expanduser("~/.netrc")  # noqa: PTH111 - keeps what it cannot expand
        try:
            return netrc(path)
        except FileNotFoundError:
            return None
        except (OSError, NetrcParseError, UnicodeDecodeError):
            raise UpstreamInvalidError(
                f"the netrc file {path} cannot be read", "Fix it, or set NETRC to another file."
            ) from None


def without_secrets(url: str) -> str:
    """Return a URL for people: without a user name, a password, a query and a fragment."""
    parts = urlsplit(url)
    return SplitResult(parts.scheme, parts.netloc.rpartition("@")[2], parts.path, "", "").geturl()


def _origin(parts: SplitResult) -> tuple[str, str | None, int | None]:
    return parts.scheme, parts.hostname, parts.port or PORTS.get(parts.scheme)
