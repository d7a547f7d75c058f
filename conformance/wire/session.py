"""HTTP with a transcript, a budget and a rate, independent of the user's own settings."""

from __future__ import annotations

import time
from collections import defaultdict, deque
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, replace
from enum import Enum, auto
from threading import Lock
from typing import TYPE_CHECKING
from urllib.parse import urljoin, urlsplit
from weakref import ref

import requests

from conformance.verdicts.counting import counted
from conformance.wire.answer import Answer, Unreachable
from conformance.wire.answer_times import AnswerTimes
from conformance.wire.body import share
from conformance.wire.bounds import BadAnswer, BrokenAnswer
from conformance.wire.budget import Budget, Throttled
from conformance.wire.connections import SAFE, Connections
from conformance.wire.credential import ANONYMOUS
from conformance.wire.credential_patterns import SECRET_HEADERS, hide_credentials_in_headers
from conformance.wire.exchange import Exchange
from conformance.wire.lanes import lane
from conformance.wire.raw import PATIENCE, RawConnection
from conformance.wire.reasons import cause_of, innermost
from conformance.wire.throttling import (
    MOST_PAUSES,
    demand,
    pause_after_refusal,
    pause_before_refusal,
    without_particulars,
)
from conformance.wire.transcript import Transcript, excerpt, recorded_bytes

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from conformance.verdicts.options import TrafficLimits
    from conformance.wire.credential import Credential
    from conformance.wire.redaction import Redactor

MOST_REDIRECTS = 10
LARGE = 64 * 1024
"""The size of a body, in bytes, from which the same body is kept once."""
REMEMBERED = 8
"""The number of answers with a large body that a new one is compared with."""
MOST_KEPT = 4
"""Connections that are kept between requests at once: opening one takes as long as a request to a far target."""
MOST_IDLE = 4.0
"""Seconds after which a connection is made anew: what lies between may have dropped an idle one, and told no side."""


class Follow(Enum):
    """Which redirects to follow."""

    NO = auto()
    SAME_HOST = auto()
    """Redirects within the target: answers of another host are not the target's."""
    ANY_HOST = auto()
    """All redirects, as clients follow them for files."""


class Session:
    """Sends requests over persistent connections. Safe to use from several threads.

    Follows redirects only on request, and never reads `.netrc`. Repeats a safe request only if a persistent
    connection turns out to be closed. Obeys a registry that throttles: waits as long as it asks, and sends the
    request again, which it has refused before it looked at it.
    """

    def __init__(
        self,
        *,
        transcript: Transcript,
        redact: Redactor,
        limits: TrafficLimits,
        ca_bundle: Path | None = None,
        budget: Budget | None = None,
    ) -> None:
        self._transcript = transcript
        self._redact = redact
        self._limits = limits
        self.budget = budget or Budget(limits)
        self._ca_bundle = ca_bundle
        self._idle: defaultdict[int, list[Connections]] = defaultdict(list)
        self._waits = AnswerTimes()
        self._twins: list[Session] = []
        self._large: deque[ref[Answer]] = deque(maxlen=REMEMBERED)
        self._sharing = Lock()
        self._one_at_a_time = Lock()

    def redact(self, text: str) -> str:
        """Return a text without the secrets of the target."""
        return self._redact(text)

    @property
    def timeout(self) -> float:
        """The seconds that an answer may take to begin or to go on."""
        return self._limits.timeout

    @property
    def at_once(self) -> int:
        """The number of requests that this process may send at once to a target that is far away."""
        return self._limits.at_once

    @property
    def usual_wait(self) -> float:
        """The seconds that the target usually takes for an answer: the median of the last ones; 0 before the first."""
        return self._waits.usual

    def expect_wait(self, seconds: float) -> None:
        """Take over how long the target usually takes for an answer, as another process has measured it."""
        self._waits.note(seconds)

    def twin(self) -> Session:
        """Return a session for another thread, with its own connections and the same transcript and budget."""
        twin = Session(
            transcript=self._transcript,
            redact=self._redact,
            limits=self._limits,
            ca_bundle=self._ca_bundle,
            budget=self.budget,
        )
        self._twins.append(twin)
        return twin

    def close(self) -> None:
        """Close the connections of this session and its twins."""
        for each in self._twins:
            each.close()
        while self._idle:
            for connections in self._idle.popitem()[1]:
                connections.close()

    def close_surplus(self) -> None:
        """Close all connections that are not in use but the last ones that were, which the next requests use."""
        idle = self._idle[lane()]
        while len(idle) > MOST_KEPT:
            idle.pop(0).close()

    def send(
        self,
        method: str,
        url: str,
        *,
        credential: Credential | None,
        credential_name: str,
        headers: Mapping[str, str | None] | None = None,
        body: bytes | None = None,
        described: str = "",
        follow: Follow = Follow.NO,
    ) -> Answer:
        """Send a request and return the complete answer, after following redirects as `follow` allows.

        `described` replaces the body in the transcript. Credentials are never sent to another host.
        A request without any is recorded as anonymous.
        Raises Unreachable without an answer, BadAnswer for one beyond a limit or in no HTTP, BudgetSpent, TimeUp, and
        Throttled when the registry refuses to the end.
        """
        headers = headers or {}
        if credential is None and SECRET_HEADERS.isdisjoint(name.lower() for name in headers):
            credential_name = ANONYMOUS
        request = _Request(method, url, credential, credential_name, headers, body, described)
        answer = self._send(request)
        for _ in range(MOST_REDIRECTS):
            following = request.redirected(answer, follow)
            if following is None:
                break
            request, answer = following, self._send(following)
        return answer

    def connect(self, url: str, *, credential: Credential | None, credential_name: str) -> RawConnection:
        """Open a separate connection to a URL's host, for requests byte for byte.

        Raises Unreachable, and Untestable if the environment requires a proxy.
        """
        return RawConnection(
            url,
            credential=credential,
            credential_name=credential_name,
            transcript=self._transcript,
            redact=self._redact,
            budget=self.budget,
            patience=min(PATIENCE, self._limits.timeout),
            answer_time=self._limits.answer_time,
            ca_bundle=self._ca_bundle,
        )

    def _send(self, request: _Request) -> Answer:
        response, seconds = self._obeying(request)
        exchange = self._transcript.record(self._exchange(request, response, seconds))
        answer = Answer(
            method=request.method,
            url=request.url,
            credential=request.credential_name,
            status=response.status_code,
            reason=response.reason or "",
            headers=response.headers,
            content=response.content,
            exchange=exchange,
        )
        if len(response.content) >= LARGE:
            self._share(answer)
        return answer

    def _share(self, answer: Answer) -> None:
        """Let a large page be kept once, however often it is read."""
        with self._sharing:
            if not any((other := earlier()) and share(answer, other) for earlier in self._large):
                self._large.append(ref(answer))

    def _obeying(self, request: _Request) -> tuple[requests.Response, float]:
        """Send a request, again after each pause that the registry asks for; return the answer and its seconds.

        What was refused is no part of the transcript: it is no evidence of anything.
        """
        waited, alone = 0.0, True
        for pauses in range(MOST_PAUSES + 1):
            with self._one_at_a_time if self.budget.throttling else nullcontext():
                response, seconds = self._timed(request)
            pause = pause_after_refusal(response.status_code, response.headers, pauses=pauses)
            if pause is None:
                if used_up := pause_before_refusal(response.headers):
                    self.budget.pause(used_up, refused=False)
                self.budget.accept()
                return response, seconds
            alone = alone and response.status_code == 503 and self._is_refused_alone(request, pauses=pauses)
            if alone and pauses == MOST_PAUSES:
                self.budget.accept()
                return response, seconds
            if not self.budget.obey(pause, waited=waited):
                break
            waited += pause
        self.budget.give_up(pause or 0, waited=waited)
        refusal = f"{response.status_code} {response.reason}, {counted(pauses + 1, 'time')}"
        raise Throttled(
            self._redact(
                f"{request} was refused with {refusal}: {demand(pause or 0, status=response.status_code)}"
            )
        )

    def _is_refused_alone(self, request: _Request, *, pauses: int) -> bool:
        """Tell whether a refused request passes at once without its range and its conditions, each time it is asked.

        If that is so after every pause, then 503 is its answer: Varnish sends Retry-After with each answer of a
        registry that it does not understand. Once or twice, a rate limit looks the same. The plain request is sent
        twice after every other pause: servers that take turns, of which one is down, refuse it sooner or later.
        """
        plain = replace(request, headers=without_particulars(request.headers))
        if request.method not in SAFE or plain == request:
            return False
        return all(self._passes(plain) for _ in range(1 + pauses % 2 if pauses else 0))

    def _passes(self, request: _Request) -> bool:
        response, _ = self._timed(request)
        refused = pause_after_refusal(response.status_code, response.headers) is not None
        return not refused and response.status_code < 500

    def _timed(self, request: _Request) -> tuple[requests.Response, float]:
        with self.budget.turn(), self._connected() as connections:
            started = time.monotonic()
            try:
                response = self._request(request, connections)
            except (requests.RequestException, ValueError) as error:  # a URL of a page may be none
                self.budget.lose(time.monotonic() - started)
                raise Unreachable(self._redact(f"{request} got no answer: {cause_of(error)}")) from None
            except BadAnswer as error:
                seconds = time.monotonic() - started
                self.budget.lose(seconds)
                self.budget.receive(connections.meter.received)
                raise self._stopped(request, error, seconds) from None
            self.budget.receive(len(response.content))
            seconds = time.monotonic() - started
            self._waits.note(seconds)
            return response, seconds

    @contextmanager
    def _connected(self) -> Iterator[Connections]:
        """Lend connections that no other thread uses meanwhile, the last ones that were used in this lane."""
        idle = self._idle[lane()]
        try:
            connections = idle.pop()
        except IndexError:
            connections = Connections(self._limits, self._ca_bundle)
        if time.monotonic() - connections.used > MOST_IDLE:
            connections.close()
        try:
            yield connections
        finally:
            connections.used = time.monotonic()
            idle.append(connections)

    def _request(self, request: _Request, connections: Connections) -> requests.Response:
        """Send a request; repeat a safe one if a persistent connection turns out to be closed, or an answer broken.

        Source: RFC 9110, 9.2.2, and RFC 9112, 9.5: a server may close a connection at any time.
        """
        repeated: set[type[Exception]] = set()
        while True:
            try:
                return connections.send(
                    request.method,
                    request.url,
                    headers=request.headers,
                    body=request.body,
                    credential=request.credential,
                )
            except (BrokenAnswer, requests.ConnectionError) as error:
                kind = BrokenAnswer if isinstance(error, BrokenAnswer) else requests.ConnectionError
                closed = kind is BrokenAnswer or isinstance(innermost(error), ConnectionError)
                if request.method not in SAFE or not closed or kind in repeated:
                    raise
            repeated.add(kind)

    def _stopped(self, request: _Request, error: BadAnswer, seconds: float) -> BadAnswer:
        """Record a request whose answer was not read to its end; return the finding."""
        login = {"Authorization": f"{request.credential.scheme} "} if request.credential else {}
        sent = login | {name: value for name, value in request.headers.items() if value is not None}
        exchange = Exchange(
            request=self._redact(str(request)),
            credential=request.credential_name,
            request_headers=self._without_credentials(sent),
            request_body=self._redact(request.described),
            request_bytes=recorded_bytes(request.body or b"", self._redact),
            reason=f"stopped: expected {error.expected}, found {self._redact(error.found)}",
            seconds=round(seconds, 4),
        )
        exchange = self._transcript.record(exchange)
        where = f"{exchange.request} as {request.credential_name} [{exchange.number}]"
        return type(error)(expected=error.expected, found=self._redact(error.found), where=where)

    def _without_credentials(self, headers: Mapping[str, str]) -> dict[str, str]:
        """Return header fields without secrets, and without what checks make of them: a token with one letter less."""
        return hide_credentials_in_headers(self._redact.values(headers))

    def _exchange(self, request: _Request, response: requests.Response, seconds: float) -> Exchange:
        redact = self._redact
        return Exchange(
            request=redact(str(request)),
            credential=request.credential_name,
            request_headers=self._without_credentials(
                {key: _text(value) for key, value in response.request.headers.items()}
            ),
            request_body=redact(request.described),
            request_bytes=recorded_bytes(request.body or b"", redact),
            status=response.status_code,
            reason=redact(response.reason or ""),
            response_headers=redact.values(response.headers),
            response_body=excerpt(response.content, response.headers.get("Content-Type", ""), redact),
            seconds=round(seconds, 4),
        )


@dataclass(frozen=True)
class _Request:
    method: str
    url: str
    credential: Credential | None
    credential_name: str
    headers: Mapping[str, str | None]
    """A field whose value is None is left out, even if `requests` would send it."""
    body: bytes | None
    described: str

    def __str__(self) -> str:
        return f"{self.method} {self.url}"

    def redirected(self, answer: Answer, follow: Follow) -> _Request | None:
        """Return the request that follows a redirect; None for another answer, or if it must not be followed."""
        location = answer.headers.get("Location")
        if not 300 <= answer.status < 400 or not location or follow is Follow.NO:
            return None
        try:
            url = urljoin(self.url, location)
            same_host = _same_host(self.url, url)
        except ValueError:  # it is no URL
            return None
        if same_host:
            return replace(self, url=url)
        return self._elsewhere(url) if follow is Follow.ANY_HOST else None

    def _elsewhere(self, url: str) -> _Request:
        """Return the request to another host, without any header field that carries a credential."""
        headers = {name: value for name, value in self.headers.items() if name.lower() not in SECRET_HEADERS}
        return replace(self, url=url, credential=None, credential_name=ANONYMOUS, headers=headers)


def _same_host(one: str, other: str) -> bool:
    return urlsplit(one)[:2] == urlsplit(other)[:2]


def _text(value: str | bytes) -> str:
    return value.decode("latin-1") if isinstance(value, bytes) else value
