"""The credential of a request."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

ANONYMOUS = "anonymous"
"""The name of the credential of a request that carries none."""


LEAST_TOKEN = 12
"""How many characters a user name without a password has at least to be taken for a token: `pypi` is a name."""


@dataclass(frozen=True, kw_only=True)
class Credential:
    """A user name and a password or token, sent as HTTP Basic authentication.

    `encoding` is `utf-8` or `latin-1`: RFC 7617, 2.1, leaves it open unless the registry announces UTF-8.
    """

    username: str = field(repr=False)
    """A token in some registries, which take no password then, or any."""
    password: str = field(repr=False)
    encoding: str = "utf-8"
    scheme: str = "Basic"
    """The name of the scheme, in any case."""
    username_is_secret: bool = False
    """Whether the user name is a secret beside a password, or a short one. A long one without a password is."""
    lacks_password: bool = False
    """Whether the password is elsewhere, for a client to find: the user name is no secret for want of one here."""

    @property
    def token(self) -> str:
        """The part that opens the registry: the password, or the user name where there is none."""
        return self.password or self.username

    def with_token(self, token: str) -> Credential:
        """Return the same credential with another token."""
        return replace(self, password=token) if self.password else replace(self, username=token)

    @property
    def secrets(self) -> tuple[tuple[str, str], ...]:
        """The pairs that a `Redactor` takes: a user name that is a secret is a pair without a password."""
        pair = [(self.username, self.password)] if self.password else []
        is_token = len(self.username) >= LEAST_TOKEN and not (self.password or self.lacks_password)
        alone = self.username_is_secret or is_token
        return (*pair, (self.username, "")) if alone and self.username else tuple(pair)

    @property
    def encoded(self) -> tuple[bytes, bytes]:
        """User name and password as they are sent."""
        return self.username.encode(self.encoding), self.password.encode(self.encoding)

    @property
    def is_encodable(self) -> bool:
        """Whether the encoding has every character."""
        try:
            _ = self.encoded
        except UnicodeEncodeError:
            return False
        return True

    @property
    def is_ascii(self) -> bool:
        """Whether every encoding gives the same bytes."""
        return self.username.isascii() and self.password.isascii()


def login_of(credential: Credential | None) -> tuple[str, str]:
    """Return the user name and the password; empty texts without a credential."""
    return (credential.username, credential.password) if credential else ("", "")


def secrets_of(credential: Credential | None) -> tuple[tuple[str, str], ...]:
    """Return what a `Redactor` takes of a credential; nothing without one."""
    return credential.secrets if credential else ()
