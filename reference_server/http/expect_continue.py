"""The body of a request with `Expect: 100-continue`. Source: RFC 9110, section 10.1.1."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import io
    from collections.abc import Callable

AWAITED = "reference_server.http.expect_continue"
"""The key of such a body in the WSGI environment."""
CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"


class AwaitedBody:
    """Asks the client for the body on the first read. A request that is refused before that sends none."""

    def __init__(self, connection: io.BufferedIOBase, ask: Callable[[], object]) -> None:
        self._connection = connection
        self._ask: Callable[[], object] | None = ask

    def cancel(self) -> bool:
        """Never ask for the body. Return whether it was not yet asked for, so that the client sends none."""
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
