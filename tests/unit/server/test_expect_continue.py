"""A body that is asked for once somebody wants it, and not before."""

from __future__ import annotations

import socket
from io import BytesIO

import pytest

from reference_server import ReferenceServer
from reference_server.distributions import wheel
from reference_server.http.expect_continue import AwaitedBody

HEAD = (
    "POST /api/v4/projects/1/packages/pypi HTTP/1.1\r\nHost: x\r\nPRIVATE-TOKEN: {}\r\nExpect: 100-continue\r\n"
    "Content-Type: multipart/form-data; boundary=b\r\n{}\r\n"
)
DISTRIBUTION = wheel("demo", "1.0")
FORM = (
    b'--b\r\nContent-Disposition: form-data; name="name"\r\n\r\ndemo\r\n'
    b'--b\r\nContent-Disposition: form-data; name="version"\r\n\r\n1.0\r\n'
    b'--b\r\nContent-Disposition: form-data; name="content"; filename="%b"\r\n\r\n%b\r\n--b--\r\n'
) % (DISTRIBUTION.filename.encode(), DISTRIBUTION.content)
WHOLE = f"Content-Length: {len(FORM)}\r\n"
CHUNKED = "Transfer-Encoding: chunked\r\n"
CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"


def test_it_asks_once_and_then_reads() -> None:
    asked: list[str] = []
    body = AwaitedBody(BytesIO(b"line\nrest"), lambda: asked.append("asked"))
    assert asked == []
    assert (body.readline(), body.read(2), body.read()) == (b"line\n", b"re", b"st")
    assert asked == ["asked"]
    assert not body.cancel()


def test_cancelled_it_never_asks() -> None:
    asked: list[str] = []
    body = AwaitedBody(BytesIO(b"body"), lambda: asked.append("asked"))
    assert body.cancel()
    assert body.read() == b"body"
    assert asked == []


@pytest.mark.parametrize(
    ("length", "sent"), [(WHOLE, FORM), (CHUNKED, b"%x\r\n%b\r\n0\r\n\r\n" % (len(FORM), FORM))]
)
def test_the_server_asks_and_takes_the_body(length: str, sent: bytes) -> None:
    with ReferenceServer() as server, connected(server) as connection:
        connection.sendall(HEAD.format(server.password, length).encode())
        assert connection.recv(len(CONTINUE)) == CONTINUE
        connection.sendall(sent)
        assert connection.recv(12) == b"HTTP/1.1 201"


@pytest.mark.parametrize(("token", "status"), [("unknown", b"401"), ("reference-guest-token", b"403")])
def test_who_is_refused_is_not_asked(token: str, status: bytes) -> None:
    with ReferenceServer() as server, connected(server) as connection:
        connection.sendall(HEAD.format(token, WHOLE).encode())
        answer = b"".join(iter(lambda: connection.recv(65536), b""))
    assert answer.startswith(b"HTTP/1.1 " + status)
    assert b"100 Continue" not in answer


def connected(server: ReferenceServer) -> socket.socket:
    host, port = server.origin.removeprefix("http://").split(":")
    return socket.create_connection((host, int(port)), timeout=10)
