"""Any WSGI application on a port of this process. It starts and stops in milliseconds."""

from __future__ import annotations

import io
import os
from contextlib import suppress
from http import HTTPStatus
from selectors import EVENT_READ, DefaultSelector
from socket import SHUT_RDWR, socketpair
from ssl import SSLSocket
from threading import Thread
from typing import TYPE_CHECKING, Any, Self

from werkzeug.serving import ThreadedWSGIServer, WSGIRequestHandler

from reference_server.http.chunked import ChunkedBody
from reference_server.http.expect_continue import AWAITED, CONTINUE, AwaitedBody
from reference_server.http.field_lines import FIELD_NAMES, FieldLines
from reference_server.http.host import has_valid_host
from reference_server.http.request_log.entry import CERTIFICATE_NAME
from reference_server.serving.connection_threads import ConnectionThreads
from reference_server.serving.ports import listening

if TYPE_CHECKING:
    from collections.abc import Iterable
    from ssl import SSLContext
    from types import TracebackType

    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

EMPTIED = 10_000_000
"""How many bytes werkzeug asks for at once after an answer. It would wait for all of them, or for the client's end."""


BACKLOG = 128
"""How many connections wait to be taken, as at werkzeug's own sockets."""

PHRASES = {each.value: each.phrase for each in HTTPStatus}


class Server:
    """A WSGI application on a port, from `start` (or `with`) until `stop`. With `tls` it speaks HTTPS only."""

    def __init__(self, app: WSGIApplication, host: str, port: int, *, tls: SSLContext | None = None) -> None:
        self._mount = _Mount(app, host, port, tls)

    @property
    def origin(self) -> str:
        """`http://HOST:PORT`, available after the start."""
        return self.origin_at(self._mount.host)

    @property
    def port(self) -> int:
        """The port, available after the start."""
        return self._mount.port

    def origin_at(self, host: str) -> str:
        """Return the origin under another name of this machine, such as `localhost`."""
        scheme = "https" if self._mount.tls else "http"
        return f"{scheme}://{f'[{host}]' if ':' in host else host}:{self._mount.port}"

    def start(self) -> Self:
        """Start the server. Raises `PortTakenError`, an `OSError`."""
        self._mount.start()
        return self

    def stop(self) -> None:
        """Stop the server, if it is running."""
        if self._mount.is_running():
            self._mount.stop()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()


class _Incoming(io.BufferedReader):
    """The bytes that arrive over a connection."""

    def read(self, size: int | None = -1, /) -> bytes:
        """Read so many bytes; the rest of a closing connection only as far as it has arrived."""
        if size != EMPTIED:
            return super().read(size)
        with suppress(OSError):  # the client is gone; werkzeug closes the answer only after this
            return self.read1(EMPTIED)
        return b""


class _Handler(WSGIRequestHandler):
    """Logs errors only. Sets its own protocol version: werkzeug would set it on a shared class."""

    protocol_version = "HTTP/1.1"
    default_request_version = "HTTP/1.1"
    """That of a broken request line, which would get a page without a header."""

    _headers_buffer: list[bytes]
    """The header fields so far, of the base class."""

    _is_awaited = False
    """Whether the client waits for `100 Continue` before it sends the body."""

    def parse_request(self) -> bool:
        """Refuse a broken field line, and two different lengths. Source: RFC 9112, 5 and 6.3."""
        incoming = self.rfile
        self.rfile = lines = FieldLines(incoming)
        try:
            if not super().parse_request():
                return False
        finally:
            self.rfile = incoming
        lengths = set(self.headers.get_all("Content-Length", ()))
        if not lines.are_well_formed or len(lengths) > 1:
            self.send_error(HTTPStatus.BAD_REQUEST)
            return False
        return True

    def setup(self) -> None:
        """Read from the connection without waiting for more than is there, where werkzeug empties it."""
        super().setup()
        self.rfile = _Incoming(self.rfile.detach())

    def send_error(self, code: int, message: str | None = None, explain: str | None = None) -> None:
        """Send an error page that repeats nothing of the request."""
        del message, explain
        super().send_error(code)

    def handle_expect_100(self) -> bool:
        """Let the body ask the client for itself, so that a refused request does not send one."""
        del self.headers["Expect"]  # else werkzeug would ask
        self._is_awaited = True
        return True

    def make_environ(self) -> WSGIEnvironment:
        """Return the WSGI environment, with a body that ends with the request."""
        environ = super().make_environ()
        body: io.BufferedIOBase | AwaitedBody = self.rfile
        if self._is_awaited:
            body = AwaitedBody(self.rfile, lambda: self.wfile.write(CONTINUE))
            environ |= {"HTTP_EXPECT": "100-continue", AWAITED: body}
        environ["wsgi.input"] = ChunkedBody(body) if environ.get("wsgi.input_terminated") else body
        names = {FIELD_NAMES: tuple(self.headers.keys())}
        return environ | names | self._host(environ) | self._certificate()

    def _host(self, environ: WSGIEnvironment) -> dict[str, str]:
        """Return the field Host where it is missing or invalid, in place of the host of a whole URL as the target.

        Source: RFC 9112, section 3.2: such a request is refused, whatever its target is.
        """
        sent = {"HTTP_HOST": ",".join(self.headers.get_all("Host", ()))}
        return {} if has_valid_host(environ | sent) else sent

    def _certificate(self) -> dict[str, str]:
        """Return whom the client's certificate is issued to, under the name that Apache uses."""
        if not isinstance(self.connection, SSLSocket):
            return {}
        subject: Any = (self.connection.getpeercert() or {}).get("subject", ())
        names = {key: value for each in subject for key, value in each}
        return {CERTIFICATE_NAME: names["commonName"]} if "commonName" in names else {}

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

    def connection_dropped(self, error: BaseException, environ: WSGIEnvironment | None = None) -> None:
        """Close a connection that a fault or the client has ended."""
        del error, environ
        self.close_connection = True

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        del code, size


class _WSGIServer(ThreadedWSGIServer):
    """Answers each connection in a thread that answers no other meanwhile."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.threads = ConnectionThreads(self.process_request_thread)

    def process_request(self, request: Any, client_address: Any) -> None:
        """Let a thread answer a connection."""
        self.threads.give(request, client_address)


class _Mount:
    """An application on werkzeug's server. Bodies are streamed."""

    def __init__(self, app: WSGIApplication, host: str, port: int, tls: SSLContext | None) -> None:
        self._app = app
        self.host = host
        self.port = port
        self.tls = tls
        self._thread: Thread | None = None

    def is_running(self) -> bool:
        """Return whether it takes connections."""
        return self._thread is not None

    def start(self) -> None:
        """Start a thread that takes connections."""
        with listening(
            self.host, self.port, backlog=BACKLOG
        ) as taken:  # werkzeug would end the process instead
            server = _WSGIServer(
                self.host,
                taken.getsockname()[1],
                self._answer,
                _Handler,
                ssl_context=self.tls,
                fd=taken.fileno(),  # it makes a copy
            )
        self.port = server.port
        server.timeout = 0  # a connection that was given up meanwhile is not awaited
        if self.tls:  # each connection's own thread shakes hands: a silent client delays no other
            server.socket.do_handshake_on_connect = False  # type: ignore[attr-defined]  # of an SSL socket
        self._stopping, self._asked_to_stop = socketpair()
        self._owner = os.getpid()
        self._thread = Thread(target=self._take_connections, args=(server,), daemon=True)
        self._thread.start()

    def _take_connections(self, server: _WSGIServer) -> None:
        """Take connections until `stop`. The thread waits for both, and does nothing meanwhile."""
        with server, DefaultSelector() as selector:
            selector.register(server, EVENT_READ)
            selector.register(self._asked_to_stop, EVENT_READ)
            while all(key.fileobj is server for key, _ in selector.select()):
                server.handle_request()
            server.threads.end()
            with suppress(OSError):  # a forked process may have the socket, too
                server.socket.shutdown(SHUT_RDWR)

    def stop(self) -> None:
        """Take no more connections. In a forked process this leaves the server of its parent alone."""
        assert self._thread is not None  # noqa: S101 - there is one while it runs
        if os.getpid() == self._owner:  # closing says nothing while a forked process has this end, too
            self._stopping.shutdown(SHUT_RDWR)
        self._stopping.close()
        self._thread.join()
        self._asked_to_stop.close()
        self._thread = None

    def _answer(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        return self._app(environ, start_response)
