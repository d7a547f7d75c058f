"""The server inside this process, on pytest-httpserver: it starts and stops in milliseconds."""

from __future__ import annotations

from collections import Counter
from http import HTTPStatus
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

POLL_INTERVAL = 0.005  # seconds; stopping takes about this long


class _Server:
    """A WSGI application on a port, from `start` (or `with`) until `stop`."""

    def __init__(self, app: WSGIApplication, host: str, port: int) -> None:
        self._mount = _Mount(app, host, port)

    @property
    def origin(self) -> str:
        """`http://HOST:PORT`, known once the server has started."""
        return self._mount.url_for("/").rstrip("/")

    def start(self) -> Self:
        """Start to answer. Raises `PortTakenError`, an `OSError`."""
        if self._mount.port:
            free_port(self._mount.host, self._mount.port)
        self._mount.start()
        return self

    def stop(self) -> None:
        """Stop to answer. Does nothing when it is not running."""
        if self._mount.is_running():
            self._mount.stop()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()


class ReferenceServer(_Server):
    """A registry on a port of its own, from `start` (or `with`) until `stop`.

    Port 0 takes a free one. `registry` is the state, to arrange it and to look at it; it outlives `stop`,
    and the end of `with` closes it unless it was given. It lives in memory, or in the directory `store`,
    where the next server finds it. `rules` and `faults` hold for what comes over HTTP, not for what is
    arranged directly; faults are also switched with `switchboard`, and over HTTP unless `control` is false
    (see `serving.control`). `username` and `password` may do everything in the
    ready-made GitLab project 1 (2 in the flavour `pypi`), whose URLs are `url` (for uploads) and `index_url`
    (for installers). With `variety`, a seed, it does in another way what the specifications leave open.
    Raises `UnknownFlavourError`, and `StoreError` for a directory that cannot be used.
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
            raise ValueError("give registry= or store=, not both: a registry has its store")
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

    @property
    def url(self) -> str:
        """The repository URL, which twine takes."""
        return self.origin + self.flavour.path(self.flavour.layout.upload)

    @property
    def index_url(self) -> str:
        """The index URL, which pip takes."""
        return self.origin + self.flavour.path(self.flavour.layout.index)

    @property
    def request_count(self) -> int:
        """How many requests have come so far."""
        return self._mount.requests.total()

    @property
    def requests(self) -> Counter[tuple[str, str, str]]:
        """How often each method, path (decoded) and value of `Range` was asked for so far."""
        return self._mount.requests.copy()

    def target(self) -> dict[str, Any]:
        """Describe this server in the shape of the suite's `registry.toml`."""
        return target_table(self.origin, max_file_size=self._max_file_size, flavour=self.flavour)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        super().__exit__(kind, error, trace)
        if self._owns_registry:
            self.registry.close()


def _registry(store: Path | str | None) -> Registry:
    if store is None:
        return ready_made.default_registry()
    from reference_server.store.sqlite import SQLiteStore

    return ready_made.default_registry(store=SQLiteStore(store))


class ProxyServer(_Server):
    """A reverse proxy with faults before any registry, from `start` (or `with`) until `stop`.

    `upstream` is the registry's origin, such as `http://HOST:PORT`; `at(url)` gives the proxy's URL for one
    of the registry's. `faults` may be those that change what goes over the wire: see
    `reference_server.serving.proxy`. Raises `InsideFaultError` for others.
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
        """Give the URL under which the proxy serves one of the registry's."""
        return self.origin + url.removeprefix(self._upstream)

    def put(self, *faults: Fault | Switch | str) -> None:
        """Switch on exactly these. Raises `InsideFaultError`."""
        self._proxy.put(switches(faults))

    def stop(self) -> None:
        """Stop to answer. Does nothing when it is not running."""
        super().stop()
        self._proxy.close()


class _Handler(WSGIRequestHandler):
    """Logs errors only. It names its protocol, lest werkzeug does so on a class that others share."""

    protocol_version = "HTTP/1.1"

    _awaited: AwaitedBody | None = None

    def parse_request(self) -> bool:
        """Refuse a request of two different lengths. Source: RFC 9112, 6.3."""
        if not super().parse_request():
            return False
        if len(set(self.headers.get_all("Content-Length", ()))) > 1:
            self.send_error(HTTPStatus.BAD_REQUEST, "Two different lengths")
            return False
        return True

    def handle_expect_100(self) -> bool:
        """Leave it to the body to ask for itself: who is refused at once need not send it."""
        del self.headers["Expect"]  # else werkzeug would ask
        self._awaited = AwaitedBody(self.rfile, lambda: self.wfile.write(CONTINUE))
        return True

    def make_environ(self) -> WSGIEnvironment:
        """Describe the request, with a body that can be trusted to end where it ends."""
        environ = super().make_environ()
        body = self._awaited or self.rfile
        environ["wsgi.input"] = ChunkedBody(body) if environ.get("wsgi.input_terminated") else body
        if self._awaited is not None:
            environ |= {"HTTP_EXPECT": "100-continue", AWAITED: self._awaited}
        return environ

    def connection_dropped(self, error: BaseException, environ: WSGIEnvironment | None = None) -> None:
        """Wait for no other request on a connection that a fault or the client has ended."""
        del error, environ
        self.close_connection = True

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        del code, size


class _Mount(HTTPServer):
    """Any WSGI application on pytest-httpserver: bodies are streamed, and requests are only counted."""

    def __init__(self, app: WSGIApplication, host: str, port: int) -> None:
        super().__init__(host, port, threaded=True)
        self._app = app
        self._counting = Lock()
        self.requests: Counter[tuple[str, str, str]] = Counter()

    def thread_target(self) -> None:
        if self.server is not None:
            self.server.RequestHandlerClass = _Handler
            self.server.serve_forever(poll_interval=POLL_INTERVAL)

    def application(self, request: Request) -> Response:
        """Give what answers the request; werkzeug calls it with the environment."""
        with self._counting:
            self.requests[request.method, request.path, request.headers.get("Range", "")] += 1
        return self._app  # type: ignore[return-value]
