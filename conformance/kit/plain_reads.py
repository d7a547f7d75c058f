"""Requests for a page byte for byte: no HTTP library sends them as they are written here."""

from __future__ import annotations

from typing import TYPE_CHECKING

from conformance.kit.uploads.raw_uploads import Reaction, reaction_on

if TYPE_CHECKING:
    from conformance.kit.registry import RegistryClient
    from conformance.kit.uploads.raw_uploads import Headers

USUAL = (("Accept-Encoding", "identity"), ("User-Agent", "registry-conformance"), ("Connection", "close"))
"""Header fields of each request: there are registries that refuse one without User-Agent."""


def read_plainly(
    registry: RegistryClient, url: str, *, what: str, headers: Headers, target: str | None = None
) -> Reaction:
    """Ask for a page with these header fields besides one Host, by default with the path of its URL."""
    with registry.connect(url) as connection:
        connection.request("GET", target, headers=[*USUAL, *headers])
        return reaction_on(what, connection)
