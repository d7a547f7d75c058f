"""The credential of a request."""

from __future__ import annotations

from dataclasses import dataclass, field

ANONYMOUS = "anonymous"
"""The name of the credential of a request that carries none."""


@dataclass(frozen=True, kw_only=True)
class Credential:
    """A user name and a password or token, sent as HTTP Basic authentication."""

    username: str
    password: str = field(repr=False)
