"""What a client needs to know about a registry."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal
from urllib.parse import quote, urlsplit

if TYPE_CHECKING:
    from pathlib import Path

Place = Literal["config", "netrc", "keyring", "none"]
"""Where the credentials are: in the client's own configuration, in a netrc file, in a keyring, or nowhere."""


@dataclass(frozen=True, kw_only=True)
class Access:
    """The URLs of a registry, a user name and a password, the certificates to trust, and the client's own.

    `client_certificate` is a file with the key in it, too.
    """

    index_url: str
    upload_url: str
    username: str
    password: str
    ca_bundle: Path | None = None
    client_certificate: Path | None = None

    @property
    def host(self) -> str:
        """The host of the index, without its port."""
        return urlsplit(self.index_url).hostname or ""

    def index_for(self, place: Place) -> str:
        """Return the index URL with what of the credentials the client has to find there."""
        if place == "config":
            return self._with(f"{quote(self.username, safe='')}:{quote(self.password, safe='')}")
        return self._with(quote(self.username, safe="")) if place == "keyring" else self.index_url

    def _with(self, userinfo: str) -> str:
        scheme, _, rest = self.index_url.partition("://")
        return f"{scheme}://{userinfo}@{rest}"
