"""The recorded HTTP exchanges of a run."""

from __future__ import annotations

import re
from base64 import b64encode
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field, replace
from threading import Lock
from typing import TYPE_CHECKING

from conformance.wire.presigned import MASK

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator

    from conformance.wire.exchange import Exchange
    from conformance.wire.publication import Publication

KEPT_BYTES = 20_480
"""The largest request, in bytes, that an exchange keeps."""

KEPT_CHARACTERS = 2_000
"""The number of characters of a body that an exchange keeps."""


@dataclass(kw_only=True, eq=False)
class Used:
    """What one check used: exchanges by number, in order, and how many of them are requests of its own."""

    exchanges: dict[int, Exchange] = field(default_factory=dict)
    sent: int = 0

    def add(self, later: Used) -> None:
        """Add what the check used later."""
        self.exchanges.update(later.exchanges)
        self.sent += later.sent


_BESIDE: ContextVar[Used | None] = ContextVar("beside", default=None)
"""What the check of this thread uses, where it runs beside the current one."""


class Transcript:
    """All exchanges of one process, and those that the current check used. Safe to use from several threads."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._exchanges: list[Exchange] = []
        self._current = Used()
        self._published: list[Publication] = []

    def __len__(self) -> int:
        return len(self._exchanges)

    def __bool__(self) -> bool:
        return True  # `transcript or Transcript()` must keep an empty transcript

    def record(self, exchange: Exchange) -> Exchange:
        """Add an exchange, mark it as used by the current check, and return it with its number."""
        with self._lock:
            numbered = replace(exchange, number=len(self._exchanges) + 1)
            self._exchanges.append(numbered)
            self._used.exchanges[numbered.number] = numbered
            self._used.sent += 1
        return numbered

    def use(self, exchange: Exchange) -> None:
        """Mark an earlier exchange as used by the current check, as for a cached page."""
        with self._lock:
            self._used.exchanges.setdefault(exchange.number, exchange)

    def note(self, publication: Publication | None) -> None:
        """Add an accepted upload; None is ignored."""
        if publication is not None:
            with self._lock:
                self._published.append(publication)

    def begin(self, used: Used | None = None) -> None:
        """Start a new check: no exchange is marked as used, but what it has `used` already."""
        self._current = used or Used()

    @contextmanager
    def beside(self, used: Used) -> Iterator[None]:
        """Let this thread run a check beside the current one, and keep what that has `used` apart."""
        token = _BESIDE.set(used)
        try:
            yield
        finally:
            _BESIDE.reset(token)

    @property
    def used(self) -> tuple[Exchange, ...]:
        """The exchanges that the current check used, in order."""
        return tuple(self._used.exchanges.values())

    @property
    def sent(self) -> int:
        """The number of requests that the current check sent."""
        return self._used.sent

    @property
    def _used(self) -> Used:
        return _BESIDE.get() or self._current

    def numbered(self, numbers: Collection[int]) -> tuple[Exchange, ...]:
        """Return the exchanges with these numbers, in order, those of earlier checks among them."""
        return tuple(
            self._exchanges[each - 1] for each in sorted(numbers) if 0 < each <= len(self._exchanges)
        )

    @property
    def published(self) -> tuple[Publication, ...]:
        """The accepted uploads, oldest first."""
        return tuple(self._published)


def recorded_bytes(sent: bytes, redact: Callable[[str], str]) -> str:
    """Return sent bytes in base64, or an empty text if they are long or contain a secret."""
    if len(sent) > KEPT_BYTES:
        return ""
    text = sent.decode("latin-1")
    return b64encode(sent).decode() if redact(text) == text else ""


_NEW_TOKEN = re.compile(r'("token"\s*:\s*")[^"]*(?:"|$)')
"""A token that an answer in JSON has just made: no run knows it before."""


def excerpt(content: bytes, content_type: str, redact: Callable[[str], str] = str) -> str:
    """Return the beginning of a body as text, redacted before it is cut. Binary content is only counted."""
    if not content:
        return ""
    textual = content_type.startswith("text/") or "json" in content_type or "html" in content_type
    if not textual and b"\0" in content[:KEPT_CHARACTERS]:
        return f"<{len(content)} bytes of {content_type or 'no stated type'}>"
    decoded = content[: KEPT_CHARACTERS * 4].decode("utf-8", errors="replace")
    text = redact(_NEW_TOKEN.sub(rf'\g<1>{MASK}"', decoded))
    return (
        text if len(text) <= KEPT_CHARACTERS else text[:KEPT_CHARACTERS] + f"… <{len(content)} bytes in all>"
    )
