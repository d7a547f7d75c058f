"""Requests that are whole, and odd: each gets the answer that says so."""

from __future__ import annotations

import gzip
import socket
import time
import tracemalloc
from typing import TYPE_CHECKING, Any

import pytest
import requests

from conformance.wire import upload_form
from reference_server import ReferenceServer
from reference_server.distributions import wheel
from reference_server.rules.ready_made import PASSWORD
from reference_server.store.blobs import IN_MEMORY

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .conftest import Api

UPLOAD = "/projects/1/packages/pypi"
FORM = upload_form(wheel("demo", "1.0"))


@pytest.fixture(scope="module")
def shared() -> Iterator[ReferenceServer]:
    with ReferenceServer() as server:
        yield server


@pytest.mark.parametrize(
    ("encoding", "body", "status"),
    [("gzip", gzip.compress(FORM.body(), mtime=0), 415), ("gzip", b"", 415), ("Identity", FORM.body(), 201)],
    ids=["compressed", "empty", "as it is"],  # not the bytes: those have the time in them, and workers differ
)
def test_a_form_that_is_compressed_is_of_an_unsupported_type(
    api: Api, encoding: str, body: bytes, status: int
) -> None:
    more: dict[str, Any] = {"data": body, "content_type": FORM.content_type}
    answer = api.request("POST", UPLOAD, headers={"Content-Encoding": encoding}, **more)
    assert answer.status_code == status, answer.text


@pytest.mark.parametrize("given", ["Basic \u00ff%", "Basic \u00ff", "Basic =", "Basic"])
def test_a_credential_of_other_than_ascii_letters_is_none(api: Api, given: str) -> None:
    answer = api.request("GET", UPLOAD + "/simple/", password=None, headers={"Authorization": given})
    assert answer.status_code == 401


@pytest.mark.parametrize(("lengths", "status"), [(("4", "6"), b"400"), (("4", "4"), b"404")])
def test_two_lengths_are_refused_where_they_differ(
    lengths: tuple[str, ...], status: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    del caplog  # takes what the server says of it
    head = ["POST /nowhere HTTP/1.1", "Host: x", f"PRIVATE-TOKEN: {PASSWORD}"]
    head += [f"Content-Length: {length}" for length in lengths]
    with ReferenceServer() as server:
        host, port = server.origin.removeprefix("http://").split(":")
        with socket.create_connection((host, int(port)), timeout=10) as connection:
            connection.sendall("\r\n".join([*head, "", ""]).encode() + b"\r\n" * 3)
            answer = b"".join(iter(lambda: connection.recv(65536), b""))
    assert answer.startswith(b"HTTP/1.1 " + status)


def answer_to(server: ReferenceServer, sent: bytes) -> bytes:
    """Send bytes, and return everything until the server closes the connection."""
    host, port = server.origin.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), timeout=10) as connection:
        connection.sendall(sent)
        return b"".join(iter(lambda: connection.recv(65536), b""))


@pytest.mark.parametrize(
    ("hosts", "status"),
    [
        ((), b"400"),
        (("a", "b"), b"400"),
        (("a", "a"), b"400"),
        (("",), b"400"),
        (("a b",), b"400"),
        (("a/b",), b"400"),
        (("a:b",), b"400"),
        (("[::1",), b"400"),
        (("[1::2::3]",), b"400"),
        (("user@a",), b"400"),
        (("a_b-c.example:80",), b"200"),
        (("[::1]:8765",), b"200"),
        (("localhost.",), b"200"),
    ],
)
def test_a_request_has_one_valid_host(hosts: tuple[str, ...], status: bytes, shared: ReferenceServer) -> None:
    fields = "".join(f"Host: {host}\r\n" for host in hosts)
    for target in ("/api/v4/projects", "http://registry.example.com/api/v4/projects"):
        request = f"GET {target} HTTP/1.1\r\n{fields}Connection: close\r\n\r\n"
        assert answer_to(shared, request.encode()).startswith(b"HTTP/1.1 " + status), target


@pytest.mark.parametrize("target", ["/api/v4/projects", "http://registry.example.com/api/v4/projects"])
def test_a_request_of_http_1_0_needs_no_host(target: str, shared: ReferenceServer) -> None:
    assert answer_to(shared, f"GET {target} HTTP/1.0\r\n\r\n".encode()).startswith(b"HTTP/1.1 200")


@pytest.mark.parametrize(
    "line", [b"GET / x HTTP/1.1", b"\x16\x03\x01", b"GET /", b"GET / HTTP/9.9", b"x" * 70_000]
)
def test_a_broken_request_line_gets_a_whole_answer(
    line: bytes, shared: ReferenceServer, caplog: pytest.LogCaptureFixture
) -> None:
    del caplog  # takes what the server logs
    answer = answer_to(shared, line + b"\r\n\r\n")
    assert answer.startswith((b"HTTP/1.1 400 ", b"HTTP/1.1 414 ", b"HTTP/1.1 505 "))
    assert b"\r\n\r\n" in answer
    assert line not in answer


def test_a_connection_is_closed_where_the_answer_says_so(shared: ReferenceServer) -> None:
    began = time.monotonic()
    answer = answer_to(shared, b"GET /api/v4/projects HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\nx")
    assert answer.startswith(b"HTTP/1.1 200")
    assert b"\nConnection: close" in answer
    assert time.monotonic() - began < 9  # it was closed, not given up


def test_the_files_of_a_form_are_bounded_as_a_whole(api: Api) -> None:
    form = {":action": "file_upload", "name": "demo", "version": "1.0"}

    def refused(parts: int, size: int) -> tuple[int, int]:
        made = wheel("demo", "1.0")
        files = [("content", (made.filename, made.content))]
        files += [(f"f{number}", (f"f{number}", b"x" * size)) for number in range(parts)]
        sent = requests.Request("POST", "http://localhost", data=form, files=files).prepare()
        tracemalloc.start()
        answer = api.request("POST", UPLOAD, data=sent.body, content_type=sent.headers["Content-Type"])
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        return answer.status_code, peak

    assert refused(1000, 10)[0] == 413
    status, peak = refused(10, IN_MEMORY - 1000)
    assert status == 201
    assert peak < 5 * IN_MEMORY
