"""HTTP towards another index: redirects, credentials, limits. Every failure is an `UpstreamError`."""

from __future__ import annotations

import base64
import http.client
import time
import zlib
from contextlib import contextmanager
from http import HTTPStatus
from ipaddress import ip_address
from ssl import create_default_context
from typing import TYPE_CHECKING, NoReturn, Protocol
from urllib.error import URLError
from urllib.parse import quote, urljoin, urlsplit
from urllib.request import HTTPHandler, HTTPSHandler, OpenerDirector, ProxyHandler, Request
from uuid import uuid4

from reference_server.errors import UserError
from reference_server.model.errors import UpstreamError, UpstreamRefusedError, UpstreamTimeoutError
from reference_server.sources.upstream import PORTS, without_secrets

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from email.message import Message

    from reference_server.sources.upstream import Upstream

MAX_REDIRECTS = 5
MAX_PAGE = 128 * 1024 * 1024  # bytes, decompressed
PAGE_PATIENCE = 6  # times the timeout, for a whole page
CHUNK = 64 * 1024
REDIRECTS = frozenset({301, 302, 303, 307, 308})
PASSING = frozenset({408, 425, 429})
"""Statuses below 500 that say no more than that the moment is wrong."""
SAFE = "/%:=&?~#+!$,;'@()*[]"
"""What a URL may have beside letters and digits: everything else is encoded."""


class Response(Protocol):
    """The part of urllib's answer that is used."""

    status: int
    headers: Message

    def read1(self, size: int = ..., /) -> bytes:
        """Return up to `size` bytes as soon as there are some."""

    def close(self) -> None:
        """Close the connection."""


class Answer:
    """An answer of another index. `url` is where the redirects led to."""

    def __init__(self, response: Response, url: str, timeout: float) -> None:
        self.status = response.status
        self.headers = response.headers
        self.url = url
        self._response = response
        self._timeout = timeout

    def page(self, limit: int = MAX_PAGE) -> bytes:
        """Return the whole body, decompressed. Raises `UpstreamError`."""
        deadline = time.monotonic() + PAGE_PATIENCE * self._timeout
        is_gzip = self.headers.get("Content-Encoding", "").lower() in {"gzip", "x-gzip"}
        unpacked = zlib.decompressobj(16 + zlib.MAX_WBITS) if is_gzip else None
        body = bytearray()
        for piece in self.pieces():
            try:
                body += unpacked.decompress(piece, limit + 1 - len(body)) if unpacked else piece
            except zlib.error:
                raise UpstreamError(f"{without_secrets(self.url)} is not valid gzip") from None
            if len(body) > limit:
                raise UpstreamError(f"{without_secrets(self.url)} is larger than {limit} bytes")
            if time.monotonic() > deadline:
                raise UpstreamTimeoutError(f"{without_secrets(self.url)} was not complete in time")
        if unpacked and not unpacked.eof:
            raise UpstreamError(f"{without_secrets(self.url)} ended too early")
        return bytes(body)

    def pieces(self) -> Iterator[bytes]:
        """Yield the body as it was sent. Raises `UpstreamError`."""
        left = whole_number(self.headers.get("Content-Length", ""))
        try:
            while piece := self._response.read1(CHUNK):
                left = None if left is None else left - len(piece)
                yield piece
        except (OSError, http.client.HTTPException, ValueError) as error:
            _fail(self.url, error)
        if left:
            raise UpstreamError(f"{without_secrets(self.url)} ended too early")


class Fetcher:
    """Sends requests to an upstream and to the hosts that it names. Safe to use from several threads.

    `pseudonym` marks the requests in `Via` (RFC 9110, 7.6.3), so that a server which is its own upstream notices.
    """

    def __init__(self, upstream: Upstream) -> None:
        self.pseudonym = f"reference-server-{uuid4().hex[:12]}"
        self._upstream = upstream
        self._openers: dict[tuple[str, bool], OpenerDirector] = {}

    @contextmanager
    def get(self, url: str, headers: Mapping[str, str] | None = None) -> Iterator[Answer]:
        """Send GET, follow redirects, and yield the answer, whatever its status. Raises `UpstreamError`."""
        for _ in range(MAX_REDIRECTS + 1):
            response = self._sent(url, headers or {})
            try:
                location = response.headers.get("Location")
                if response.status not in REDIRECTS or not location:
                    yield Answer(response, url, self._upstream.timeout)
                    return
                url = _followed(url, location)
            finally:
                response.close()
        raise UpstreamError(f"{without_secrets(url)} is the end of more than {MAX_REDIRECTS} redirects")

    def _sent(self, url: str, headers: Mapping[str, str]) -> Response:
        via = headers.get("Via", "")
        own = f"1.1 {self.pseudonym}"
        sent = {"User-Agent": "reference-server", **headers, "Via": f"{via}, {own}" if via else own}
        if pair := self._credentials(url):
            sent["Authorization"] = "Basic " + base64.b64encode(":".join(pair).encode()).decode()
        try:
            request = Request(quote(url.partition("#")[0], safe=SAFE), method="GET")  # noqa: S310 - checked
            for name, value in sent.items():
                request.add_unredirected_header(name, value)
            response: Response | None = self._opener(url).open(request, timeout=self._upstream.timeout)
        except (OSError, http.client.HTTPException, ValueError) as error:
            _fail(url, error)
        if response is None:  # no handler for the scheme of a proxy
            raise UpstreamError(f"no answer from {without_secrets(url)}: its proxy has another scheme")
        return response

    def _opener(self, url: str) -> OpenerDirector:
        """Return an opener for http or https alone, which neither follows redirects nor raises for a status.

        TLS takes longer to set up than all else, and so is set up when it is needed. The proxies of the environment
        are not for loopback.
        """
        kind = (urlsplit(url).scheme, _is_loopback(url))
        if kind not in self._openers:
            opener = OpenerDirector()
            opener.add_handler(ProxyHandler({} if kind[1] else None))
            tls = kind[0] == "https"
            opener.add_handler(HTTPSHandler(context=create_default_context()) if tls else HTTPHandler())
            self._openers[kind] = opener
        return self._openers[kind]

    def _credentials(self, url: str) -> tuple[str, str] | None:
        try:
            return self._upstream.credentials(url)
        except UserError as error:
            raise UpstreamError(str(error)) from None


def whole_number(text: str) -> int | None:
    """Return the number in a header field; None for anything else, and for more digits than a size can have."""
    return int(text) if text.isascii() and text.isdecimal() and len(text) <= 18 else None


def is_web(url: str) -> bool:
    """Return whether a URL is an absolute one with http or https."""
    try:
        parts = urlsplit(url)
        return parts.scheme in PORTS and bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False


def refused(answer: Answer) -> UpstreamError:
    """Return the error for an answer without what was asked for."""
    reason = next((each.phrase for each in HTTPStatus if each == answer.status), "")
    is_refusal = 400 <= answer.status < 500 and answer.status not in PASSING
    kind = UpstreamRefusedError if is_refusal else UpstreamError
    return kind(f"{without_secrets(answer.url)} answered {answer.status} {reason}".rstrip())


def _followed(url: str, location: str) -> str:
    try:
        followed = urljoin(url, location)
    except ValueError:
        followed = ""
    if not is_web(followed):
        raise UpstreamError(f"{without_secrets(url)} redirects to something other than http(s)")
    if url.startswith("https:") and not followed.startswith("https:"):
        raise UpstreamError(f"{without_secrets(url)} redirects from https to http")
    return followed


def _is_loopback(url: str) -> bool:
    host = urlsplit(url).hostname or ""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")


def _fail(url: str, error: Exception) -> NoReturn:
    """Raise the error of a request. urllib's text may have a URL with a credential in it: a short cause replaces it."""
    cause = error.reason if isinstance(error, URLError) else error
    if isinstance(cause, TimeoutError):
        raise UpstreamTimeoutError(f"{without_secrets(url)} did not answer in time") from None
    text = (cause.strerror if isinstance(cause, OSError) else None) or type(cause).__name__
    raise UpstreamError(f"no answer from {without_secrets(url)}: {text}") from None
