"""Tokens by the digests of their secrets.

Secrets are random and long, so one round of SHA-256 protects them, as in GitLab: a copy of a store gives no access.
The ready-made tokens are stored in the same way. Their secrets are constants of the code.
"""

from __future__ import annotations

import hashlib
from dataclasses import replace
from typing import TYPE_CHECKING, TypeVar

from reference_server.model import DeployToken, JobToken, PersonalAccessToken, Token

if TYPE_CHECKING:
    from collections.abc import Iterator

KINDS: dict[str, type[Token]] = {kind.__name__: kind for kind in (PersonalAccessToken, DeployToken, JobToken)}
T = TypeVar("T", PersonalAccessToken, DeployToken, JobToken)


def digest_of(secret: str) -> str:
    """Return the digest by which a token is found, in hex."""
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()


class TokenTable:
    """All tokens of a store, in the order of their ids. Not safe to use from several threads."""

    def __init__(self) -> None:
        self._tokens: dict[int, Token] = {}
        self._ids: dict[tuple[type[Token], str], int] = {}

    def __iter__(self) -> Iterator[Token]:
        return iter([self._tokens[number] for number in sorted(self._tokens)])

    def copy(self) -> TokenTable:
        """Return a table with the same tokens."""
        table = TokenTable()
        table._tokens, table._ids = dict(self._tokens), dict(self._ids)
        return table

    def add(self, token: Token) -> int:
        """Add or replace the token with this secret, and return its id."""
        key = type(token), digest_of(token.secret)
        number = self._ids.get(key) or max(self._tokens, default=0) + 1
        self.load(key[1], replace(token, secret="", record=replace(token.record, id=number)))
        return number

    def load(self, digest: str, token: Token) -> None:
        """Add or replace a token with an id and without a secret."""
        self._ids[type(token), digest] = token.record.id
        self._tokens[token.record.id] = token

    def put(self, token: Token) -> None:
        """Replace the token with this id. It keeps its secret."""
        self._tokens[token.record.id] = replace(token, secret="")

    def remove(self, number: int) -> None:
        """Remove a token, if it exists."""
        if self._tokens.pop(number, None):
            self._ids = {key: each for key, each in self._ids.items() if each != number}

    def find(self, kind: type[T], secret: str) -> T | None:
        """Find the token of this kind with this secret."""
        found = self._tokens.get(self._ids.get((kind, digest_of(secret)), 0))
        return replace(found, secret=secret) if isinstance(found, kind) else None
