"""Requests byte for byte over a plain socket. An HTTP library would repair broken ones."""

from __future__ import annotations

import re
import socket
import ssl
import time
from base64 import b64encode
from contextlib import contextmanager, suppress
from functools import partial
from http.client import HTTPException, HTTPResponse, IncompleteRead
from typing import IO, TYPE_CHECKING, Self, cast
from urllib.parse import urlsplit

from requests.structures import CaseInsensitiveDict
from requests.utils import DEFAULT_CA_BUNDLE_PATH, get_environ_proxies

from conformance.verdicts import Untestable
from conformance.wire.answer import LOOPBACK, Answer, Unreachable
from conformance.wire.bounds import BoundedResponse, EndlessAnswer, Meter, metered
from conformance.wire.budget import Throttled
from conformance.wire.credential import ANONYMOUS
from conformance.wire.exchange import Exchange
from conformance.wire.ports import port_of
from conformance.wire.throttling import demand, pause_after_refusal
from conformance.wire.transcript import KEPT_BYTES, Transcript, excerpt, recorded_bytes

if TYPE_CHECKING:
    import io
    from collections.abc import Callable, Iterable, Iterator, Mapping
    from pathlib import Path
    from types import TracebackType

    from conformance.wire.budget import Budget, Turn
    from conformance.wire.credential import Credential
    from conformance.wire.redaction import Redactor

PATIENCE = 5.0
"""Seconds to wait for an answer or to send, unless the run's timeout is shorter."""

PIECE = 64 * 1024
NOT_WAITED_FOR = "not waited for"
"""The reason of an exchange whose answer was not read."""

KEPT_OF_A_FIELD = 400
"""The number of characters of a target or a header field in the transcript."""

HTTP_1_0 = 10
"""HTTP/1.0, as http.client writes it."""

_CONTINUE = re.compile(rb"HTTP/1\.\d 100\b")


class RawConnection:
    """One connection. Sends bytes unchanged, and reads answers strictly, in order.

    The server may close it at any time. Sending then stops without an error, and answers that have arrived can
    still be read. No operation waits longer than `patience` seconds, and no answer takes longer than `answer_time`.
    """

    def __init__(
        self,
        url: str,
        *,
        credential: Credential | None,
        credential_name: str,
        transcript: Transcript,
        redact: Redactor,
        budget: Budget,
        patience: float,
        answer_time: float,
        ca_bundle: Path | None,
    ) -> None:
        self._url = urlsplit(url)
        self._credential = credential
        self._name = credential_name if credential else ANONYMOUS
        self._transcript = transcript
        self._redact = redact
        self._budget = budget
        self._patience = patience
        self._turn: Turn | None = None
        self._socket = _connected(self._url.hostname or "", self._port, self._url.scheme, patience, ca_bundle)
        self._meter = Meter(seconds=answer_time, patience=patience)
        self._stream = _Stream(metered(self._socket, self._meter))
        self._method, self._target = "GET", "/"
        self._fields: list[str] = []
        self._sent = bytearray()
        self._ended = False
        self._started = time.monotonic()

    @property
    def _port(self) -> int:
        return port_of(self._url)

    @property
    def host(self) -> str:
        """The value of Host."""
        return self._url.netloc

    @property
    def path(self) -> str:
        """The path and query of the connection's URL."""
        return self._url.path + (f"?{self._url.query}" if self._url.query else "")

    @property
    def silent(self) -> bool:
        """Whether the last read timed out: the server neither answered nor closed the connection."""
        return self._stream.timed_out

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the connection at once. A request without an answer is recorded as not waited for."""
        if self._sent:
            self._record(None, b"", reason=NOT_WAITED_FOR)
        self._end_turn()
        self._stream.close_for_good()
        self._socket.close()

    def _end_turn(self) -> None:
        """End the turn of the last request; the registry has it by now, or will never have it."""
        if self._turn is not None:
            self._turn.end()
            self._turn = None

    def request(
        self,
        method: str,
        target: str | None = None,
        *,
        headers: Iterable[tuple[str, str]] = (),
        body: bytes = b"",
        bare: bool = False,
        named: Callable[[str], str] = str,
    ) -> bool:
        """Send a request with exactly these header fields and this body. Return whether all of it was sent.

        `target` goes into the request line unchanged (default: the connection's path). Host and Authorization
        come first, unless `bare`. `named` writes the name of each field, such as in lower case. Nothing else is
        added: a Content-Length has to be in `headers`. Counts as one request of the run's budget. Raises
        BudgetSpent and Throttled.
        """
        self._end_turn()
        self._turn = self._budget.take(seconds=self._patience)
        self._method, self._target = method, self.path if target is None else target
        self._started = time.monotonic()
        self._meter.start()
        first = [f"{method} {self._target} HTTP/1.1", *([] if bare else [f"{named('Host')}: {self.host}"])]
        login = []
        if self._credential and not bare:
            login = [f"{named('Authorization')}: {_basic(self._credential)}"]
        rest = [f"{named(name)}: {value}" for name, value in headers]
        self._fields = [*first[1:], *login, *rest]
        self._sent = bytearray(_block([*first, *rest]) + body[:KEPT_BYTES])
        return self._send(_block([*first, *login, *rest]) + body)

    def send(self, data: bytes) -> bool:
        """Send bytes. Return whether all were sent before the server closed the connection."""
        self._sent += data[:KEPT_BYTES]
        return self._send(data)

    def _send(self, data: bytes) -> bool:
        with memoryview(data) as view:
            for start in range(0, len(view), PIECE):
                try:
                    self._socket.settimeout(self._meter.remaining())
                    self._socket.sendall(view[start : start + PIECE])
                except (OSError, EndlessAnswer):
                    return False
        return True

    def end(self) -> None:
        """Close the sending side of the connection; answers can still be read."""
        self._ended = True
        with suppress(OSError):
            # Below TLS, whose own way to end takes the means to read along. Nothing else here ends a body early.
            socket.socket.shutdown(self._socket, socket.SHUT_WR)

    def asks_for_body(self) -> bool:
        """Wait for the first line of the answer, and return whether it is `100 Continue`.

        Any other answer is left for `answer` to read. Source: RFC 9110, 10.1.1.
        """
        self._meter.start()
        with suppress(OSError, EOFError):
            if not _CONTINUE.match(line := self._stream.readline()):
                self._stream.put_back(line)
                return False
            while self._stream.readline().strip():
                pass  # fields of an interim answer
            return True
        return False

    def answer(self) -> Answer | None:
        """Read and record the next answer; None if the connection ends or times out first.

        An incomplete answer, or one that is not HTTP, counts as none. Raises EndlessAnswer and Throttled.
        """
        self._meter.start()
        response = BoundedResponse(None, method=self._method, meter=self._meter, opened=self._stream)
        try:
            response.begin()
            content = b"".join(
                iter(partial(response.read, PIECE), b"")
            )  # at once, it would reserve any stated size
            if response.length:
                raise IncompleteRead(content, response.length)
        except EndlessAnswer as error:
            self._budget.receive(self._meter.received)
            self._budget.lose(time.monotonic() - self._started)
            reason = f"stopped: expected {error.expected}, found {error.found}"
            exchange = self._record(None, b"", reason=reason)
            where = f"{exchange.request} as {self._name} [{exchange.number}]"
            raise EndlessAnswer(expected=error.expected, found=error.found, where=where) from None
        except (OSError, EOFError, HTTPException, ValueError):
            self._record(None, b"")
            return None
        headers = CaseInsensitiveDict(_joined(response.getheaders()))
        exchange = self._record(response, content)
        self._budget.receive(len(content))
        self._obey(response.status, headers)
        return Answer(
            method=self._method,
            url=self._asked_url,
            credential=self._name,
            status=response.status,
            reason=response.reason,
            headers=headers,
            content=content,
            exchange=exchange,
            http_1_0=response.version == HTTP_1_0,
        )

    @property
    def _asked_url(self) -> str:
        """The URL of the last request."""
        is_whole = self._target.startswith("http")
        return self._target if is_whole else f"{self._url.scheme}://{self.host}{self._target}"

    def _obey(self, status: int, headers: Mapping[str, str]) -> None:
        """Let the run pause where the registry asks for it. The bytes cannot be sent again, but the check can."""
        pause = pause_after_refusal(status, headers)
        if pause is None:
            return
        is_waited_for = self._budget.obey(pause)
        if is_waited_for:
            self._budget.waste(pause)
        else:
            self._budget.give_up(pause)
        asked = f"{self._method} {self._target} was refused with {status}: {demand(pause, status=status)}"
        raise Throttled(self._redact(asked), repeatable=is_waited_for)

    def hung_up(self) -> bool:
        """Return whether the server closes the connection within `patience` seconds."""
        if self.silent:
            return False
        self._meter.start()
        try:
            return self._stream.read(1) == b""
        except TimeoutError:
            return False
        except OSError:
            return True

    def _record(
        self, response: HTTPResponse | None, content: bytes, *, reason: str = "no answer"
    ) -> Exchange:
        self._end_turn()
        redact = self._redact
        sent, self._sent = bytes(self._sent), bytearray()
        headers = dict(_joined(response.getheaders())) if response else {}
        return self._transcript.record(
            Exchange(
                request=f"{self._method} {redact(self._target)[:KEPT_OF_A_FIELD]} (over a plain socket)",
                credential=self._name,
                request_headers={
                    name[:KEPT_OF_A_FIELD]: redact(value)[:KEPT_OF_A_FIELD]
                    for name, _, value in (line.partition(": ") for line in self._fields)
                },
                request_bytes=recorded_bytes(sent, redact),
                sending_ended=self._ended,
                status=response.status if response else None,
                reason=redact(response.reason) if response else reason,
                response_headers=redact.values(headers),
                response_body=excerpt(content, headers.get("Content-Type", ""), redact),
                seconds=round(time.monotonic() - self._started, 4),
            )
        )


class _Stream:
    """The receiving side in one buffer for all answers. `HTTPResponse` closes it after each; that is ignored."""

    def __init__(self, file: io.BufferedReader) -> None:
        self._file = file
        self._put_back = b""
        self.timed_out = False

    def makefile(self, _mode: str) -> IO[bytes]:
        return cast("IO[bytes]", self)

    def put_back(self, line: bytes) -> None:
        """Make `readline` return this line next."""
        self._put_back = line

    def readline(self, limit: int = -1) -> bytes:
        line, self._put_back = self._put_back, b""
        with self._timed():
            line = line or self._file.readline(limit)
        if not line.endswith(b"\n") and len(line) != limit:
            raise EOFError(
                "the connection ended within a header"
            )  # `HTTPResponse` would take it for complete
        return line

    def read(self, size: int = -1) -> bytes:
        with self._timed():
            return self._file.read(size)

    def readinto(self, buffer: bytearray) -> int:
        with self._timed():
            return self._file.readinto(buffer)

    def flush(self) -> None:
        pass

    def close(self) -> None:
        pass

    def close_for_good(self) -> None:
        self._file.close()

    @contextmanager
    def _timed(self) -> Iterator[None]:
        try:
            yield
        except TimeoutError:
            self.timed_out = True
            raise


def _connected(host: str, port: int, scheme: str, patience: float, ca_bundle: Path | None) -> socket.socket:
    if host not in LOOPBACK and get_environ_proxies(f"{scheme}://{host}"):
        raise Untestable("plain sockets cannot reach the target: the environment requires a proxy")
    try:
        connection = socket.create_connection((host, port), timeout=patience)
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return _secured(connection, host, ca_bundle) if scheme == "https" else connection
    except OSError as error:
        raise Unreachable(f"no connection to {host}:{port}: {error}") from None


def _secured(connection: socket.socket, host: str, ca_bundle: Path | None) -> socket.socket:
    try:
        context = ssl.create_default_context(cafile=str(ca_bundle or DEFAULT_CA_BUNDLE_PATH))
        return context.wrap_socket(connection, server_hostname=host)
    except OSError:
        connection.close()
        raise


def _block(lines: Iterable[str]) -> bytes:
    return "\r\n".join([*lines, "", ""]).encode("latin-1")


def _basic(credential: Credential) -> str:
    return f"{credential.scheme} " + b64encode(b":".join(credential.encoded)).decode()


def _joined(headers: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
    """Join repeated header fields. Source: RFC 9110, 5.3."""
    joined: dict[str, list[str]] = {}
    spelled: dict[str, str] = {}
    for name, value in headers:
        joined.setdefault(spelled.setdefault(name.lower(), name), []).append(value)
    return [(name, ", ".join(values)) for name, values in joined.items()]
