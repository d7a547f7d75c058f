"""A reverse proxy that adds faults to the answers of any registry."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from dis import get_instructions
from io import BytesIO
from types import CodeType, FunctionType
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import urllib3
from werkzeug import Response

from reference_server.alterations import compose, transmitted
from reference_server.app.routes import BY_NAME
from reference_server.errors import UserError
from reference_server.faults import Switchboard
from reference_server.flavours import REFERENCE
from reference_server.http.json_responses import json_answer
from reference_server.http.request import Request
from reference_server.http.request_log.log import Counted, RequestLog
from reference_server.serving.passing_form import PassingForm
from reference_server.serving.steered import KEPT_REQUESTS, to_logger
from reference_server.sources.upstream import without_secrets

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from _typeshed.wsgi import StartResponse, WSGIEnvironment

    from reference_server.alterations import Alteration
    from reference_server.faults import Fault, Switch
    from reference_server.http.request_log import Entry
    from reference_server.rules.registry import Registry

OUTSIDE = frozenset({"rendered", "handle", "respond", "transmit"})
"""The seams that exist outside of a registry."""

HOP_BY_HOP = frozenset(
    {"connection", "keep-alive", "proxy-connection", "te", "trailer", "transfer-encoding", "upgrade", "host"}
)

PACKAGE = __name__.partition(".")[0]
PAGES = frozenset({"root_page", "project_page"})
CHUNK = 64 * 1024
PATIENCE = 60.0  # seconds without a byte from the registry

_ENDPOINTS = (
    ("metadata_file", "GET", r".*\.(?:whl|tar\.gz|zip)\.metadata"),
    ("provenance", "GET", r".*/provenance"),
    ("file", "GET", r".*\.(?:whl|tar\.gz|zip)"),
    ("root_page", "GET", r"(?:.*/)?simple/?"),
    ("project_page", "GET", r"(?:.*/)?simple/[^/]+/?"),
    ("upload", "POST", r".*"),
)
"""Patterns of the paths of each route of the reference server."""

INSIDE = {"registry", "arguments"} | BY_NAME.keys() - {endpoint for endpoint, _, _ in _ENDPOINTS}
INSIDE |= {"credentials =", "query_string ="}
"""Names that a fault can use only within a registry."""


class InsideFaultError(UserError, ValueError):
    """The fault works only inside the reference server."""

    def __init__(self, name: str) -> None:
        super().__init__(f"{name} changes the inside of a registry; it cannot work in a proxy")


def require_outside(fault: Fault) -> None:
    """Raise `InsideFaultError` for a fault that works only within a registry."""
    if not works_outside(fault):
        raise InsideFaultError(fault.name)


def works_outside(fault: Fault) -> bool:
    """Return whether a fault changes requests and answers only, and needs nothing else."""
    kind = type(fault)
    functions = [
        function
        for each in kind.__mro__
        for value in vars(each).values()
        if isinstance(function := getattr(value, "__func__", value), FunctionType)
    ]
    if INSIDE & {word for each in kind.__mro__ for word in _words_of_attributes(each)}:
        return False
    return set(fault.seams) <= OUTSIDE and not any(INSIDE & _words(each, set()) for each in functions)


def _words_of_attributes(kind: type) -> Iterator[str]:
    """Yield the texts that a class has as attributes, such as the route that it acts on."""
    for name, value in vars(kind).items():
        if not name.startswith("__"):
            several = value if isinstance(value, frozenset | tuple) else (value,)
            yield from (each for each in several if isinstance(each, str))


def _words(function: FunctionType, seen: set[FunctionType]) -> set[str]:
    """Return the names and texts in a function, and in the functions of this package that it calls."""
    seen.add(function)
    names = set(_words_in(function.__code__))
    for called in (function.__globals__.get(name) for name in tuple(names)):
        if isinstance(called, FunctionType) and called.__module__.startswith(PACKAGE) and called not in seen:
            names |= _words(called, seen)
    return names


def _words_in(code: CodeType) -> Iterator[str]:
    yield from code.co_names
    yield from (f"{each.argval} =" for each in get_instructions(code) if each.opname == "STORE_ATTR")
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _words_in(constant)
        elif isinstance(constant, frozenset | tuple):
            yield from (each for each in constant if isinstance(each, str))
        elif isinstance(constant, str):
            yield constant


class FaultProxy:
    """A WSGI application that forwards every request to `upstream`, an origin such as `http://HOST:PORT`.

    Active faults change the answers. Links and redirects to the upstream's origin are rewritten to that of the proxy,
    so that clients keep using it. `log` keeps the last requests. `ca_bundle` has the certificates to trust (default:
    the system's). Raises `InsideFaultError`.
    """

    def __init__(
        self, upstream: str, switches: Iterable[Switch] = (), *, ca_bundle: Path | None = None
    ) -> None:
        self.log = RequestLog(KEPT_REQUESTS, on_end=to_logger)
        self.switchboard = Switchboard()
        self.put(switches)
        self._upstream = upstream.rstrip("/")
        self._shown = without_secrets(self._upstream)
        self._pool = urllib3.PoolManager(
            retries=False,
            timeout=urllib3.Timeout(connect=PATIENCE, read=PATIENCE),
            maxsize=16,
            ca_certs=str(ca_bundle) if ca_bundle else None,
        )

    def put(self, switches: Iterable[Switch]) -> None:
        """Activate exactly these faults. Raises `InsideFaultError` without any change."""
        switches = tuple(switches)
        for switch in switches:
            require_outside(switch.fault)
        self.switchboard.put(switches)

    def close(self) -> None:
        """Close the connections to the registry."""
        self._pool.clear()

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Forward one request, and return the answer."""
        request = _ProxiedRequest(environ)
        request.flavour = REFERENCE
        request.endpoint = endpoint_of(request.method, request.path)
        faults = self.switchboard.active(request.method, request.path, request.endpoint)
        entry = self._noted(request, faults)
        alteration = compose(faults)
        try:
            try:
                response = self._answer(request, alteration)
            except urllib3.exceptions.HTTPError as error:
                response = json_answer({"message": f"502 no answer from {self._shown}: {error}"}, status=502)
            except InsideFaultError as error:
                response = json_answer({"message": f"502 {error}"}, status=502)
            entry.answered(response.status_code, None)
            return Counted(transmitted(alteration, request, response, start_response), entry, self.log)
        except ConnectionError:
            self.log.broken_off(entry)
            raise

    def _noted(self, request: _ProxiedRequest, faults: Iterable[Alteration]) -> Entry:
        """Add a request to the log, before anything can end it. Who the caller is, only the registry knows."""
        entry = request.entry = self.log.begin(datetime.now(UTC), request)
        entry.route = request.endpoint
        entry.project = project_of(request.endpoint, request.path)
        entry.faults = tuple(each.name for each in faults)
        return entry

    def _answer(self, request: _ProxiedRequest, alteration: Alteration) -> Response:
        instead = alteration.handle(request)
        response = self._forwarded(request) if instead is None else instead
        if request.endpoint in PAGES and response.status_code == 200:
            response.set_data(alteration.rendered(response.get_data()))
        return alteration.respond(request, response)

    def _forwarded(self, request: _ProxiedRequest) -> Response:
        headers = {name: value for name, value in request.headers.items() if name.lower() not in HOP_BY_HOP}
        headers["Accept-Encoding"] = request.headers.get("Accept-Encoding", "identity")
        if request.endpoint in PAGES:  # faults and links need to be read
            headers["Accept-Encoding"] = "identity"
        if isinstance(request.body, BytesIO) and "Content-Length" in headers:  # a fault may have changed it
            headers["Content-Length"] = str(len(request.body.getbuffer()) - request.body.tell())
        has_body = request.content_length or "Transfer-Encoding" in request.headers
        answer = self._pool.request(
            request.method,
            self._upstream + request.target,
            headers=headers,
            body=PassingForm(request).passing(_pieces(request)) if has_body else None,
            preload_content=False,
            decode_content=False,
            redirect=False,
        )
        response = Response(_stream(answer), status=f"{answer.status} {answer.reason or ''}".strip())
        response.headers.clear()
        for name, value in answer.headers.items():
            if name.lower() not in HOP_BY_HOP:
                response.headers.add(name, self._rewritten(value, request))
        return self._readable(response, request) if request.endpoint in PAGES else response

    def _readable(self, response: Response, request: _ProxiedRequest) -> Response:
        body = response.get_data()
        rewritten = self._rewritten(body.decode("utf-8", errors="surrogateescape"), request)
        response.set_data(rewritten.encode("utf-8", errors="surrogateescape"))
        return response

    def _rewritten(self, text: str, request: _ProxiedRequest) -> str:
        return text.replace(self._upstream + "/", request.root_url)


class _ProxiedRequest(Request):
    """A request without a registry."""

    @property
    def registry(self) -> Registry:  # type: ignore[override]
        """Raise `InsideFaultError`: only faults inside a registry use it."""
        raise InsideFaultError("this fault")

    @property
    def target(self) -> str:
        """The unchanged path and query."""
        raw: str = self.environ.get("RAW_URI") or self.environ.get("REQUEST_URI") or self.full_path
        parts = urlsplit(raw)
        return parts.path + (f"?{parts.query}" if parts.query else "")


def endpoint_of(method: str, path: str) -> str:
    """Return the name of a request's route, or an empty text for an unknown one."""
    looked_up = "GET" if method == "HEAD" else method
    for endpoint, wanted, pattern in _ENDPOINTS:
        if looked_up == wanted and re.fullmatch(pattern, path):
            return endpoint
    return ""


def project_of(endpoint: str, path: str) -> str:
    """Return the project in the path of its page, as it is spelled there, or an empty text."""
    return path.rstrip("/").rpartition("/")[2] if endpoint == "project_page" else ""


def _pieces(request: Request) -> Iterator[bytes]:
    while data := request.body.read(CHUNK):
        yield data


def _stream(answer: urllib3.BaseHTTPResponse) -> Iterator[bytes]:
    try:
        yield from answer.stream(CHUNK, decode_content=False)
    finally:
        answer.close()
