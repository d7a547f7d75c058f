"""The simple index that pip is pointed at."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import quote, urlsplit, urlunsplit

from packaging.utils import canonicalize_name

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from conformance.wire.credential import Credential


@dataclass(frozen=True)
class IndexURL:
    """The URL of a simple index, without credentials, and the credential to ask it with."""

    url: str
    credential: Credential | None = None

    @property
    def with_credential(self) -> str:
        """The URL with the credential, percent-encoded, in front of the host (RFC 3986, 3.2.1)."""
        if self.credential is None:
            return self.url
        userinfo = ":".join(quote(part, safe="") for part in self._pair(self.credential))
        parts = urlsplit(self.url)
        return urlunsplit(parts._replace(netloc=f"{userinfo}@{parts.netloc}"))

    @property
    def secrets(self) -> list[tuple[str, str]]:
        """The pair of user name and password, if there is one."""
        return [self._pair(self.credential)] if self.credential else []

    @property
    def unencrypted_host(self) -> str | None:
        """The `host:port` of an index without TLS, which pip has to be told to trust."""
        parts = urlsplit(self.url)
        return parts.netloc if parts.scheme == "http" else None

    @staticmethod
    def _pair(credential: Credential) -> tuple[str, str]:
        return credential.username, credential.password


def empty_index(directory: Path, *, names: Iterable[str]) -> IndexURL:
    """Make an index in `directory` that knows the projects `names`, but has no distribution of them.

    pip asks it like any other primary index, so that `--extra-index-url` can be exercised
    without another server. Each name needs a page, as pip warns of a missing one.
    """
    for name in names:
        page = directory / canonicalize_name(name) / "index.html"
        page.parent.mkdir(parents=True, exist_ok=True)
        page.write_text("<!DOCTYPE html><html><body></body></html>\n", encoding="utf-8")
    return IndexURL(directory.absolute().as_uri())
