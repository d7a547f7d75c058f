"""Whether slow connections hold up quick ones: the latency of quick clients of `serve`, without and with slow ones.

    python benchmarks/slow_connections.py --slow 200 --quick 50 --seconds 8

Half of the slow ones send the header of an upload, with a valid token, and then a byte a second; the other half ask
for a large file and do not read it. The quick ones read pages, one request after the other. Ends with 1 if the 99th
percentile with slow ones is more than twice that without, or if a quick request failed. Loopback only.
"""

from __future__ import annotations

import argparse
import asyncio
import base64
import socket
import subprocess
import sys
import tempfile
import time
import tomllib
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import requests

from reference_server.distributions import wheel

if TYPE_CHECKING:
    from collections.abc import Iterator

LARGE = 20_000_000  # bytes of the file that slow readers ask for
PATIENCE = 60.0


@dataclass(frozen=True)
class Served:
    """A server that runs, with its files."""

    host: str
    port: int
    upload: str
    page: str
    file: str
    authorization: str

    def request(self, method: str, path: str, *fields: str) -> bytes:
        """Return the header of a request with the server's credentials."""
        lines = [
            f"{method} {path} HTTP/1.1",
            f"Host: {self.host}",
            f"Authorization: {self.authorization}",
            *fields,
        ]
        return "\r\n".join([*lines, "", ""]).encode()


@contextmanager
def served(*options: str) -> Iterator[Served]:
    """Run a server with a project of two files, and stop it at the end of the block."""
    with tempfile.TemporaryDirectory(prefix="slow-connections-") as folder:
        described, store = Path(folder, "registry.toml"), Path(folder, "store")
        command = [sys.executable, "-m", "reference_server", "serve", "--port", "0", "--store", str(store)]
        process = subprocess.Popen(
            [*command, "--write-target", str(described), *options], stdout=subprocess.DEVNULL
        )
        try:
            yield _filled(_described(described))
        finally:
            process.terminate()
            process.wait(PATIENCE)


def _described(path: Path) -> dict[str, Any]:
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        with suppress(OSError, KeyError, tomllib.TOMLDecodeError, requests.RequestException):
            target = tomllib.loads(path.read_text(encoding="utf-8"))
            requests.get(target["url"], timeout=PATIENCE)
            return target
        time.sleep(0.05)
    raise TimeoutError("the server does not answer")


def _filled(target: dict[str, Any]) -> Served:
    pair = tuple(target["credentials"]["default"].values())
    for made in (wheel("demo", "1.0"), large := wheel("demo", "2.0", size=LARGE)):
        file = {"content": (made.filename, made.content)}
        requests.post(
            target["url"], data=list(made.form()), files=file, auth=pair, timeout=PATIENCE
        ).raise_for_status()
    url = urlsplit(target["url"])
    return Served(
        host=str(url.hostname),
        port=int(url.port or 80),
        upload=url.path,
        page=f"{url.path}/simple/demo/",
        file=f"{url.path}/files/{large.sha256}/{large.filename}",
        authorization="Basic " + base64.b64encode(":".join(pair).encode()).decode(),
    )


async def slow_sender(server: Served, ready: asyncio.Semaphore) -> None:
    """Send the beginning of an upload, and then a byte a second."""
    form = ("Content-Type: multipart/form-data; boundary=b", "Content-Length: 1000000")
    begun = server.request("POST", server.upload, *form) + b"--b\r\n"
    with await _connected(server) as connection:
        loop = asyncio.get_running_loop()
        await loop.sock_sendall(connection, begun)
        ready.release()
        while True:
            await asyncio.sleep(1)
            await loop.sock_sendall(connection, b"x")


async def slow_reader(server: Served, ready: asyncio.Semaphore) -> None:
    """Ask for the large file, and read nothing of it."""
    with await _connected(server, receives=4096) as connection:
        await asyncio.get_running_loop().sock_sendall(connection, server.request("GET", server.file))
        ready.release()
        await asyncio.sleep(3600)


async def _connected(server: Served, *, receives: int = 0) -> socket.socket:
    connection = socket.socket()
    if receives:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receives)
    connection.settimeout(0)
    await asyncio.get_running_loop().sock_connect(connection, (server.host, server.port))
    return connection


async def quick(server: Served, until: float, latencies: list[float], failures: list[str]) -> None:
    """Read the page again and again over one connection."""
    reader, writer = await asyncio.open_connection(server.host, server.port)
    asked = server.request("GET", server.page)
    while time.monotonic() < until:
        began = time.monotonic()
        writer.write(asked)
        try:
            head = (await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), 10)).lower()
            length = int(head.partition(b"content-length:")[2].split()[0])
            await reader.readexactly(length)
        except (TimeoutError, OSError, EOFError, ValueError) as error:
            failures.append(repr(error))
            break
        latencies.append(time.monotonic() - began)
        if not head.startswith(b"http/1.1 200"):
            failures.append(head[:20].decode())
    writer.close()
    with suppress(OSError):
        await writer.wait_closed()


async def answered(server: Served) -> None:
    """Wait until a page comes: as soon as every slow connection has a thread of its own."""
    reader, writer = await asyncio.open_connection(server.host, server.port)
    writer.write(server.request("GET", server.page))
    await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), PATIENCE)
    writer.close()
    with suppress(OSError):
        await writer.wait_closed()


async def measured(
    server: Served, *, slow: int, clients: int, seconds: float
) -> tuple[list[float], list[str]]:
    """Return the sorted latencies of the quick clients in seconds, and what failed."""
    ready = asyncio.Semaphore(0)
    latencies: list[float] = []
    failures: list[str] = []
    kinds = [slow_sender if number % 2 else slow_reader for number in range(slow)]
    tasks = [asyncio.create_task(kind(server, ready)) for kind in kinds]
    for _ in tasks:
        await ready.acquire()
    await answered(server)
    until = time.monotonic() + seconds
    await asyncio.gather(*(quick(server, until, latencies, failures) for _ in range(clients)))
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    return sorted(latencies), failures


def run(*, slow: int, clients: int, seconds: float) -> bool:
    """Measure without and with slow connections, print the table, and return whether the quick ones stayed quick."""
    print(f"{'slow connections':>16}  {'requests/s':>10}  {'median ms':>9}  {'p99 ms':>8}  {'failed':>6}")
    percentiles, failed = [], 0
    with served() as server:
        asyncio.run(measured(server, slow=0, clients=clients, seconds=2))  # starts the threads
        for number in (0, slow):
            latencies, failures = asyncio.run(measured(server, slow=number, clients=clients, seconds=seconds))
            latencies = latencies or [float("inf")]
            median, p99 = (latencies[int(len(latencies) * part)] for part in (0.5, 0.99))
            rate = len(latencies) / seconds
            print(f"{number:>16}  {rate:>10.0f}  {median * 1e3:>9.1f}  {p99 * 1e3:>8.1f}  {len(failures):>6}")
            percentiles.append(p99)
            failed += len(failures)
    return percentiles[1] < 2 * percentiles[0] and not failed


def main() -> None:
    """Read the options, and measure."""
    parser = argparse.ArgumentParser(description="Measure quick clients beside slow connections.")
    parser.add_argument("--slow", type=int, default=200)
    parser.add_argument("--quick", type=int, default=50)
    parser.add_argument("--seconds", type=float, default=8.0)
    options = parser.parse_args()
    sys.exit(not run(slow=options.slow, clients=options.quick, seconds=options.seconds))


if __name__ == "__main__":
    main()
