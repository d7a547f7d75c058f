"""Who can reach a server, and whether its tokens are fit for that."""

from __future__ import annotations

import ipaddress
from typing import TYPE_CHECKING

from reference_server.errors import UserError

if TYPE_CHECKING:
    from reference_server.store.protocol import Store


class PublicTokensError(UserError, ValueError):
    """Other machines would reach a registry whose tokens everyone knows."""


def is_loopback(host: str) -> bool:
    """Return whether only programs on this machine reach a server that listens there."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def require_secret_tokens(host: str, store: Store, hint: str) -> None:
    """Refuse to listen where other machines reach the server while a ready-made token still has its public secret.

    Raises `PublicTokensError`.
    """
    if is_loopback(host):
        return
    from reference_server.serving.default_registry import knows_public_tokens

    if knows_public_tokens(store):
        where = host or "every address"
        raise PublicTokensError(
            f"{where} is reachable from other machines, and the ready-made tokens are public", hint
        )
