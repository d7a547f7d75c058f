"""How long an index of 900,000 projects takes to be served and judged, and how much memory.

    python -m benchmarks.large_index [--projects N] [--files N]

Starts `reference-server serve --generated-projects N --generated-files M` with a file for its target, and prints two
tables: seconds and peak memory of the list of projects in both forms and of ten project pages, on the server's side and
as the suite reads them; and a whole read-only run of the suite. Memory is the resident set's peak (VmHWM of
/proc, which is reset before each line). Loopback only.
"""

from __future__ import annotations

import argparse
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

import requests

from benchmarks.serving import PATIENCE, Server, served
from conformance.pages import JSON_V1, TEXT_HTML
from conformance.target.answered_pages import page_in, root_in
from conformance.wire import Answer
from conformance.wire.exchange import Exchange

if TYPE_CHECKING:
    from collections.abc import Callable

PAGES = 10
MIB = 1024 * 1024


def peak(process: int, *, reset: bool = False) -> float:
    """Return the peak of a process's memory in MiB; `reset` begins a new one."""
    folder = Path(f"/proc/{process}")
    if reset:
        (folder / "clear_refs").write_text("5")
    lines = (folder / "status").read_text().splitlines()
    return int(next(line for line in lines if line.startswith("VmHWM")).split()[1]) / 1024


def row(what: str, server: Server, work: Callable[[], str]) -> None:
    """Print how long something takes, and the peaks of both sides meanwhile."""
    peak(server.process.pid, reset=True)
    peak(os.getpid(), reset=True)
    started = time.monotonic()
    found = work()
    seconds = time.monotonic() - started
    print(
        f"| {what} | {seconds:.1f} | {peak(server.process.pid):.0f} | {peak(os.getpid()):.0f} | {found} |",
        flush=True,
    )


def fetched(server: Server, path: str, accept: str, *, encoding: str = "gzip") -> Answer:
    """Return a page, as the suite's own session keeps it."""
    response = requests.get(
        server.index + path,
        headers={"Accept": accept, "Accept-Encoding": encoding},
        auth=server.credential,
        timeout=PATIENCE,
    )
    response.raise_for_status()
    return Answer(
        method="GET",
        url=response.url,
        credential="default",
        status=response.status_code,
        reason="",
        headers=dict(response.headers),
        content=response.content,
        exchange=Exchange(request="GET", credential="default", status=response.status_code),
    )


def root(server: Server, accept: str) -> str:
    """Fetch and read the list of projects."""
    answer = fetched(server, "", accept)
    return f"{len(root_in(answer).names):,} projects in {len(answer.content) / MIB:.0f} MiB"


def pages(server: Server, numbers: range, accept: str) -> str:
    """Fetch and read project pages."""
    found = [page_in(fetched(server, f"generated-{number:07}/", accept)) for number in numbers]
    return f"{sum(len(each.files) for each in found):,} files"


def measure(server: Server) -> None:
    """Print the first table."""
    print("| what | seconds | server, MiB | reader, MiB | found |\n|---|---:|---:|---:|---|", flush=True)
    for name, accept in {"HTML": TEXT_HTML, "JSON": JSON_V1}.items():
        row(f"root, {name}, made", server, lambda accept=accept: root(server, accept))  # type: ignore[misc]
        row(f"root, {name}, again", server, lambda accept=accept: root(server, accept))  # type: ignore[misc]
    for name, accept in {"HTML": TEXT_HTML, "JSON": JSON_V1}.items():
        work: Callable[[], str] = lambda accept=accept: pages(server, range(1), accept)  # type: ignore[misc]  # noqa: E731
        row(f"the page of the first project, {name}", server, work)
        work = lambda accept=accept: pages(server, range(1, PAGES + 1), accept)  # type: ignore[misc]  # noqa: E731
        row(f"{PAGES} project pages, {name}", server, work)


def judge(server: Server, folder: Path) -> None:
    """Print how long a read-only run takes, with the peaks of both sides."""
    peak(server.process.pid, reset=True)
    command = [sys.executable, "-m", "conformance", "run", "--config", str(server.described), "--read-only"]
    command += [
        "--profile",
        "index",
        "--index-url",
        server.index,
        "--json",
        str(folder / "result.json"),
        "--max-megabytes",
        "100000",
        "--answer-time",
        "600",
    ]
    started = time.monotonic()
    process = subprocess.run(command, check=False, capture_output=True, text=True)
    seconds = time.monotonic() - started
    most = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
    print(process.stdout[-3000:], process.stderr[-2000:], sep="\n")
    print(
        f"a read-only run: exit code {process.returncode}, {seconds:.0f} s, "
        f"server {peak(server.process.pid):.0f} MiB, suite {most:.0f} MiB"
    )


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--projects", type=int, default=900_000)
    parser.add_argument("--files", type=int, default=20_000)
    arguments = parser.parse_args()
    print(f"load of the machine before: {os.getloadavg()[0]:.1f}, on {os.cpu_count()} cores\n")
    with tempfile.TemporaryDirectory(prefix="large-index-") as name:
        folder = Path(name)
        generated = (
            "--generated-projects",
            str(arguments.projects),
            "--generated-files",
            str(arguments.files),
        )
        # --control: in one process, whose memory is looked at
        with served(folder, *generated, "--control") as server:
            measure(server)
            judge(server, folder)


if __name__ == "__main__":
    main()
