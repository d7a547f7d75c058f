"""Faults in how long a token is accepted."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reference_server.faults.building.decisions import Identifies

if TYPE_CHECKING:
    from reference_server.model import Caller, Credentials
    from reference_server.rules.access import Tokens


class TokensKeptForGood(Identifies):
    """Keeps whom it has identified once, and accepts a token that was revoked since."""

    caught_by = ("gitlab.token.revoked-after-use",)

    def __init__(self) -> None:
        self._kept: dict[Credentials, Caller] = {}

    def identify(self, credentials: Credentials, tokens: Tokens) -> Caller:
        if credentials in self._kept:
            return self._kept[credentials]
        caller = super().identify(credentials, tokens)
        return caller if caller.is_anonymous else self._kept.setdefault(credentials, caller)
