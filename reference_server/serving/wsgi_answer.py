"""Sends what a WSGI application answers over a connection."""

from __future__ import annotations

import traceback
from contextlib import suppress
from ssl import SSLError
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from _typeshed import OptExcInfo
    from _typeshed.wsgi import WSGIApplication, WSGIEnvironment

    from reference_server.serving.connection import Connection

DROPPED = (ConnectionError, TimeoutError, SSLError)
"""What a connection raises that the other side has ended, and what a fault raises that ends it."""
BODILESS = frozenset({204, 304})
BROKEN = b"Internal Server Error\n"


class Answer:
    """One answer. Afterwards the connection is closed, unless both sides know where it ends."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._status = ""
        self._fields: list[tuple[str, str]] = []
        self._has_begun = False
        self._is_chunked = False
        self._left: int | None = None
        """Bytes that the header has announced and that are not sent yet; None if it announces none."""

    def send(self, app: WSGIApplication, environ: WSGIEnvironment) -> None:
        """Call the application, and send what it returns. A fault or the client may end the connection."""
        try:
            pieces = app(environ, self.start)
            try:
                self._send(pieces)
            except BaseException:
                self._connection.close_connection = True
                raise
            finally:
                if self._connection.close_connection:
                    self._connection.empty()
                if hasattr(pieces, "close"):
                    pieces.close()
        except DROPPED:
            self._connection.close_connection = True
        except Exception:  # noqa: BLE001 - each error of the application is a server error
            self._fail()

    def start(
        self, status: str, headers: list[tuple[str, str]], exc_info: OptExcInfo | None = None, /
    ) -> Callable[[bytes], object]:
        """Note status and header, which are sent with the first piece."""
        del exc_info
        self._status, self._fields = status, headers
        return self._write

    def _send(self, pieces: Iterable[bytes]) -> None:
        for piece in pieces:
            self._write(piece)
        if not self._has_begun:
            self._write(b"")
        if self._is_chunked:
            self._ends()
            self._connection.wfile.write(b"0\r\n\r\n")
        if self._left:
            self._connection.close_connection = True

    def _write(self, piece: bytes) -> None:
        begins, self._has_begun = not self._has_begun, True
        if begins:
            self._add_header()
        if self._left is not None:
            self._left -= len(piece)
            if self._left == 0:
                self._ends()
        sent = b"%x\r\n%b\r\n" % (len(piece), piece) if piece and self._is_chunked else piece
        if begins:
            self._connection.send_header_with(sent)
        elif sent:
            self._connection.wfile.write(sent)

    def _ends(self) -> None:
        """Note that the answer is complete with what is sent next."""
        if not self._connection.close_connection:
            self._connection.server.open.answered(self._connection.connection)

    def _add_header(self) -> None:
        connection = self._connection
        code, _, reason = self._status.partition(" ")
        connection.send_response(int(code), reason)
        for name, value in self._fields:
            connection.send_header(name, value)
        if not self._is_delimited(int(code)) or not connection.may_continue():
            connection.send_header("Connection", "close")

    def _is_delimited(self, code: int) -> bool:
        """Return whether the client knows where the answer ends, if need be because it is sent in chunks."""
        lengths = [value for name, value in self._fields if name.lower() == "content-length"]
        if self._connection.command == "HEAD" or code in BODILESS:
            self._left = 0
        elif len(lengths) == 1 and lengths[0].isascii() and lengths[0].isdecimal():
            self._left = int(lengths[0])
        elif not lengths and self._connection.request_version == "HTTP/1.1":
            self._is_chunked = True
            self._connection.send_header("Transfer-Encoding", "chunked")
        else:
            return False
        return not any(name.lower() in {"connection", "transfer-encoding"} for name, _ in self._fields)

    def _fail(self) -> None:
        """Log an error of the application, and answer with a server error if no answer has begun."""
        self._connection.close_connection = True
        self._connection.server.log("error", f"Error on request:\n{traceback.format_exc()}")
        if not self._has_begun:
            fields = [("Content-Type", "text/plain"), ("Content-Length", str(len(BROKEN)))]
            self.start("500 Internal Server Error", fields)
            with suppress(*DROPPED):
                self._write(BROKEN)
