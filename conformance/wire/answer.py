"""What came back, read whole; or that nothing did."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from conformance.wire.exchange import Exchange

EXCERPT = 300
"""Characters of an answer that a message has room for."""

LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})


class Unreachable(Exception):
    """No answer came: the network's, the harness's or the server's fault, never a deviation."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Answer:
    """A response, read whole. Two answers are never the same one, whatever they say."""

    method: str
    url: str
    credential: str
    status: int
    reason: str
    headers: Mapping[str, str]
    content: bytes = field(repr=False)
    exchange: Exchange = field(repr=False)

    @property
    def is_success(self) -> bool:
        """Whether the request was accepted: any status from 200 to 299."""
        return 200 <= self.status < 300

    @property
    def is_redirect(self) -> bool:
        """Whether the status is one from 300 to 399."""
        return 300 <= self.status < 400

    @property
    def is_client_error(self) -> bool:
        """Whether the request was refused as the client's mistake: any status from 400 to 499."""
        return 400 <= self.status < 500

    @property
    def is_server_error(self) -> bool:
        """Whether the server failed: any status from 500 on."""
        return self.status >= 500

    @property
    def text(self) -> str:
        """The body as UTF-8, undecodable bytes replaced."""
        return self.content.decode("utf-8", errors="replace")

    def excerpt(self, most: int = EXCERPT) -> str:
        """Return the beginning of the body as it may be shown, at most so many characters.

        It is of the exchange, where secrets were taken out before it was cut: no piece of one is at its end.
        """
        return self.exchange.response_body[:most]

    @property
    def content_type(self) -> str:
        """The media type, in lower case and without parameters."""
        return self.headers.get("Content-Type", "").partition(";")[0].strip().lower()

    def __str__(self) -> str:
        """Say where this was seen, as a failure's `where`."""
        return f"{self.exchange.request} as {self.credential} → {self.status} {self.reason} [{self.exchange.number}]"
