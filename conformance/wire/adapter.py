"""The transport of `requests`, with limits on each answer."""

from __future__ import annotations

import io
from functools import partial
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import requests
from requests.adapters import HTTPAdapter
from requests.structures import CaseInsensitiveDict
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.exceptions import HTTPError

from conformance.wire.bounds import BoundedResponse, BrokenAnswer, wait_at_most
from conformance.wire.broken_answers import wrong_bytes
from conformance.wire.decoding import PIECE, BadCoding, decoded

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from urllib3.connectionpool import ConnectionPool
    from urllib3.poolmanager import PoolManager

    from conformance.wire.bounds import Meter


class BoundedAdapter(HTTPAdapter):
    """Reads each answer whole, within the limits of a meter. Keeps connections as `HTTPAdapter` does."""

    def __init__(self, meter: Meter) -> None:
        self._meter = meter
        self._last: tuple[tuple[str, str], ConnectionPool] | None = None
        super().__init__()

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        """Make the pools of connections."""
        super().init_poolmanager(*args, **kwargs)
        self._bound(self.poolmanager)

    def proxy_manager_for(self, proxy: str, **proxy_kwargs: Any) -> PoolManager:
        """Return the pools of connections through a proxy."""
        made: PoolManager = super().proxy_manager_for(proxy, **proxy_kwargs)
        self._bound(made)
        return made

    def _bound(self, manager: PoolManager) -> None:
        """Make the connections of a manager bounded."""
        plain: Any = _pool_of(HTTPConnectionPool, _PlainConnection, self._meter)
        secure: Any = _pool_of(HTTPSConnectionPool, _SecureConnection, self._meter)
        manager.pool_classes_by_scheme = {"http": plain, "https": secure}

    def get_connection_with_tls_context(
        self,
        request: requests.PreparedRequest,
        verify: Any,
        proxies: Any = None,
        cert: Any = None,
    ) -> ConnectionPool:
        """Return the pool of a request's host: that of the request before, where it went to the same."""
        origin = urlsplit(request.url or "")[:2]
        if proxies or self._last is None or self._last[0] != origin:
            found = super().get_connection_with_tls_context(request, verify, proxies=proxies, cert=cert)
            self._last = None if proxies else (origin, found)
            return found
        return self._last[1]

    def close(self) -> None:
        """Close all connections."""
        self._last = None
        super().close()

    def build_response(self, req: requests.PreparedRequest, resp: Any) -> requests.Response:
        """Return an answer without its cookies, which are not kept, and without a guess at its encoding."""
        response = requests.Response()
        response.status_code, response.reason = resp.status, resp.reason
        response.headers = CaseInsensitiveDict(resp.headers.itermerged())
        response.raw, response.request, response.url = resp, req, req.url or ""
        return response

    def send(self, request: requests.PreparedRequest, *args: Any, **kwargs: Any) -> requests.Response:
        """Send a request and read its answer whole. Raises BadAnswer, and RequestException."""
        self._meter.start()
        try:
            response = super().send(request, *args, **{**kwargs, "stream": True})
        except requests.RequestException as error:
            if found := wrong_bytes(error):
                raise BrokenAnswer(expected="an answer in HTTP", found=found, where="") from None
            raise
        raw = response.raw
        try:
            body = self._content(response)
        except HTTPError as error:
            raw.close()
            if found := wrong_bytes(error):
                expected = "the whole body, as its header has it"
                raise BrokenAnswer(expected=expected, found=found, where="") from None
            raise requests.ConnectionError(error, request=request) from error
        except BadCoding as error:
            raw.close()
            coding = response.headers.get("Content-Encoding")
            raise BrokenAnswer(
                expected=f"a body in the content coding of its header, {coding}", found=str(error), where=""
            ) from None
        except BaseException:
            raw.close()  # a connection with the rest of an answer cannot be used again
            raise
        finally:
            raw.release_conn()
        body.seek(0)
        response.raw = body
        response._content = body.getvalue()  # noqa: SLF001 - `requests` would copy it in pieces, and join them
        return response

    def _content(self, response: requests.Response) -> io.BytesIO:
        """Read the body into one piece of memory: a list of pieces would take as much again when it is joined."""
        content = io.BytesIO()
        try:
            for piece in self._body(response):
                content.write(piece)
        except BaseException:
            content.close()  # the traceback would keep it
            raise
        return content

    def _body(self, response: requests.Response) -> Iterator[bytes]:
        coding = response.headers.get("Content-Encoding", "")
        received = 0
        for piece in decoded(response.raw.stream(PIECE, decode_content=False), coding, self._meter):
            received += len(piece)
            self._meter.check_decoded(received)
            yield piece


class _Bounded:
    """Sends piece by piece, so that a server that takes them slowly meets the limit of time."""

    meter: Meter

    def send(self, data: Any) -> None:
        """Send data. Raises EndlessAnswer."""
        send: Callable[[Any], None] = super().send  # type: ignore[misc]  # that of the connection
        for start in range(0, len(data), PIECE):
            if (connection := getattr(self, "sock", None)) is not None:
                wait_at_most(connection, self.meter.remaining())
            send(data[start : start + PIECE])


class _PlainConnection(_Bounded, HTTPConnection):
    pass


class _SecureConnection(_Bounded, HTTPSConnection):
    pass


def _pool_of(
    pool: type[HTTPConnectionPool], kind: type[_PlainConnection | _SecureConnection], meter: Meter
) -> Callable[..., HTTPConnectionPool]:
    """Return what makes a pool of connections of one kind."""

    def connected(*args: Any, **kwargs: Any) -> _PlainConnection | _SecureConnection:
        made = kind(*args, **kwargs)
        made.meter = meter
        made.response_class = partial(BoundedResponse, meter=meter)  # type: ignore[assignment]  # it is only called
        return made

    def pooled(*args: Any, **kwargs: Any) -> HTTPConnectionPool:
        made = pool(*args, **kwargs)
        made.ConnectionCls = connected  # type: ignore[assignment]  # it is only called
        return made

    return pooled
