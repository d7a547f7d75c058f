"""One connection to the server in this process: its requests, one after the other."""

from __future__ import annotations

import io
from contextlib import suppress
from http import HTTPStatus
from selectors import EVENT_READ, DefaultSelector
from ssl import SSLSocket
from typing import TYPE_CHECKING, Any

from werkzeug.serving import WSGIRequestHandler

from reference_server.http.chunked import ChunkedBody
from reference_server.http.expect_continue import AWAITED, CONTINUE, AwaitedBody
from reference_server.http.request_log.entry import CERTIFICATE_NAME
from reference_server.serving.wsgi_answer import Answer

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment
    from typing_extensions import Buffer

    from reference_server.serving.wsgi_server import ConnectionServer

IDLE = 60.0
"""Seconds that a connection waits for its next request."""
EMPTIED = 10_000_000
"""Bytes that are read at once of what a client sent beside its request."""
MOST_EMPTIED = 10_000_000_000
LINGER = 0.01
"""Seconds without a byte, after which a client has sent everything that it will."""

PHRASES = {each.value: each.phrase for each in HTTPStatus}


class Incoming(io.BufferedReader):
    """The bytes that arrive over a connection. `taken` counts those that were read from a body."""

    taken = 0

    def read(self, size: int | None = -1, /) -> bytes:
        """Read and count."""
        data = super().read(size)
        self.taken += len(data)
        return data

    def readinto(self, buffer: Buffer, /) -> int:
        """Read into a buffer, and count."""
        size = super().readinto(buffer)
        self.taken += size
        return size


class Connection(WSGIRequestHandler):
    """Answers the requests of a connection, until one of the sides closes it.

    Logs errors only. Sets its own protocol version: werkzeug would set it on a shared class.
    """

    server: ConnectionServer
    rfile: Incoming

    protocol_version = "HTTP/1.1"
    default_request_version = "HTTP/1.1"
    """That of a broken request line, which would get a page without a header."""
    disable_nagle_algorithm = True
    """Else a body waits until the client has acknowledged the header: 40 milliseconds."""

    _headers_buffer: list[bytes]
    """The header fields so far, of the base class."""

    _awaited: AwaitedBody | None = None
    _is_first = True

    def setup(self) -> None:
        """Read through a reader that counts."""
        super().setup()
        self.rfile = Incoming(self.rfile.detach())

    def handle_one_request(self) -> None:
        """Answer the next request. A connection that waits for it is idle, and ends with the server."""
        if not self._is_first and not self._has_next():
            self.close_connection = True
            return
        self._is_first = False
        self._awaited = None
        super().handle_one_request()

    def _has_next(self) -> bool:
        """Wait for the next request. Return False for the end of the connection, and for the end of patience."""
        has_next = False
        if not self.server.open.begin():
            return False
        with suppress(OSError):
            self.connection.settimeout(IDLE)
            has_next = bool(self.rfile.peek(1))
            self.connection.settimeout(None)
        return self.server.open.end() and has_next

    def finish(self) -> None:
        """Close the connection."""
        super().finish()
        self.server.open.discard()

    def parse_request(self) -> bool:
        """Refuse a request with two different lengths. Source: RFC 9112, 6.3."""
        if not super().parse_request():
            return False
        if len(set(self.headers.get_all("Content-Length", ()))) > 1:
            self.send_error(HTTPStatus.BAD_REQUEST)
            return False
        return True

    def send_error(self, code: int, message: str | None = None, explain: str | None = None) -> None:
        """Send an error page that repeats nothing of the request."""
        del message, explain
        super().send_error(code)

    def handle_expect_100(self) -> bool:
        """Let the body ask the client for itself, so that a refused request does not send one."""
        self._awaited = AwaitedBody(self.rfile, lambda: self.wfile.write(CONTINUE))
        return True

    def make_environ(self) -> WSGIEnvironment:
        """Return the WSGI environment, with a body that ends with the request."""
        environ = super().make_environ()
        body = self._awaited or self.rfile
        environ["wsgi.input"] = ChunkedBody(body) if environ.get("wsgi.input_terminated") else body
        environ |= self._certificate()
        if self._awaited is not None:
            environ |= {"HTTP_EXPECT": "100-continue", AWAITED: self._awaited}
        return environ

    def _certificate(self) -> dict[str, str]:
        """Return whom the client's certificate is issued to, under the name that Apache uses."""
        if not isinstance(self.connection, SSLSocket):
            return {}
        subject: Any = (self.connection.getpeercert() or {}).get("subject", ())
        names = {key: value for each in subject for key, value in each}
        return {CERTIFICATE_NAME: names["commonName"]} if "commonName" in names else {}

    def run_wsgi(self) -> None:
        """Answer one request."""
        self.environ = self.make_environ()
        self.rfile.taken = 0
        Answer(self).send(self.server.app, self.environ)

    def may_continue(self) -> bool:
        """Return whether another request can follow this one: it is known where this one ends, and it was read."""
        fields = self.headers
        options = ",".join(fields.get_all("Connection", ())).lower()
        if self.close_connection or self.request_version != "HTTP/1.1" or "close" in options:
            return False
        if fields.get_payload():  # a line that is no field ends the header for Python, and not for others
            return False
        body, length = self.environ["wsgi.input"], fields.get("Content-Length")
        if isinstance(body, ChunkedBody):
            return body.is_complete and length is None
        if "Transfer-Encoding" in fields:
            return False
        return length is None or (length.isascii() and length.isdecimal() and self.rfile.taken == int(length))

    def empty(self) -> None:
        """Read what the client has sent beside its request: closing before that would destroy the answer."""
        left = MOST_EMPTIED
        with suppress(OSError, ValueError), DefaultSelector() as selector:  # it may be closed already
            selector.register(self.connection, EVENT_READ)
            while left > 0 and selector.select(LINGER):
                if not (data := self.rfile.read1(EMPTIED)):
                    break
                left -= len(data)

    def send_response(self, code: int, message: str | None = None) -> None:
        """Send the status line. The usual reason is written as in RFC 9110: werkzeug writes it in capitals."""
        usual = PHRASES.get(int(code), "")
        super().send_response(code, usual if message == usual.upper() else message)

    def send_header(self, keyword: str, value: str) -> None:
        """Send a header field; a Date of the application takes the place of this server's."""
        if keyword.lower() == "date" and "_headers_buffer" in vars(self):
            self._headers_buffer = [
                line for line in self._headers_buffer if not line.lower().startswith(b"date:")
            ]
        super().send_header(keyword, value)

    def send_header_with(self, piece: bytes) -> None:
        """Send the header with the first piece of the body. A client that wakes up twice takes longer."""
        self._headers_buffer.append(b"\r\n" + piece)
        self.flush_headers()

    def connection_dropped(self, error: BaseException, environ: WSGIEnvironment | None = None) -> None:
        """Close a connection that a fault or the client has ended."""
        del error, environ
        self.close_connection = True

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Log nothing: each registry has a log of its own."""
        del code, size
