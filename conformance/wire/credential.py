"""The credential of a request."""

from __future__ import annotations

from dataclasses import dataclass, field

ANONYMOUS = "anonymous"
"""The name of the credential of a request that carries none."""


@dataclass(frozen=True, kw_only=True)
class Credential:
    """A user name and a password or token, sent as HTTP Basic authentication.

    `encoding` is `utf-8` or `latin-1`: RFC 7617, 2.1, leaves it open unless the registry announces UTF-8.
    """

    username: str
    password: str = field(repr=False)
    encoding: str = "utf-8"
    scheme: str = "Basic"
    """The name of the scheme, in any case."""

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
