"""The body of a request whose sender waits to be asked for it. Source: RFC 9110, section 10.1.1."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import io
    from collections.abc import Callable

AWAITED = "reference_server.http.expect_continue"
"""Where the environment of a request has such a body."""
CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"


class AwaitedBody:
    """Asks for the body when it is first read: who is refused before that does not send it."""

    def __init__(self, connection: io.BufferedIOBase, ask: Callable[[], object]) -> None:
        self._connection = connection
        self._ask: Callable[[], object] | None = ask

    def hush(self) -> bool:
        """Ask no more; tell whether nobody has, so that nothing was sent."""
        ask, self._ask = self._ask, None
        return ask is not None

    def read(self, size: int = -1, /) -> bytes:
        """Read as the connection does."""
        self._ask_once()
        return self._connection.read(size)

    def readline(self, size: int = -1, /) -> bytes:
        """Read as the connection does."""
        self._ask_once()
        return self._connection.readline(size)

    def _ask_once(self) -> None:
        ask, self._ask = self._ask, None
        if ask is not None:
            ask()
