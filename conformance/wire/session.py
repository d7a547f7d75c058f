"""HTTP with a transcript, a budget and a pace, and without surprises from the environment."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

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

LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})


class Unreachable(Exception):
    """No answer came: the network's, the harness's or the server's fault, never a deviation."""


class BudgetSpent(Untestable):
    """The run may send no more requests."""


@dataclass(frozen=True, kw_only=True)
class Answer:
    """A response, read whole."""

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

    Redirects are not followed unless asked, nothing is retried, `.netrc` is not read.
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
        follow: bool = False,
    ) -> Answer:
        """Send one request and read the answer whole.

        `described` stands for the body in the transcript.
        Raises Unreachable when no answer comes, BudgetSpent when the run has sent all it may.
        """
        self._spend()
        started = time.monotonic()
        try:
            response = self._http.request(
                method,
                url,
                headers=dict(headers or {}),
                data=body,
                auth=HTTPBasicAuth(credential.username.encode(), credential.password.encode())
                if credential
                else None,
                timeout=self._limits.timeout,
                allow_redirects=follow,
                proxies={} if urlsplit(url).hostname in LOOPBACK else get_environ_proxies(url),
            )
        except (requests.RequestException, UnicodeError) as error:
            raise Unreachable(self._redact(f"{method} {url} got no answer: {_cause(error)}")) from None
        seconds = time.monotonic() - started
        exchange = self._exchange(
            response,
            request=f"{method} {url}",
            credential=credential_name,
            described=described,
            seconds=seconds,
        )
        self._transcript.record(exchange)
        return Answer(
            method=method,
            url=response.url,
            credential=credential_name,
            status=response.status_code,
            reason=response.reason or "",
            headers=CaseInsensitiveDict(response.headers),
            content=response.content,
            exchange=exchange,
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

    def _exchange(
        self,
        response: requests.Response,
        *,
        request: str,
        credential: str,
        described: str,
        seconds: float,
    ) -> Exchange:
        redact = self._redact
        return Exchange(
            number=self._transcript.next_number,
            request=redact(request),
            credential=credential,
            request_headers={key: redact(_text(value)) for key, value in response.request.headers.items()},
            request_body=redact(described),
            status=response.status_code,
            reason=redact(response.reason or ""),
            response_headers={key: redact(value) for key, value in response.headers.items()},
            response_body=redact(excerpt(response.content, response.headers.get("Content-Type", ""))),
            seconds=round(seconds, 4),
        )


def _text(value: str | bytes) -> str:
    return value.decode("latin-1") if isinstance(value, bytes) else value


def _cause(error: BaseException) -> str:
    """Return the innermost reason in one line: `requests` wraps it three times."""
    while error.__cause__ or error.__context__:
        error = error.__cause__ or error.__context__ or error
    text = str(error).strip() or type(error).__name__
    return text.splitlines()[0]
