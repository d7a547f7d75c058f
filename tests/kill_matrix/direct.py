"""Judges without a network: what `requests` sends goes straight to the server's application.

A seventh of the time of a trial went into sockets and threads that nothing judged. A server that ends a connection, or
the body before its length, looks the same from here.
"""

from __future__ import annotations

import io
from contextlib import contextmanager
from http import HTTPStatus
from typing import TYPE_CHECKING, Any
from unittest.mock import patch
from urllib.parse import unquote_to_bytes, urlsplit

import requests
from requests.adapters import HTTPAdapter
from urllib3 import HTTPHeaderDict, HTTPResponse
from werkzeug.exceptions import InternalServerError
from werkzeug.http import http_date

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from _typeshed.wsgi import WSGIApplication, WSGIEnvironment

FIELDS_OF_THEIR_OWN = {"content-length": "CONTENT_LENGTH", "content-type": "CONTENT_TYPE"}
"""Header fields that WSGI names without `HTTP_`."""


@contextmanager
def straight_to(app: WSGIApplication) -> Iterator[None]:
    """Answer what `requests` sends meanwhile by calling an application."""

    def send(adapter: HTTPAdapter, request: requests.PreparedRequest, **_: Any) -> requests.Response:
        return adapter.build_response(request, _answer(app, request))

    with patch.object(HTTPAdapter, "send", send):
        yield


def _answer(app: WSGIApplication, request: requests.PreparedRequest) -> HTTPResponse:
    begun: list[Any] = []

    def start_response(status: str, headers: list[tuple[str, str]], _: Any = None) -> Any:
        begun[:] = status, headers
        return None

    environ = _environ(request)
    try:
        body = _whole(app(environ, start_response))
    except ConnectionError as error:
        raise requests.ConnectionError(request=request) from error
    except Exception:  # noqa: BLE001 - what a server makes of an application that fails
        body = _whole(InternalServerError()(environ, start_response))
    status, _, reason = begun[0].partition(" ")
    headers = _as_sent(begun[1], int(status), request)
    length = headers.get("Content-Length")
    if length is not None and request.method != "HEAD":
        if len(body) < int(length):
            raise requests.exceptions.ChunkedEncodingError(request=request)
        body = body[: int(length)]
    return HTTPResponse(
        io.BytesIO(b"" if request.method == "HEAD" else body),
        headers=headers,
        status=int(status),
        reason=reason,
        preload_content=False,
        decode_content=False,
        request_method=request.method,
    )


def _whole(pieces: Iterable[bytes]) -> bytes:
    try:
        return b"".join(pieces)
    finally:
        getattr(pieces, "close", lambda: None)()


def _environ(request: requests.PreparedRequest) -> WSGIEnvironment:
    url = urlsplit(str(request.url))
    body = request.body or b""
    environ: WSGIEnvironment = {
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": "http",
        "wsgi.input": io.BytesIO(body.encode() if isinstance(body, str) else bytes(body)),
        "wsgi.errors": io.StringIO(),
        "wsgi.multithread": True,
        "wsgi.multiprocess": False,
        "wsgi.run_once": False,
        "SERVER_SOFTWARE": "direct",
        "REQUEST_METHOD": request.method or "GET",
        "SCRIPT_NAME": "",
        "PATH_INFO": unquote_to_bytes(url.path).decode("latin-1"),
        "QUERY_STRING": url.query,
        "REQUEST_URI": request.path_url,
        "RAW_URI": request.path_url,
        "REMOTE_ADDR": "127.0.0.1",
        "REMOTE_PORT": 1,
        "SERVER_NAME": url.hostname or "",
        "SERVER_PORT": str(url.port),
        "SERVER_PROTOCOL": "HTTP/1.1",
        "HTTP_HOST": url.netloc.rpartition("@")[2],
    }
    for name, value in request.headers.items():
        text: Any = value  # of `requests`, which takes bytes, too
        text = text.decode("latin-1") if isinstance(text, bytes) else text
        environ[FIELDS_OF_THEIR_OWN.get(name.lower(), f"HTTP_{name.upper().replace('-', '_')}")] = text
    return environ


def _as_sent(
    headers: list[tuple[str, str]], status: int, request: requests.PreparedRequest
) -> HTTPHeaderDict:
    """Return the header with what the server in this process adds on the wire."""
    sent = HTTPHeaderDict({"Server": "Werkzeug"})
    if "date" not in {name.lower() for name, _ in headers}:
        sent["Date"] = http_date()
    for name, value in headers:
        sent.add(name, value)
    bodiless = (
        request.method == "HEAD" or status < 200 or status in {HTTPStatus.NO_CONTENT, HTTPStatus.NOT_MODIFIED}
    )
    if not bodiless and "Content-Length" not in sent:
        sent["Transfer-Encoding"] = "chunked"
    sent["Connection"] = "close"
    return sent
