"""A forward proxy on loopback, for what clients ask other hosts than the target: it records, and refuses.

Clients get it as their HTTP_PROXY and HTTPS_PROXY. It leads to loopback and to the hosts that the files of the target
are on, and to no other: what a client asks for there never leaves this machine.
"""

from __future__ import annotations

import select
import socket
import socketserver
from contextlib import suppress
from dataclasses import dataclass, field
from threading import Lock, Thread
from typing import TYPE_CHECKING, Self
from urllib.parse import urlsplit

from conformance.wire.ports import port_of

if TYPE_CHECKING:
    from collections.abc import Collection
    from types import TracebackType

LOOPBACK = ("localhost", "127.0.0.1", "::1")
"""What most clients reach without the proxy, and what it does not record: other servers here see those requests."""

MOST_HEAD = 64 * 1024
"""Bytes of the head of a request."""

PATIENCE = 60.0
"""Seconds without a byte from either side."""

CHUNK = 64 * 1024

_REFUSAL = b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
_UNREACHED = b"HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
_CONNECTED = b"HTTP/1.1 200 Connection established\r\n\r\n"


@dataclass(frozen=True, kw_only=True)
class Attempt:
    """What a client asked another host for. The request inside of a CONNECT is not seen."""

    method: str
    url: str
    """Without user info and query; only host and port of a CONNECT."""
    with_credential: bool
    refused: bool

    def __str__(self) -> str:
        return f"{self.method} {self.url}{', with a credential' if self.with_credential else ''}"


@dataclass
class _Seen:
    """What the threads of the proxy share."""

    allowed: Collection[tuple[str, int]]
    attempts: list[Attempt] = field(default_factory=list)
    lock: Lock = field(default_factory=Lock)


class ForwardProxy:
    """The proxy, from `start` (or `with`) until `stop`. `leads_to` has the hosts, with ports, that it leads to."""

    def __init__(self, leads_to: Collection[tuple[str, int]] = ()) -> None:
        self._seen = _Seen(frozenset(leads_to))
        self._server: _Server | None = None

    def start(self) -> Self:
        """Listen on a free port."""
        self._server = _Server(("127.0.0.1", 0), _Handler)
        self._server.seen = self._seen
        self._thread = Thread(target=self._server.serve_forever, args=(0.01,), daemon=True)
        self._thread.start()
        return self

    def stop(self) -> None:
        """Take no more connections."""
        if self._server:
            self._server.shutdown()
            self._server.server_close()
            self._thread.join()
            self._server = None

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def variables(self, *, for_all_hosts: bool = False) -> dict[str, str]:
        """Return the environment variables that send a client here for all hosts, or for all but loopback."""
        assert self._server is not None  # noqa: S101 - there is one while it runs
        url = f"http://127.0.0.1:{self._server.server_address[1]}"
        return {
            "HTTP_PROXY": url,
            "HTTPS_PROXY": url,
            "ALL_PROXY": url,
            "NO_PROXY": "" if for_all_hosts else ",".join(LOOPBACK),
        }

    def take(self) -> list[Attempt]:
        """Return the attempts since the last call."""
        with self._seen.lock:
            found, self._seen.attempts[:] = [*self._seen.attempts], []
        return found


class _Server(socketserver.ThreadingTCPServer):
    daemon_threads = True
    seen: _Seen

    def handle_error(self, request: object, client_address: object) -> None:
        """Say nothing of a client that hangs up."""
        del request, client_address


class _Handler(socketserver.BaseRequestHandler):
    """Reads the head of one request, and refuses it or lets both sides talk."""

    def handle(self) -> None:
        """Serve one connection."""
        client: socket.socket = self.request
        server = self.server
        assert isinstance(server, _Server)  # noqa: S101 - it makes the handlers
        client.settimeout(PATIENCE)
        head, rest = _head(client)
        method, _, target = head.partition(b"\r\n")[0].decode("latin-1").partition(" ")
        url = target.rpartition(" ")[0]
        parts, place = urlsplit(""), ("", 0)
        with suppress(ValueError):
            parts = urlsplit(f"//{url}" if method == "CONNECT" else url)
            place = (parts.hostname or "", port_of(parts))
        here = place[0] in LOOPBACK
        allowed = here or place in server.seen.allowed
        host = parts.netloc.rpartition("@")[2]
        attempt = Attempt(
            method=method,
            url=host if method == "CONNECT" else f"{parts.scheme}://{host}{parts.path}",
            with_credential="@" in parts.netloc or b"\r\nauthorization:" in head.lower(),
            refused=not allowed,
        )
        if not here:
            with server.seen.lock:
                server.seen.attempts.append(attempt)
        if not allowed:
            client.sendall(_REFUSAL)
            return
        try:
            other = socket.create_connection(place, timeout=PATIENCE)
        except OSError:
            client.sendall(_UNREACHED)
            return
        with other:
            if method == "CONNECT":
                client.sendall(_CONNECTED)
            else:
                other.sendall(_in_origin_form(head, method, parts.path, parts.query) + rest)
            _exchange(client, other)


def _head(client: socket.socket) -> tuple[bytes, bytes]:
    """Return the head of a request, and what has arrived of its body."""
    data = b""
    while b"\r\n\r\n" not in data and len(data) < MOST_HEAD:
        piece = client.recv(CHUNK)
        if not piece:
            break
        data += piece
    head, end, rest = data.partition(b"\r\n\r\n")
    return head + end, rest


def _in_origin_form(head: bytes, method: str, path: str, query: str) -> bytes:
    """Return the head as the origin reads it, for one request only (RFC 9112, 3.2.1)."""
    _, _, fields = head.partition(b"\r\n")
    target = (path or "/") + (f"?{query}" if query else "")
    kept = [
        line
        for line in fields.split(b"\r\n")
        if line and line.partition(b":")[0].strip().lower() not in {b"connection", b"proxy-connection"}
    ]
    lines = [f"{method} {target} HTTP/1.1".encode("latin-1"), *kept, b"Connection: close"]
    return b"\r\n".join(lines) + b"\r\n\r\n"


def _exchange(client: socket.socket, other: socket.socket) -> None:
    """Pass on bytes in both directions, until a side ends or is silent."""
    to = {client: other, other: client}
    with suppress(OSError):
        while ready := select.select([*to], [], [], PATIENCE)[0]:
            for each in ready:
                data = each.recv(CHUNK)
                if not data:
                    return
                to[each].sendall(data)
