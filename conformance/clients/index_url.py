"""The URL of a simple index with a credential."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import quote, urlsplit, urlunsplit

from packaging.utils import canonicalize_name

from conformance.wire.credential import login_of, secrets_of

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from conformance.wire.credential import Credential


@dataclass(frozen=True)
class IndexURL:
    """The URL of a simple index, and the credential for its requests; without a password, the user name alone.

    It is `literal` where project files have the credential itself, and no variables.
    """

    url: str
    credential: Credential | None = None
    literal: bool = False

    @property
    def with_credential(self) -> str:
        """The URL with the percent-encoded credential before the host (RFC 3986, 3.2.1)."""
        username, password = (quote(part, safe="") for part in self.login)
        return self._with(f"{username}:{password}" if password else username)

    @property
    def with_variables(self) -> str:
        """The URL with the names of `variables` in the place of the credential, for project files that expand them."""
        if self.literal:
            return self.with_credential
        return self._with("${REGISTRY_USERNAME}:${REGISTRY_PASSWORD}")

    @property
    def variables(self) -> dict[str, str]:
        """The environment variables that `with_variables` names, plain: pdm and pipenv encode what they expand."""
        username, password = self.login
        named = self.credential and not self.literal
        return {"REGISTRY_USERNAME": username, "REGISTRY_PASSWORD": password} if named else {}

    def _with(self, userinfo: str) -> str:
        if self.credential is None:
            return self.url
        parts = urlsplit(self.url)
        return urlunsplit(parts._replace(netloc=f"{userinfo}@{parts.netloc}"))

    @property
    def login(self) -> tuple[str, str]:
        """The user name and the password; empty texts without a credential."""
        return login_of(self.credential)

    @property
    def secrets(self) -> tuple[tuple[str, str], ...]:
        """What must not be shown of the credential, if there is one."""
        return secrets_of(self.credential)

    @property
    def unencrypted_host(self) -> str | None:
        """The `host:port` of an index without TLS, for pip's `--trusted-host`."""
        parts = urlsplit(self.url)
        return parts.netloc if parts.scheme == "http" else None


def empty_index(directory: Path, *, names: Iterable[str]) -> IndexURL:
    """Create an index in `directory` with an empty page for each of the projects `names`.

    It is a primary index for tests of `--extra-index-url`, without another server. pip warns of a missing page.
    """
    for name in names:
        page = directory / canonicalize_name(name) / "index.html"
        page.parent.mkdir(parents=True, exist_ok=True)
        page.write_text("<!DOCTYPE html><html><body></body></html>\n", encoding="utf-8")
    return IndexURL(directory.absolute().as_uri())
