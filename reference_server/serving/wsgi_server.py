"""Any WSGI application on a port of this process. It starts and stops in milliseconds."""

from __future__ import annotations

import os
from contextlib import suppress
from selectors import EVENT_READ, DefaultSelector
from socket import SHUT_RDWR, socketpair
from threading import Thread
from typing import TYPE_CHECKING, Self

from werkzeug.serving import ThreadedWSGIServer

from reference_server.serving.connection import Connection
from reference_server.serving.open_connections import OpenConnections
from reference_server.serving.ports import listening

if TYPE_CHECKING:
    from collections.abc import Iterable
    from socket import socket
    from ssl import SSLContext
    from types import TracebackType

    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

BACKLOG = 128
"""How many connections wait to be taken, as at werkzeug's own sockets."""


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


class ConnectionServer(ThreadedWSGIServer):
    """werkzeug's server with a thread for each connection, and with connections that stay open."""

    def __init__(self, host: str, app: WSGIApplication, listening: socket, tls: SSLContext | None) -> None:
        self.open = OpenConnections()
        port, fd = listening.getsockname()[1], listening.fileno()  # it makes a copy
        super().__init__(host, port, app, Connection, ssl_context=tls, fd=fd)


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
            server = ConnectionServer(self.host, self._answer, taken, self.tls)
        self.port, self._open = server.port, server.open
        server.timeout = 0  # a connection that was given up meanwhile is not awaited
        if self.tls:  # each connection's own thread shakes hands: a silent client delays no other
            server.socket.do_handshake_on_connect = False  # type: ignore[attr-defined]  # of an SSL socket
        self._stopping, self._asked_to_stop = socketpair()
        self._owner = os.getpid()
        self._thread = Thread(target=self._take_connections, args=(server,), daemon=True)
        self._thread.start()

    def _take_connections(self, server: ConnectionServer) -> None:
        """Take connections until `stop`. The thread waits for both, and does nothing meanwhile."""
        with server, DefaultSelector() as selector:
            selector.register(server, EVENT_READ)
            selector.register(self._asked_to_stop, EVENT_READ)
            while all(key.fileobj is server for key, _ in selector.select()):
                server.handle_request()
            with suppress(OSError):  # a forked process may have the socket, too
                server.socket.shutdown(SHUT_RDWR)

    def stop(self) -> None:
        """Take no more connections. In a forked process this leaves the server of its parent alone."""
        assert self._thread is not None  # noqa: S101 - there is one while it runs
        if os.getpid() == self._owner:  # closing says nothing while a forked process has this end, too
            self._stopping.shutdown(SHUT_RDWR)
        self._stopping.close()
        self._thread.join()
        if os.getpid() == self._owner:
            self._open.close()
        self._asked_to_stop.close()
        self._thread = None

    def _answer(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        return self._app(environ, start_response)
