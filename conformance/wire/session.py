"""HTTP with a transcript, a budget and a pace, and without surprises from the environment."""

from __future__ import annotations

import time
from dataclasses import dataclass, field, replace
from enum import Enum, auto
from typing import TYPE_CHECKING
from urllib.parse import urljoin, urlsplit

import requests
from requests.auth import HTTPBasicAuth
from requests.structures import CaseInsensitiveDict
from requests.utils import get_environ_proxies

from conformance.verdicts import Untestable
from conformance.wire.transcript import Exchange, Transcript, excerpt

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from conformance.target import Credential
    from conformance.wire.redaction import Redactor

MOST_REDIRECTS = 10
SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})


class Follow(Enum):
    """Which redirects are followed."""

    NO = auto()
    SAME_HOST = auto()
    """As a check of an index does: another host's answers are not the target's."""
    ANY_HOST = auto()
    """As clients do with files."""


class Unreachable(Exception):
    """No answer came: the network's, the harness's or the server's fault, never a deviation."""


class BudgetSpent(Untestable):
    """The run may send no more requests."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Answer:
    """A response, read whole. Two answers are never the same one, whatever they say."""

    method: str
    url: str
    credential: str
    status: int
    reason: str
    headers: Mapping[str, str]
    content: bytes = field(repr=False)
    exchange: Exchange = field(repr=False)

    @property
    def text(self) -> str:
        """The body as UTF-8, undecodable bytes replaced."""
        return self.content.decode("utf-8", errors="replace")

    @property
    def content_type(self) -> str:
        """The media type, in lower case and without parameters."""
        return self.headers.get("Content-Type", "").partition(";")[0].strip().lower()

    def __str__(self) -> str:
        """Say where this was seen, as a failure's `where`."""
        return f"{self.exchange.request} as {self.credential} → {self.status} {self.reason} [{self.exchange.number}]"


@dataclass(kw_only=True)
class Limits:
    """What a run may cost its target."""

    max_requests: int = 2_000
    rate: float | None = None
    """Requests per second, or None for as fast as it goes."""
    timeout: float = 30.0
    """Seconds to wait for an answer."""


class Session:
    """Sends requests, one at a time, over kept-alive connections.

    Redirects are not followed unless asked, `.netrc` is not read, and nothing is sent again but what a
    closed connection kept from arriving.
    """

    def __init__(
        self, *, transcript: Transcript, redact: Redactor, limits: Limits, ca_bundle: Path | None = None
    ) -> None:
        self._transcript = transcript
        self._redact = redact
        self._limits = limits
        self._http = requests.Session()
        self._http.trust_env = False
        self._http.verify = str(ca_bundle) if ca_bundle else True
        self._last = 0.0

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def send(
        self,
        method: str,
        url: str,
        *,
        credential: Credential | None,
        credential_name: str,
        headers: Mapping[str, str] | None = None,
        body: bytes | None = None,
        described: str = "",
        follow: Follow = Follow.NO,
    ) -> Answer:
        """Send a request and read the answer whole; then the next, where it is a redirect to be followed.

        `described` stands for the body in the transcript. Credentials never go to another host.
        Raises Unreachable when no answer comes, BudgetSpent when the run has sent all it may.
        """
        request = _Request(method, url, credential, credential_name, headers or {}, body, described)
        answer = self._send(request)
        for _ in range(MOST_REDIRECTS):
            following = request.redirected(answer, follow)
            if following is None:
                break
            request, answer = following, self._send(following)
        return answer

    def _send(self, request: _Request) -> Answer:
        self._spend()
        started = time.monotonic()
        try:
            response = self._request(request)
        except (requests.RequestException, UnicodeError) as error:
            raise Unreachable(self._redact(f"{request} got no answer: {_cause(error)}")) from None
        exchange = self._exchange(request, response, time.monotonic() - started)
        self._transcript.record(exchange)
        return Answer(
            method=request.method,
            url=request.url,
            credential=request.credential_name,
            status=response.status_code,
            reason=response.reason or "",
            headers=CaseInsensitiveDict(response.headers),
            content=response.content,
            exchange=exchange,
        )

    def _request(self, request: _Request) -> requests.Response:
        """Send a request; again when a kept connection turns out to be closed, where that changes nothing.

        Source: RFC 9110, 9.2.2, and RFC 9112, 9.5: a server may close a connection at any time.
        """
        try:
            return self._once(request)
        except requests.ConnectionError as error:
            if request.method not in SAFE or not isinstance(_innermost(error), ConnectionError):
                raise
            return self._once(request)

    def _once(self, request: _Request) -> requests.Response:
        credential = request.credential
        return self._http.request(
            request.method,
            request.url,
            headers=dict(request.headers),
            data=request.body,
            auth=HTTPBasicAuth(credential.username.encode(), credential.password.encode())
            if credential
            else None,
            timeout=self._limits.timeout,
            allow_redirects=False,
            proxies={} if urlsplit(request.url).hostname in LOOPBACK else get_environ_proxies(request.url),
        )

    def _spend(self) -> None:
        if len(self._transcript) >= self._limits.max_requests:
            raise BudgetSpent(
                f"the budget of {self._limits.max_requests} requests is spent; raise --max-requests"
            )
        if self._limits.rate:
            wait = self._last + 1 / self._limits.rate - time.monotonic()
            if wait > 0:
                time.sleep(wait)
            self._last = time.monotonic()

    def _exchange(self, request: _Request, response: requests.Response, seconds: float) -> Exchange:
        redact = self._redact
        return Exchange(
            number=self._transcript.next_number,
            request=redact(str(request)),
            credential=request.credential_name,
            request_headers={key: redact(_text(value)) for key, value in response.request.headers.items()},
            request_body=redact(request.described),
            status=response.status_code,
            reason=redact(response.reason or ""),
            response_headers={key: redact(value) for key, value in response.headers.items()},
            response_body=redact(excerpt(response.content, response.headers.get("Content-Type", ""))),
            seconds=round(seconds, 4),
        )


@dataclass(frozen=True)
class _Request:
    method: str
    url: str
    credential: Credential | None
    credential_name: str
    headers: Mapping[str, str]
    body: bytes | None
    described: str

    def __str__(self) -> str:
        return f"{self.method} {self.url}"

    def redirected(self, answer: Answer, follow: Follow) -> _Request | None:
        """Return the request that a redirect asks for; None where it is none, or not to be followed."""
        location = answer.headers.get("Location")
        if not 300 <= answer.status < 400 or not location or follow is Follow.NO:
            return None
        url = urljoin(self.url, location)
        if _same_host(self.url, url):
            return replace(self, url=url)
        return replace(self, url=url, credential=None) if follow is Follow.ANY_HOST else None


def _same_host(one: str, other: str) -> bool:
    return urlsplit(one)[:2] == urlsplit(other)[:2]


def _text(value: str | bytes) -> str:
    return value.decode("latin-1") if isinstance(value, bytes) else value


def _cause(error: BaseException) -> str:
    """Return the innermost reason in one line: `requests` wraps it three times."""
    error = _innermost(error)
    text = str(error).strip() or type(error).__name__
    return text.splitlines()[0]


def _innermost(error: BaseException) -> BaseException:
    while error.__cause__ or error.__context__:
        error = error.__cause__ or error.__context__ or error
    return error
