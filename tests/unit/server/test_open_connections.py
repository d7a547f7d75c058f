"""Connections to the server in this process: which of them stay open, and how they end."""

from __future__ import annotations

import gc
import socket
import subprocess
import sys
import threading
import time
import warnings
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any

import pytest
import requests
import urllib3

from reference_server import ReferenceServer
from reference_server.distributions import wheel
from reference_server.serving import connection as connections
from reference_server.serving.wsgi_server import Server

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from pathlib import Path

    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

DEMO = wheel("demo", "1.0")
UPLOAD = "/api/v4/projects/1/packages/pypi"
PAGE = f"{UPLOAD}/simple/demo/"
SECRET = "PRIVATE-TOKEN: reference-api-token"


@pytest.fixture
def server() -> Iterator[ReferenceServer]:
    with ReferenceServer() as server:
        server.registry.publish(DEMO.filename, DEMO.content)
        yield server


def request(method: str, path: str, *fields: str, body: bytes = b"") -> bytes:
    lines = [f"{method} {path} HTTP/1.1", "Host: x", SECRET, *fields, "", ""]
    return "\r\n".join(lines).encode() + body


class Client:
    """A connection whose answers are read one by one."""

    def __init__(self, server: Server) -> None:
        self.socket = socket.create_connection(("127.0.0.1", server.port), timeout=30)
        self.arrived = self.socket.makefile("rb")

    def send(self, sent: bytes) -> None:
        self.socket.sendall(sent)

    def answer(self) -> tuple[int, dict[str, str], bytes]:
        """Return status, header and body of the next answer that has a length."""
        status = int(self.arrived.readline().split()[1])
        fields = {}
        while line := self.arrived.readline().strip():
            name, _, value = line.decode().partition(": ")
            fields[name.lower()] = value
        return status, fields, self.arrived.read(int(fields.get("content-length", "0")))

    def is_closed(self) -> bool:
        """Wait for the next byte, or for the end of the connection."""
        try:
            return self.arrived.read(1) == b""
        except ConnectionError:
            return True


@contextmanager
def connected(server: Server) -> Iterator[Client]:
    client = Client(server)
    with client.socket, client.arrived:
        yield client


def multipart(*, after: bytes = b"") -> tuple[bytes, tuple[str, ...]]:
    """Return an upload of a second distribution, with bytes after its last boundary, and its header fields."""
    made = wheel("demo", "2.0")
    sent = requests.Request(
        "POST",
        "http://x",
        data=list(made.form()),
        files={"content": (made.filename, made.content)},
    ).prepare()
    assert isinstance(sent.body, bytes)
    body = sent.body + after
    return body, (f"Content-Type: {sent.headers['Content-Type']}", f"Content-Length: {len(body)}")


def test_requests_follow_each_other_on_one_connection(server: ReferenceServer) -> None:
    body, fields = multipart()
    with connected(server) as client:
        for _ in range(2):
            client.send(request("GET", PAGE))
            status, header, page = client.answer()
            assert (status, page.count(b"<a ")) == (200, 1)
            assert "connection" not in header
        client.send(request("POST", UPLOAD, *fields, body=body))
        assert client.answer()[0] == 201
        client.send(request("GET", PAGE))
        assert client.answer()[2].count(b"<a ") == 2


def test_requests_that_are_sent_at_once_are_answered_in_order(server: ReferenceServer) -> None:
    body, fields = multipart()
    upload = request("POST", UPLOAD, *fields, body=body)
    with connected(server) as client:
        client.send(request("GET", "/nowhere") + upload + request("HEAD", PAGE) + request("GET", PAGE))
        assert client.answer()[0] == 404
        assert client.answer()[0] == 201
        status = client.arrived.readline()
        while client.arrived.readline().strip():
            pass
        assert status.startswith(b"HTTP/1.1 200")
        assert client.answer()[2].count(b"<a ") == 2


def test_a_body_in_chunks_is_followed_by_a_request(server: ReferenceServer) -> None:
    body, (content_type, _) = multipart()
    chunks = b"%x\r\n%b\r\n0\r\n\r\n" % (len(body), body)
    with connected(server) as client:
        client.send(request("POST", UPLOAD, content_type, "Transfer-Encoding: chunked", body=chunks))
        assert client.answer()[0] == 201
        client.send(request("GET", PAGE))
        assert client.answer()[2].count(b"<a ") == 2


def test_a_body_that_was_waited_for_is_followed_by_a_request(server: ReferenceServer) -> None:
    body, fields = multipart()
    with connected(server) as client:
        client.send(request("POST", UPLOAD, *fields, "Expect: 100-continue"))
        assert client.answer()[0] == 100
        client.send(body)
        assert client.answer()[0] == 201
        client.send(request("GET", PAGE))
        assert client.answer()[2].count(b"<a ") == 2


@pytest.mark.parametrize(
    "sent",
    [
        request("GET", PAGE, "Connection: close"),
        request("GET", PAGE, "Connection: TE, Close"),
        request("GET", PAGE).replace(b"HTTP/1.1", b"HTTP/1.0"),
        request("GET", PAGE, "Connection: keep-alive").replace(b"HTTP/1.1", b"HTTP/1.0"),
        request("GET", PAGE, "Content-Length: 0", "Transfer-Encoding: chunked", body=b"0\r\n\r\n"),
        request("GET", PAGE, "Transfer-Encoding: identity"),
        request("GET", PAGE, "Content-Length: -1"),
        request("GET", PAGE, "no field"),
        request("POST", UPLOAD, "Content-Length: 4", body=b"unre"),
    ],
    ids=[
        "close",
        "among others",
        "1.0",
        "1.0 kept",
        "two lengths",
        "coding",
        "no length",
        "no field",
        "unread",
    ],
)
def test_a_connection_ends_where_the_next_request_may_begin_elsewhere(
    sent: bytes, server: ReferenceServer
) -> None:
    if sent.endswith(b"unre"):
        sent = sent.replace(b"reference-api-token", b"unknown")
    with connected(server) as client:
        client.send(sent)
        _, header, _ = client.answer()
        assert header["connection"] == "close"
        assert client.is_closed()


def test_a_client_that_leaves_in_the_middle_of_a_later_body(
    server: ReferenceServer, capfd: pytest.CaptureFixture[str]
) -> None:
    body, fields = multipart()
    with connected(server) as client:
        client.send(request("GET", PAGE))
        assert client.answer()[0] == 200
        client.send(request("POST", UPLOAD, *fields, body=body[:-20]))
        client.socket.shutdown(socket.SHUT_WR)
        status, header, _ = client.answer()
        assert (status, header["connection"]) == (400, "close")
    assert len(server.registry.packages(server.registry.gitlab_project("1"))) == 1
    assert capfd.readouterr().err == ""


@pytest.mark.parametrize(
    "fault", ["truncated-pages", "no-answer", "connections-reset", "truncated-uploads", "not-http"]
)
def test_a_fault_that_breaks_a_connection_breaks_one_that_was_used_before(
    fault: str, server: ReferenceServer, capfd: pytest.CaptureFixture[str]
) -> None:
    body, fields = multipart()
    sent = request("POST", UPLOAD, *fields, body=body) if "uploads" in fault else request("GET", PAGE)
    with connected(server) as client:
        client.send(request("GET", "/nowhere"))
        assert client.answer()[0] == 404
        with server.fault(fault):
            client.send(sent)
            with suppress(ConnectionError):
                client.arrived.read()
            assert client.is_closed()
    with connected(server) as client:
        client.send(request("GET", PAGE))
        assert client.answer()[0] == 200
    assert capfd.readouterr().err == ""


def answering(
    *pieces: bytes, headers: Iterable[tuple[str, str]], error: Exception | None = None
) -> WSGIApplication:
    def app(environ: WSGIEnvironment, start_response: StartResponse) -> Iterator[bytes]:
        del environ
        start_response("200 OK", list(headers))
        yield from pieces
        if error is not None:
            raise error

    return app


@pytest.mark.parametrize("length", ["5", "20"])
def test_an_answer_of_another_length_than_announced_ends_its_connection(length: str) -> None:
    app = answering(b"0123456789", headers=[("Content-Length", length)])
    with Server(app, "127.0.0.1", 0) as server, connected(server) as client:
        client.send(request("GET", "/"))
        assert client.arrived.read().endswith(b"0123456789")


def test_an_answer_without_a_length_is_sent_in_chunks() -> None:
    with (
        Server(answering(b"ab", b"", b"c" * 20, headers=[]), "127.0.0.1", 0) as server,
        connected(server) as client,
    ):
        client.send(request("GET", "/") * 2)
        for _ in range(2):
            assert client.answer()[1]["transfer-encoding"] == "chunked"
            assert client.arrived.read(38) == b"2\r\nab\r\n14\r\n" + b"c" * 20 + b"\r\n0\r\n\r\n"


@pytest.mark.parametrize("pieces", [(), (b"half",)])
def test_an_error_of_the_application_ends_its_connection(
    pieces: tuple[bytes, ...], caplog: pytest.LogCaptureFixture
) -> None:
    app = answering(*pieces, headers=[("Content-Length", "8")], error=ValueError("broken"))
    with Server(app, "127.0.0.1", 0) as server, connected(server) as client:
        client.send(request("GET", "/"))
        answer = client.arrived.read()
    assert answer.startswith(b"HTTP/1.1 200" if pieces else b"HTTP/1.1 500")
    assert "ValueError: broken" in caplog.text


def test_an_idle_connection_ends_after_a_while(
    server: ReferenceServer, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(connections, "IDLE", 0.001)
    with connected(server) as client:
        client.send(request("GET", PAGE))
        assert client.answer()[0] == 200
        assert client.is_closed()
    assert capfd.readouterr().err == ""


def await_ended_threads(before: set[threading.Thread], *, but: int = 0) -> None:
    """Wait until as many threads are left: one that has just sent an answer still has a moment to go."""
    deadline = time.monotonic() + 30
    while (left := set(threading.enumerate()) - before) and len(left) != but:
        assert time.monotonic() < deadline, left
        time.sleep(0.001)
    assert len(left) == but


def by_requests(url: str) -> Callable[[], object]:
    session = requests.Session()
    assert session.get(url, timeout=30).status_code == 200
    return session.close


def by_urllib3(url: str) -> Callable[[], object]:
    pool = urllib3.PoolManager()
    assert pool.request("GET", url, timeout=30).status == 200
    return pool.clear


@pytest.mark.parametrize("client", [by_requests, by_urllib3])
@pytest.mark.parametrize("tls", [False, True], ids=["http", "https"])
def test_the_server_stops_with_idle_connections(
    client: Callable[[str], Callable[[], object]], *, tls: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = set(threading.enumerate())
    with warnings.catch_warnings(), ReferenceServer(tls=tls) as server:
        warnings.simplefilter("error")
        if server.ca_bundle:
            monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(server.ca_bundle))
            monkeypatch.setenv("SSL_CERT_FILE", str(server.ca_bundle))
        close = [client(f"{server.origin}/api/v4/projects") for _ in range(3)]
        await_ended_threads(before, but=4)
        server.stop()
        await_ended_threads(before)
        for each in close:
            each()
        gc.collect()


def test_a_client_is_answered_after_a_restart(server: ReferenceServer) -> None:
    with requests.Session() as session:
        session.auth = server.username, server.password
        assert session.get(f"{server.index_url}demo/", timeout=30).status_code == 200
        server.stop()
        server.start()
        assert session.get(f"{server.index_url}demo/", timeout=30).status_code == 200


def test_the_server_stops_after_pip(server: ReferenceServer, tmp_path: Path) -> None:
    others = set(threading.enumerate())
    arguments: list[Any] = [
        "download",
        "--no-deps",
        "--isolated",
        "--disable-pip-version-check",
        "-d",
        tmp_path,
    ]
    index = server.index_url.replace("://", f"://{server.username}:{server.password}@")
    done = subprocess.run(
        [sys.executable, "-m", "pip", *arguments, "--index-url", index, "demo"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    server.stop()
    await_ended_threads(others)
