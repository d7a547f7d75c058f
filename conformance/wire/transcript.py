"""The recorded HTTP exchanges of a run."""

from __future__ import annotations

from base64 import b64encode
from dataclasses import replace
from threading import Lock
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from conformance.wire.exchange import Exchange
    from conformance.wire.publication import Publication

KEPT_BYTES = 16_384
"""How long what was sent may be to be kept whole."""

KEPT_CHARACTERS = 2_000
"""How much of a body an exchange keeps."""


class Transcript:
    """All exchanges of one process, and which of them the running check has used. Safe to use from threads."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._exchanges: list[Exchange] = []
        self._used: dict[int, Exchange] = {}
        self._published: list[Publication] = []

    def __len__(self) -> int:
        return len(self._exchanges)

    def __bool__(self) -> bool:
        return True  # one that is empty is one, too: `transcript or Transcript()` must not take another

    def record(self, exchange: Exchange) -> Exchange:
        """Add an exchange, which the running check has used, and return it with its number."""
        with self._lock:
            numbered = replace(exchange, number=len(self._exchanges) + 1)
            self._exchanges.append(numbered)
            self._used[numbered.number] = numbered
        return numbered

    def use(self, exchange: Exchange) -> None:
        """Say that the running check looked at an earlier exchange, as with a cached page."""
        with self._lock:
            self._used.setdefault(exchange.number, exchange)

    def note(self, publication: Publication | None) -> None:
        """Remember an upload that was accepted, where it could be kept."""
        if publication is not None:
            with self._lock:
                self._published.append(publication)

    def begin(self) -> None:
        """Forget what was used: a new check starts."""
        self._used = {}

    @property
    def used(self) -> tuple[Exchange, ...]:
        """What the running check has used, in the order of its use."""
        return tuple(self._used.values())

    @property
    def published(self) -> tuple[Publication, ...]:
        """The uploads that were accepted, from the first one on."""
        return tuple(self._published)


def kept(sent: bytes, redact: Callable[[str], str]) -> str:
    """Return what was sent in base64; nothing where it is long, or holds a secret."""
    text = sent.decode("latin-1")
    return b64encode(sent).decode() if len(sent) <= KEPT_BYTES and redact(text) == text else ""


def excerpt(content: bytes, content_type: str, redact: Callable[[str], str] = str) -> str:
    """Return the head of a body as text, redacted before it is cut; what is not text is only counted."""
    if not content:
        return ""
    textual = content_type.startswith("text/") or "json" in content_type or "html" in content_type
    if not textual and b"\0" in content[:KEPT_CHARACTERS]:
        return f"<{len(content)} bytes of {content_type or 'no stated type'}>"
    text = redact(content[: KEPT_CHARACTERS * 4].decode("utf-8", errors="replace"))
    return (
        text if len(text) <= KEPT_CHARACTERS else text[:KEPT_CHARACTERS] + f"… <{len(content)} bytes in all>"
    )
