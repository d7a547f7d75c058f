"""A complete answer, or the error for none."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from conformance.pages.json_form import plain_json
from conformance.wire.body import Body, text_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from conformance.wire.exchange import Exchange

EXCERPT = 300
"""Characters of an answer that a message quotes."""

LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})


class Unreachable(Exception):
    """No answer arrived. The cause may be the network, the harness or the server, so this is never a deviation."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Answer:
    """A response, read to its end. Two answers are never equal, even with the same content.

    A large `content` is read from a file each time.
    """

    method: str
    url: str
    credential: str
    status: int
    reason: str
    headers: Mapping[str, str]
    content: bytes = field(repr=False, default=Body())  # type: ignore[assignment]  # it is set and read as bytes
    exchange: Exchange = field(repr=False)
    failure: str = ""
    """Of an upload that was accepted for processing (202): why it came to nothing; empty where it did not."""
    http_1_0: bool = False
    """Whether its status line says HTTP/1.0: known of answers that were read over a plain socket."""

    @property
    def is_success(self) -> bool:
        """Whether the request was accepted: any status from 200 to 299, if nothing failed later."""
        return 200 <= self.status < 300 and not self.failure

    @property
    def is_redirect(self) -> bool:
        """Whether the status is one from 300 to 399."""
        return 300 <= self.status < 400

    @property
    def is_client_error(self) -> bool:
        """Whether the request was refused as the client's mistake: any status from 400 to 499, or a later failure."""
        return 400 <= self.status < 500 or bool(self.failure)

    @property
    def is_server_error(self) -> bool:
        """Whether the server failed: any status from 500 on."""
        return self.status >= 500

    @property
    def text(self) -> str:
        """The body as UTF-8, undecodable bytes replaced."""
        return text_of(self.content)

    @property
    def json_object(self) -> dict[str, Any]:
        """The body as a JSON object; an empty one for any other body."""
        try:
            found = plain_json(self.content)
        except ValueError:
            return {}
        return found if isinstance(found, dict) else {}

    def excerpt(self, most: int = EXCERPT) -> str:
        """Return at most `most` characters from the beginning of the body, redacted.

        The exchange redacts a body before it cuts it, so no part of a secret is left at the end.
        """
        return self.exchange.response_body[:most]

    @property
    def content_type(self) -> str:
        """The media type, in lower case and without parameters."""
        return self.headers.get("Content-Type", "").partition(";")[0].strip().lower()

    def __str__(self) -> str:
        """Return the `where` of a failure: request, credential, status and number in the transcript."""
        return f"{self.exchange.request} as {self.credential} → {self.status_line} [{self.exchange.number}]"

    @property
    def status_line(self) -> str:
        """The status and the reason phrase, redacted: a registry may write anything into it."""
        return f"{self.status} {self.exchange.reason}"
