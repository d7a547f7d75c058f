"""Measures what `reference-server serve` costs until its first answer, and idle: in memory, and with a store.

    python -m benchmarks.serve_start [CHECKOUT]

Milliseconds until the first answer, processor time until then, and the memory of both processes once idle, where each
page is divided among those that have it. The least of several rounds, and the median of the milliseconds. A folder with
another checkout is measured beside this one, turn by turn, so that both meet the same load. Loopback only.
"""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import tempfile
import time
from contextlib import suppress
from pathlib import Path
from statistics import median

from benchmarks.read_side import TICKS, tree
from reference_server.serving.ports import free_port

ROUNDS = 7
SETTLED = 0.3  # seconds after the first answer
ROOT = Path(__file__).parents[1]
HOST = "127.0.0.1"
ASKED = b"GET /api/v4/projects/2/packages/pypi/simple/ HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"
KINDS = ("memory", "store, new", "store, used before")


def measured(checkout: Path, *options: str) -> list[float]:
    """Return the milliseconds, those of processor time, and the MiB of one server."""
    port = free_port(HOST, 0)
    command = [sys.executable, "-m", "reference_server", "serve", "--port", str(port), *options]
    environment = os.environ | {"PYTHONPATH": str(checkout)}
    begun = time.monotonic()
    process = subprocess.Popen(command, cwd=checkout, env=environment, stdout=subprocess.DEVNULL)
    try:
        _await_answer(process, port)
        took = time.monotonic() - begun
        processes = tree(process.pid)
        spent = sum(map(_processor, processes))
        time.sleep(SETTLED)
        return [took * 1000, spent * 1000, sum(map(_memory, processes))]
    finally:
        process.terminate()
        process.wait()


def _await_answer(process: subprocess.Popen[bytes], port: int) -> None:
    while process.poll() is None:
        with suppress(OSError), socket.create_connection((HOST, port)) as connection:
            connection.sendall(ASKED)
            if connection.recv(12) == b"HTTP/1.1 200":
                return
        time.sleep(0.002)
    sys.exit("the server does not start")


def _processor(process: int) -> float:
    stat = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    return (int(stat[11]) + int(stat[12])) / TICKS


def _memory(process: int) -> float:
    """Return the proportional set size in MiB: each page is divided among the processes that have it."""
    for line in Path(f"/proc/{process}/smaps_rollup").read_text().splitlines():
        if line.startswith("Pss:"):
            return int(line.split()[1]) / 1024
    return 0.0


def one_round(checkout: Path) -> dict[str, list[float]]:
    """Measure each kind of server once."""
    with tempfile.TemporaryDirectory(prefix="serve-start-") as folder:
        store = ("--store", f"{folder}/store")
        return dict(zip(KINDS, (measured(checkout, *options) for options in ((), store, store)), strict=True))


def main() -> None:
    """Print a line per checkout and kind."""
    checkouts = [ROOT, *(Path(each).resolve() for each in sys.argv[1:])]
    rounds = [{each: one_round(each) for each in checkouts} for _ in range(ROUNDS)]
    print(f"{'':30} {'':20} {'ms':>8} {'median':>8} {'CPU ms':>8} {'MiB':>6}")
    for checkout in checkouts:
        for kind in KINDS:
            took, spent, memory = zip(*(each[checkout][kind] for each in rounds), strict=True)
            print(
                f"{str(checkout)[-30:]:30} {kind:20} {min(took):8.0f} {median(took):8.0f} {min(spent):8.0f} "
                f"{min(memory):6.1f}"
            )
    print(f"load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores")


if __name__ == "__main__":
    main()
