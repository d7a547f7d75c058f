"""Broken lines in the header of a request, to both servers: this process and granian give one answer."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from reference_server import ReferenceServer
from reference_server.serving.ports import free_port

if TYPE_CHECKING:
    from collections.abc import Iterator

HOST = "127.0.0.1"
ROOT = Path(__file__).parents[3]
PATIENCE = 120  # seconds, for a machine that is busy
RIGHT = b"GET /api/v4/projects HTTP/1.1\r\nHost: a\r\nConnection: close\r\n"


@pytest.fixture(scope="module", params=["this process", "granian"])
def port(request: pytest.FixtureRequest) -> Iterator[int]:
    if request.param == "this process":
        with ReferenceServer() as server:
            yield int(server.origin.rpartition(":")[2])
        return
    pytest.importorskip("granian", reason="granian is not installed")
    chosen = free_port(HOST, 0)
    command = [sys.executable, "-m", "reference_server", "serve", "--port", str(chosen)]
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    with subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL) as process:
        deadline = time.monotonic() + PATIENCE
        while not answer(chosen, b"\r\n").startswith(b"HTTP/1.1 200"):
            assert process.poll() is None
            assert time.monotonic() < deadline
        yield chosen
        process.terminate()


def answer(port: int, end_of_header: bytes) -> bytes:
    """Send a right request with such an end, and return everything until the connection is closed, or nothing."""
    try:
        with socket.create_connection((HOST, port), timeout=PATIENCE) as connection:
            connection.sendall(RIGHT + end_of_header)
            return b"".join(iter(lambda: connection.recv(65536), b""))
    except ConnectionError:
        return b""


@pytest.mark.parametrize("line", [b"X-A: a\xff\tb", b"X-A:", b"X-A:a ", b"x!#$%&'*+.^`|~9: a"])
def test_a_field_line(line: bytes, port: int) -> None:
    assert answer(port, line + b"\r\n\r\n").startswith(b"HTTP/1.1 200")


@pytest.mark.parametrize(
    "line",
    [
        b"X-A: a\rX-B: b",
        b"X-A: a\r",
        b"\rX-A: a",
        b"X-A: a\x00b",
        b"X-A: a\x0bb",
        b"X-A : a",
        b" X-A: a",
        b"X-A: a\r\n b",
        b"X-A",
        b": a",
        b"X A: a",
        b"From here",
    ],
)
def test_a_broken_field_line_is_refused(line: bytes, port: int) -> None:
    assert answer(port, line + b"\r\n\r\n").startswith(b"HTTP/1.1 400")
