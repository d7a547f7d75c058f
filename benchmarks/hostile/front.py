"""A server with one hostile answer, before another one; and the host that no credential may reach."""

from __future__ import annotations

import http.client
import json
import re
import socket
import socketserver
import struct
import time
from contextlib import contextmanager, suppress
from threading import Event, Lock, Thread
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from benchmarks.hostile.answers import ANSWERS, ELSEWHERE, RESET

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from benchmarks.hostile.answers import Pieces
    from benchmarks.hostile.cases import Case


class Front(socketserver.ThreadingTCPServer):
    """Gives a hostile answer in one place, and else that of another server."""

    allow_reuse_address = True
    daemon_threads = True
    block_on_close = False
    request_queue_size = 64

    def __init__(self, case: Case, *, behind: str, elsewhere: str, result: Path) -> None:
        self.case = case
        self.behind = urlsplit(behind)
        self.elsewhere = elsewhere.encode()
        self.ended = Event()
        self._result = result
        self._armed = not case.later
        super().__init__(("127.0.0.1", 0), Connection)

    @property
    def origin(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self.server_address[1]}"

    def is_hostile(self, method: str, path: str) -> bool:
        """Tell whether a request gets the hostile answer."""
        place = self.case.place
        return (place in {_place(method, path), "everything"}) and self._is_armed()

    def _is_armed(self) -> bool:
        """Tell whether the run has its checks before it: its result knows its id from then on."""
        if not self._armed:
            with suppress(OSError, ValueError):
                self._armed = bool(json.loads(self._result.read_bytes())["run"])
        return self._armed


class Connection(socketserver.StreamRequestHandler):
    """One connection of a client."""

    server: Front
    disable_nagle_algorithm = True

    def handle(self) -> None:
        """Answer until the client or the answer ends."""
        with suppress(OSError, ValueError, http.client.HTTPException):
            while line := self.rfile.readline().decode("latin-1"):
                method, path = line.split()[:2]
                fields = [
                    field.decode("latin-1").strip() for field in iter(self.rfile.readline, b"\r\n") if field
                ]
                headers = {
                    name.lower(): value.strip() for name, _, value in (each.partition(":") for each in fields)
                }
                if "100-continue" in headers.get("expect", ""):
                    self.wfile.write(b"HTTP/1.1 100 Continue\r\n\r\n")
                body = self.rfile.read(int(headers.get("content-length") or 0))
                if self.server.is_hostile(method, path):
                    pieces: Pieces = ANSWERS[self.server.case.answer]()
                    self._send(pieces)
                else:
                    self._forward(method, path, headers, body)

    def _send(self, pieces: Iterable[bytes | None]) -> None:
        for piece in pieces:
            if self.server.ended.wait(0.05 if piece is None else 0):
                raise ConnectionAbortedError
            if piece == RESET:
                self._reset()
            self.wfile.write((piece or b"").replace(ELSEWHERE.encode(), self.server.elsewhere))

    def _reset(self) -> None:
        """End the connection; without the delay the client would see its reset before the answer."""
        time.sleep(0.01)
        if self.server.case.answer == "no bytes":
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        raise ConnectionAbortedError

    def _forward(self, method: str, path: str, headers: dict[str, str], body: bytes) -> None:
        behind = http.client.HTTPConnection(str(self.server.behind.hostname), self.server.behind.port)
        kept = {name: value for name, value in headers.items() if name not in {"connection", "expect"}}
        behind.request(method, path, body=body, headers=kept)
        answer = behind.getresponse()
        content = answer.read()
        fields = [
            f"{name}: {value}" for name, value in answer.getheaders() if name.lower() not in _HOP_BY_HOP
        ]
        length = answer.getheader("Content-Length") if method == "HEAD" else len(content)
        lines = [f"HTTP/1.1 {answer.status} {answer.reason}", *fields, f"Content-Length: {length}", "", ""]
        self.wfile.write("\r\n".join(lines).encode("latin-1") + content)
        behind.close()


_HOP_BY_HOP = frozenset({"connection", "transfer-encoding", "content-length"})


def _place(method: str, path: str) -> str:
    """Return where a request goes."""
    path = path.partition("?")[0]
    if path.endswith(".metadata"):
        return "metadata"
    if "/files/" in path:
        return "file"
    if path.endswith("/simple/"):
        return "root"
    if "/simple/" in path:
        return "page"
    return "upload" if method == "POST" and path.endswith("/pypi") else "api"


class Elsewhere(socketserver.ThreadingTCPServer):
    """The other host: notes the requests that carry a credential, and answers none of them with more than a page."""

    allow_reuse_address = True
    daemon_threads = True

    def __init__(self) -> None:
        self.leaks: list[str] = []
        self.lock = Lock()
        super().__init__(("127.0.0.1", 0), Noted)

    @property
    def origin(self) -> str:
        """Its origin, under another name than that of the registry."""
        return f"http://localhost:{self.server_address[1]}"


class Noted(socketserver.StreamRequestHandler):
    """One connection."""

    server: Elsewhere

    def handle(self) -> None:
        """Note a request, and answer it."""
        with suppress(OSError):
            lines = [self.rfile.readline(), *iter(self.rfile.readline, b"\r\n")]
            text = b"".join(lines).decode("latin-1").lower()
            if re.search(
                r"^(proxy-)?authorization:|^private-token:|^cookie:|reference-api-token", text, re.MULTILINE
            ):
                with self.server.lock:
                    self.server.leaks.append(text.partition("\r\n")[0])
            self.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 1\r\n\r\nx")


@contextmanager
def listening(server: Front | Elsewhere) -> Iterator[None]:
    """Serve until the end of the block."""
    with server:
        Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
        yield
        if isinstance(server, Front):
            server.ended.set()
        server.shutdown()
