"""What an upload costs: memory for a large one, time for many small ones, beside pypiserver.

    python benchmarks/uploads.py

Memory: the peak of the server's process (VmHWM) while it takes a wheel of 50 MB, above what it had before.
Speed: small wheels per second over connections that are kept alive, from clients in processes of their own. The
reference server compares the digest, opens the archive, and compares names and metadata each time; pypiserver, if
`pypi-server` is on PATH, takes the bytes as they come. Loopback only. Compare figures of one run only.
"""

from __future__ import annotations

import base64
import http.client
import os
import shutil
import sys
import tempfile
import time
import tomllib
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import Thread
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from requests import Request

from benchmarks.serving import running
from reference_server.distributions import wheel
from reference_server.serving.ports import free_port

if TYPE_CHECKING:
    from collections.abc import Iterator

    from reference_server.distributions import Distribution

HOST = "127.0.0.1"
LARGE = 50_000_000  # bytes
PROCESSES, CONNECTIONS = 2, 4
"""How many clients there are, and how many connections each of them has."""
SECONDS = 5.0
"""How long each server is measured."""
MOST = 500
"""Wheels that are ready to be sent over one connection: nobody waits for them to be made."""
VERSIONS = 10
"""Releases of each project."""
PATIENCE = 60.0
IN_PROCESS = """
import sys, time
from pathlib import Path
from reference_server import ReferenceServer
import tomli_w
with ReferenceServer(store=sys.argv[2] if len(sys.argv) > 2 else None) as server:
    Path(sys.argv[1]).write_text(tomli_w.dumps(server.target()))
    time.sleep(3600)
"""


@dataclass(frozen=True)
class Server:
    """A server that runs: where it takes uploads, as whom, and the process that does the work."""

    url: str
    authorization: str | None
    pid: int


@dataclass(frozen=True)
class Body:
    """A form that is ready to be sent."""

    content: bytes
    content_type: str


@contextmanager
def reference_server(folder: Path, *, store: bool, in_process: bool = False) -> Iterator[Server]:
    """The reference server on granian, or on the server that it has inside a test's process."""
    described = folder / "registry.toml"
    kept = [str(folder / "store")] if store else []
    command: list[str | Path]
    if in_process:
        command = [sys.executable, "-c", IN_PROCESS, described, *kept]
    else:
        command = [sys.executable, "-m", "reference_server", "serve", "--port", "0"]
        command += [*(("--store", *kept) if store else ()), "--write-target", described]

    def ready() -> bool:
        return described.exists() and _answers(_target(described).get("url", ""))

    with running(*command, folder=folder, is_ready=ready) as pid:
        target = _target(described)
        pair = ":".join(target["credentials"]["default"].values())
        authorization = f"Basic {base64.b64encode(pair.encode()).decode()}"
        yield Server(target["url"], authorization, pid if in_process else _worker(pid))


@contextmanager
def pypiserver(folder: Path, program: str) -> Iterator[Server]:
    """pypiserver as it comes, with everything allowed."""
    packages = folder / "packages"
    packages.mkdir()
    url = f"http://{HOST}:{free_port(HOST, 0)}/"
    command = (program, "run", "-i", HOST, "-p", str(urlsplit(url).port), "-P", ".", "-a", ".")
    with running(
        *command, "--disable-fallback", packages, folder=folder, is_ready=lambda: _answers(url)
    ) as pid:
        yield Server(url, None, pid)


def _target(described: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(described.read_text(encoding="utf-8"))
    except tomllib.TOMLDecodeError:
        return {}  # it is being written


def _answers(url: str) -> bool:
    parts = urlsplit(url)
    if not parts.hostname:
        return False
    connection = http.client.HTTPConnection(parts.hostname, parts.port, timeout=PATIENCE)
    try:
        connection.request("GET", parts.path)
        connection.getresponse().read()
    except OSError:
        return False
    finally:
        connection.close()
    return True


def _worker(pid: int) -> int:
    """Give the process that granian has started to do the work."""
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii").split()
    return int(children[0])


def form(distribution: Distribution) -> Body:
    """Write the form as twine does."""
    file = {"content": (distribution.filename, distribution.content)}
    sent = Request("POST", "http://localhost/", data=list(distribution.form()), files=file).prepare()
    assert isinstance(sent.body, bytes)
    return Body(sent.body, sent.headers["Content-Type"])


def send(connection: http.client.HTTPConnection, server: Server, body: Body) -> int:
    """Upload, and give the status."""
    headers = {"Content-Type": body.content_type}
    if server.authorization:
        headers["Authorization"] = server.authorization
    connection.request("POST", urlsplit(server.url).path, body.content, headers)
    answer = connection.getresponse()
    answer.read()
    return answer.status


def memory_added(server: Server) -> float:
    """Give the mebibytes that a large upload adds at its peak to what the process has before it."""
    connection = _connection(server)
    for number in range(20):  # so that everything is loaded that an upload needs
        assert send(connection, server, form(wheel("warm-up", f"1.{number}"))) == 201
    body = form(wheel("large", "1.0", size=LARGE))
    Path(f"/proc/{server.pid}/clear_refs").write_text("5", encoding="ascii")  # the peak starts from here
    before = _memory(server.pid, "VmRSS")
    assert send(connection, server, body) == 201
    connection.close()
    return (_memory(server.pid, "VmHWM") - before) / 1024


def _memory(pid: int, name: str) -> int:
    status = Path(f"/proc/{pid}/status").read_text(encoding="ascii")
    return next(int(line.split()[1]) for line in status.splitlines() if line.startswith(f"{name}:"))


def rate(server: Server, prepared: list[list[list[Body]]]) -> float:
    """Give the accepted uploads per second of all clients together, each with a list for each connection."""
    with ProcessPoolExecutor(len(prepared)) as pool:
        begin = time.time() + 2  # by then all of them have their lists
        return sum(pool.map(_upload_many, [server] * PROCESSES, prepared, [begin] * PROCESSES)) / SECONDS


def forms() -> list[list[list[Body]]]:
    """Make the forms for each connection of each client, before anybody looks at the clock."""
    return [
        [
            [
                form(wheel(f"p{client}-{connection}-{number // VERSIONS}", f"1.{number % VERSIONS}"))
                for number in range(MOST)
            ]
            for connection in range(CONNECTIONS)
        ]
        for client in range(PROCESSES)
    ]


def _upload_many(server: Server, prepared: list[list[Body]], begin: float) -> int:
    counts = [0] * len(prepared)
    threads = [
        Thread(target=_upload_until, args=(server, bodies, begin + SECONDS, counts, number))
        for number, bodies in enumerate(prepared)
    ]
    time.sleep(max(0, begin - time.time()))
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sum(counts)


def _upload_until(server: Server, bodies: list[Body], end: float, counts: list[int], number: int) -> None:
    connection = _connection(server)
    for body in bodies:
        if time.time() >= end:
            break
        status = send(connection, server, body)
        if status not in {200, 201}:
            message = f"an upload was refused: {status}"
            raise RuntimeError(message)
        counts[number] += 1
    connection.close()


def _connection(server: Server) -> http.client.HTTPConnection:
    parts = urlsplit(server.url)
    return http.client.HTTPConnection(str(parts.hostname), parts.port, timeout=PATIENCE)


def main() -> None:
    """Measure each server alone, one after the other, and print both tables."""
    print(f"load of the machine before: {os.getloadavg()[0]:.1f}, on {os.cpu_count()} cores\n")
    print("| MiB added by an upload of 50 MB | memory | SQLite |\n|---|---:|---:|")
    for title, in_process in (("`reference-server serve`", False), ("in-process server", True)):
        added = []
        for store in (False, True):
            with (
                tempfile.TemporaryDirectory(prefix="uploads-") as folder,
                reference_server(Path(folder), store=store, in_process=in_process) as server,
            ):
                added.append(f"{memory_added(server):.1f}")
        print(f"| {title} | {' | '.join(added)} |")
    prepared, rates = forms(), {}
    for title, store in (("reference server, memory", False), ("reference server, SQLite", True)):
        with (
            tempfile.TemporaryDirectory(prefix="uploads-") as folder,
            reference_server(Path(folder), store=store) as server,
        ):
            rates[title] = rate(server, prepared)
    if program := shutil.which("pypi-server"):
        with (
            tempfile.TemporaryDirectory(prefix="uploads-") as folder,
            pypiserver(Path(folder), program) as server,
        ):
            rates["pypiserver"] = rate(server, prepared)
    print("\n| | uploads per second | of pypiserver's |\n|---|---:|---:|")
    for title, value in rates.items():
        ratio = f"{value / rates['pypiserver']:.1f}" if rates.get("pypiserver") else "-"
        print(f"| {title} | {value:,.0f} | {ratio} |")
    if "pypiserver" not in rates:
        print("\nnot on PATH, and left out: pypi-server")


if __name__ == "__main__":
    main()
