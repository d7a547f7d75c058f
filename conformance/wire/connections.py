"""Requests over persistent connections, without what `requests.Session` does around each.

That follows redirects even where it is told not to, so that an answer whose Location is no URL would be none.
"""

from __future__ import annotations

import time
from functools import lru_cache
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import requests
from requests.exceptions import InvalidSchema
from requests.utils import default_headers, get_environ_proxies

from conformance.wire.adapter import BoundedAdapter
from conformance.wire.answer import LOOPBACK
from conformance.wire.basic_auth import BasicAuth
from conformance.wire.bounds import Meter
from conformance.wire.decoding import CODINGS

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from conformance.verdicts.options import TrafficLimits
    from conformance.wire.credential import Credential

SCHEMES = ("http://", "https://")
SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
"""Methods of requests that may be sent again. Source: RFC 9110, 9.2.2."""
REFUSED = 400
"""The status from which on a server may have refused a body without reading it, and then closes the connection a moment
after its answer. A request that cannot be sent again does not follow such an answer. Source: RFC 9112, 9.6."""


class Connections:
    """Persistent connections of one thread at a time, and the meter of the answer that they read.

    They have no cookies: one would keep a caller signed in.
    """

    def __init__(self, limits: TrafficLimits, ca_bundle: Path | None) -> None:
        self.used = time.monotonic()
        self.meter = Meter(seconds=limits.answer_time, patience=limits.timeout)
        self._adapter = BoundedAdapter(self.meter)
        self._verify = str(ca_bundle) if ca_bundle else True
        self._timeout = limits.timeout
        self._usual_headers = tuple({**default_headers(), "Accept-Encoding": CODINGS}.items())
        self._may_be_closed = False

    def close(self) -> None:
        """Close the connections. The next request opens one."""
        self._may_be_closed = False
        self._adapter.close()

    def send(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str | None],
        body: bytes | None,
        credential: Credential | None,
    ) -> requests.Response:
        """Send a request, and return its answer, whatever it is. A header field whose value is None is left out.

        Raises RequestException, ValueError for what is no URL, and BadAnswer.
        """
        prepared = self._prepared(method, url, headers, body, credential)
        if not (prepared.url or "").lower().startswith(SCHEMES):
            raise InvalidSchema(f"expected a URL of HTTP, found {url!r}")
        if self._may_be_closed and method not in SAFE:
            self.close()
        response = self._adapter.send(
            prepared,
            timeout=self._timeout,
            verify=self._verify,
            proxies={} if urlsplit(url).hostname in LOOPBACK else get_environ_proxies(url),
        )
        self._may_be_closed = body is not None and response.status_code >= REFUSED
        return response

    def _prepared(
        self,
        method: str,
        url: str,
        headers: Mapping[str, str | None],
        body: bytes | None,
        credential: Credential | None,
    ) -> requests.PreparedRequest:
        fields = {name.lower(): (name, value) for name, value in (*self._usual_headers, *headers.items())}
        prepared = requests.PreparedRequest()
        prepared.prepare_method(method)
        prepared.url = _written(url)
        prepared.prepare_headers({name: value for name, value in fields.values() if value is not None})
        prepared.prepare_body(body, None)
        prepared.prepare_auth(BasicAuth(credential) if credential else None)
        return prepared


@lru_cache
def _written(url: str) -> str | None:
    """Return a URL as `requests` writes it. A run asks for most of its URLs several times.

    Raises RequestException.
    """
    prepared = requests.PreparedRequest()
    prepared.prepare_url(url, None)
    return prepared.url
