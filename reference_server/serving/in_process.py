"""The server in this process, on pytest-httpserver. It starts and stops in milliseconds."""

from __future__ import annotations

import io
from collections import Counter
from http import HTTPStatus
from selectors import EVENT_READ, DefaultSelector
from socket import socketpair
from threading import Lock
from typing import TYPE_CHECKING, Any, Self

from pytest_httpserver import HTTPServer
from werkzeug.serving import WSGIRequestHandler

from reference_server.faults import switches
from reference_server.flavours import flavour_named
from reference_server.http.chunked import ChunkedBody
from reference_server.http.expect_continue import AWAITED, CONTINUE, AwaitedBody
from reference_server.rules import ready_made
from reference_server.serving.create_app import create_app
from reference_server.serving.default_registry import default_registry
from reference_server.serving.ports import free_port
from reference_server.serving.target import target_table

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path
    from types import TracebackType

    from _typeshed.wsgi import WSGIApplication, WSGIEnvironment
    from werkzeug import Request, Response

    from reference_server.faults import Fault, Switch
    from reference_server.rules import Rules
    from reference_server.rules.registry import Registry

EMPTIED = 10_000_000
"""How many bytes werkzeug asks for at once after an answer. It would wait for all of them, or for the client's end."""


class Server:
    """A WSGI application on a port, from `start` (or `with`) until `stop`."""

    def __init__(self, app: WSGIApplication, host: str, port: int) -> None:
        self._mount = _Mount(app, host, port)

    @property
    def origin(self) -> str:
        """`http://HOST:PORT`, available after the start."""
        return self._mount.url_for("/").rstrip("/")

    def start(self) -> Self:
        """Start the server. Raises `PortTakenError`, an `OSError`."""
        if self._mount.port:
            free_port(self._mount.host, self._mount.port)
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


class ReferenceServer(Server):
    """A registry on a port of its own, from `start` (or `with`) until `stop`.

    Port 0 chooses a free port. `registry` gives direct access to the state. It outlives `stop`; the end of `with`
    closes it, unless it was an argument. The state is in memory, or in the directory `store`, where the next server
    finds it. `rules` and `faults` apply to requests over HTTP, not to direct calls of `registry`. Faults can also be
    switched with `switchboard`, and over HTTP unless `control` is false (see `serving.control`). `username` and
    `password` have all rights in the ready-made GitLab project 1 (2 in the flavour `pypi`), whose URLs are `url` (for
    uploads) and `index_url` (for installers). `variety` is a seed that varies what the specifications leave open.
    Raises `UnknownFlavourError`, and `StoreError` for an unusable directory.
    """

    username = ready_made.USERNAME
    password = ready_made.PASSWORD

    def __init__(
        self,
        *,
        host: str = "127.0.0.1",
        port: int = 0,
        registry: Registry | None = None,
        store: Path | str | None = None,
        rules: Rules | None = None,
        faults: Iterable[Fault | Switch | str] = (),
        flavour: str = "reference",
        control: bool = True,
        variety: int | None = None,
    ) -> None:
        if registry and store:
            raise ValueError("give registry= or store=, but not both: a registry has its own store")
        self.flavour = flavour_named(flavour)
        self._owns_registry = registry is None
        self.registry = registry or _registry(store)
        app = create_app(
            self.registry,
            rules=rules,
            faults=faults,
            flavour=self.flavour,
            controlled=control,
            variety=variety,
        )
        self.switchboard = app.switchboard
        self._max_file_size = (rules or self.registry.rules).max_file_size
        super().__init__(app, host, port)

    def start(self) -> Self:
        """Start the server. Raises `PortTakenError`, an `OSError`."""
        super().start()
        self.registry.store.announce(self.origin)
        return self

    @property
    def url(self) -> str:
        """The repository URL for twine."""
        return self.origin + self.flavour.path(self.flavour.layout.upload)

    @property
    def index_url(self) -> str:
        """The index URL for pip."""
        return self.origin + self.flavour.path(self.flavour.layout.index)

    @property
    def request_count(self) -> int:
        """The number of requests so far."""
        return self._mount.requests.total()

    @property
    def requests(self) -> Counter[tuple[str, str, str]]:
        """The number of requests so far, by method, decoded path and value of `Range`."""
        return self._mount.requests.copy()

    def target(self) -> dict[str, Any]:
        """Return this server's description in the format of the suite's `registry.toml`."""
        return target_table(self.origin, max_file_size=self._max_file_size, flavour=self.flavour)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        super().__exit__(kind, error, trace)
        if self._owns_registry:
            self.registry.close()


def _registry(store: Path | str | None) -> Registry:
    if store is None:
        return default_registry()
    from reference_server.store.sqlite import SQLiteStore

    return default_registry(store=SQLiteStore(store))


class ProxyServer(Server):
    """A reverse proxy that adds faults to any registry, from `start` (or `with`) until `stop`.

    `upstream` is the registry's origin, such as `http://HOST:PORT`; `at(url)` returns the proxy's URL for a URL of the
    registry. Only faults that change requests and answers are possible: see `reference_server.serving.proxy`. Raises
    `InsideFaultError` for others.
    """

    def __init__(
        self,
        upstream: str,
        *,
        host: str = "127.0.0.1",
        port: int = 0,
        faults: Iterable[Fault | Switch | str] = (),
    ) -> None:
        from reference_server.serving.proxy import FaultProxy

        self._upstream = upstream.rstrip("/")
        self._proxy = FaultProxy(upstream, switches(faults))
        super().__init__(self._proxy, host, port)

    def at(self, url: str) -> str:
        """Return the proxy's URL for a URL of the registry."""
        return self.origin + url.removeprefix(self._upstream)

    def put(self, *faults: Fault | Switch | str) -> None:
        """Activate exactly these faults. Raises `InsideFaultError`."""
        self._proxy.put(switches(faults))

    def stop(self) -> None:
        """Stop the server, if it is running."""
        super().stop()
        self._proxy.close()


class _Incoming(io.BufferedReader):
    """The bytes that arrive over a connection."""

    def read(self, size: int | None = -1, /) -> bytes:
        """Read so many bytes; the rest of a closing connection only as far as it has arrived."""
        return self.read1(EMPTIED) if size == EMPTIED else super().read(size)


class _Handler(WSGIRequestHandler):
    """Logs errors only. Sets its own protocol version: werkzeug would set it on a shared class."""

    protocol_version = default_request_version = (
        "HTTP/1.1"  # else a broken request line gets a page without a header
    )

    _headers_buffer: list[bytes]
    """The header fields so far, of the base class."""

    _awaited: AwaitedBody | None = None

    def parse_request(self) -> bool:
        """Refuse a request with two different lengths. Source: RFC 9112, 6.3."""
        if not super().parse_request():
            return False
        if len(set(self.headers.get_all("Content-Length", ()))) > 1:
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
        self._awaited = AwaitedBody(self.rfile, lambda: self.wfile.write(CONTINUE))
        return True

    def make_environ(self) -> WSGIEnvironment:
        """Return the WSGI environment, with a body that ends with the request."""
        environ = super().make_environ()
        body = self._awaited or self.rfile
        environ["wsgi.input"] = ChunkedBody(body) if environ.get("wsgi.input_terminated") else body
        if self._awaited is not None:
            environ |= {"HTTP_EXPECT": "100-continue", AWAITED: self._awaited}
        return environ

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


class _Mount(HTTPServer):
    """Any WSGI application on pytest-httpserver. Bodies are streamed; requests are only counted."""

    def __init__(self, app: WSGIApplication, host: str, port: int) -> None:
        super().__init__(host, port, threaded=True)
        self._app = app
        self._counting = Lock()
        self.requests: Counter[tuple[str, str, str]] = Counter()

    def start(self) -> None:
        """Start a thread that takes connections."""
        self._stopping, self._asked_to_stop = socketpair()
        super().start()

    def thread_target(self) -> None:
        """Take connections until `stop`. The thread waits for both, and does nothing meanwhile."""
        server = self.server
        assert server is not None  # noqa: S101 - pytest-httpserver makes it before it starts this thread
        server.RequestHandlerClass = _Handler
        server.timeout = 0  # a connection that was given up meanwhile is not awaited
        with server, DefaultSelector() as selector:
            selector.register(server, EVENT_READ)
            selector.register(self._asked_to_stop, EVENT_READ)
            while all(key.fileobj is server for key, _ in selector.select()):
                server.handle_request()

    def stop(self) -> None:
        """Take no more connections."""
        assert self.server_thread is not None  # noqa: S101 - there is one while it runs
        self._stopping.close()
        self.server_thread.join()
        self._asked_to_stop.close()
        self.server = self.server_thread = None

    def application(self, request: Request) -> Response:
        """Count the request, and return the application that answers it."""
        with self._counting:
            self.requests[request.method, request.path, request.headers.get("Range", "")] += 1
        return self._app  # type: ignore[return-value]
