"""How fast the reference server gives out pages and files, beside nginx and indexes that others wrote.

    python -m benchmarks.read_side --projects 10 1000 10000 --files 100

A project's page, the list of all projects and a file, for each number of projects: answers per second, and
microseconds of processor time of the server for each answer. nginx sends the reference server's own bytes from files:
as fast as it gets. Other work on the machine changes rates much, and processor time little. Programs are taken from
PATH: `wrk`, which drives all servers, `nginx`, `pypiron`, `pypi-server` and `simple-repository-server`. Those that are
missing are named, and left out. Loopback only. Compare figures of one run only.
"""

from __future__ import annotations

import argparse
import os
import re
import subprocess
import sys
import tempfile
import time
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import requests

from benchmarks import readers
from benchmarks.readers import HTML, JSON, PATIENCE, Server
from reference_server.distributions import wheel

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from reference_server.distributions import Distribution

CONNECTIONS = 8
WARM_UP = 1
"""Seconds that are not counted."""
PROJECT = "hundred"
TICKS = os.sysconf("SC_CLK_TCK")  # a second
COLUMNS = ("project, HTML", "project, JSON", "root, HTML", "root, JSON", "file")
IDEAL = "nginx, files"


@dataclass(frozen=True)
class Rate:
    """What one server gave out: answers per second, and seconds of processor time for each."""

    answers: float
    processor: float


Table = dict[str, dict[str, Rate]]


def distributions(*, projects: int, files: int) -> list[Distribution]:
    """Return a wheel for each of the projects; the first of them has all the files."""
    first = [wheel(PROJECT, f"1.{number}", requires_python=">=3.8") for number in range(files)]
    return first + [wheel(f"project-{number:05}", "1.0") for number in range(projects - 1)]


def urls(server: Server, filename: str) -> Iterator[tuple[str, str, str]]:
    """Yield column, URL and media type of what a server has."""
    for title, path in (("project", f"{PROJECT}/"), ("root", "")):
        for media_type, form in ((HTML, "HTML"), (JSON, "JSON")):
            if media_type in server.forms:
                yield f"{title}, {form}", server.index + path, media_type
    yield "file", server.file(PROJECT, filename), "*/*"


def entries(url: str, media_type: str) -> int:
    """Return how many entries a page has. Ends the program where it comes in another form."""
    answer = requests.get(url, headers={"Accept": media_type}, timeout=PATIENCE)
    if not answer.ok or not answer.headers["Content-Type"].startswith(media_type):
        sys.exit(f"{url}: {answer.status_code} {answer.headers.get('Content-Type')}")
    if media_type == HTML:
        return answer.text.count("<a ")
    page = answer.json()
    return len(page["files"] if "files" in page else page["projects"])


def await_entries(url: str, media_type: str, wanted: int) -> None:
    """Wait until a page lists what was published: some registries do so later."""
    deadline = time.monotonic() + PATIENCE
    while (found := entries(url, media_type)) != wanted:
        if time.monotonic() > deadline:
            sys.exit(f"{url} has {found} entries and not {wanted}")
        time.sleep(0.2)


def measured(server: Server, *, seconds: int, projects: int, files: int, filename: str) -> dict[str, Rate]:
    """Return the rates of all columns that the server has."""
    rates = {}
    for column, url, media_type in urls(server, filename):
        if media_type != "*/*":
            await_entries(url, media_type, files if column.startswith("project") else projects)
        driven(url, media_type, WARM_UP)
        processes = tree(server.process)
        before = processor(processes)
        answers, rate = driven(url, media_type, seconds)
        if answers:
            rates[column] = Rate(rate, (processor(processes) - before) / answers)
    return rates


def driven(url: str, media_type: str, seconds: int) -> tuple[int, float]:
    """Return the number of answers that wrk gets, and those per second; every answer has to be a success."""
    command = [
        "wrk",
        "-t",
        "1",
        "-c",
        str(CONNECTIONS),
        "-d",
        f"{seconds}s",
        "-H",
        f"Accept: {media_type}",
        url,
    ]
    printed = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    if "Non-2xx" in printed:
        sys.exit(f"{url} does not always succeed:\n{printed}")
    number = re.search(r"(\d+) requests in", printed)
    rate = re.search(r"Requests/sec:\s+([\d.]+)", printed)
    return int(number[1]) if number else 0, float(rate[1]) if rate else 0.0


def tree(process: int) -> list[int]:
    """Return a process and all below it."""
    found = [process]
    for children in Path(f"/proc/{process}/task").glob("*/children"):
        for child in children.read_text().split():
            found += tree(int(child))
    return found


def processor(processes: list[int]) -> float:
    """Return the seconds of processor time of running processes."""
    stats = [Path(f"/proc/{each}/stat").read_text().rpartition(")")[2].split() for each in processes]
    return sum(int(stat[11]) + int(stat[12]) for stat in stats) / TICKS


def table_of(folder: Path, *, projects: int, files: int, seconds: int) -> Table:
    """Measure each server alone, one after the other. A second one runs idle while nginx has its pages copied."""
    published = distributions(projects=projects, files=files)
    filename = published[0].filename

    def of(server: Server) -> dict[str, Rate]:
        return measured(server, seconds=seconds, projects=projects, files=files, filename=filename)

    table: Table = {}
    with ExitStack() as stack:
        original = stack.enter_context(readers.reference_server(_made(folder, "memory"), published))
        if program := readers.program("nginx"):
            copies = readers.nginx(_made(folder, "nginx"), program, original, PROJECT, filename)
            table[IDEAL] = of(stack.enter_context(copies))
        table[original.name] = of(original)
    with readers.reference_server(_made(folder, "sqlite"), published, "--store", "store") as server:
        table[server.name] = of(server)
    for name, start in (
        ("pypiron", readers.pypiron),
        ("simple-repository-server", readers.simple_repository_server),
        ("pypi-server", readers.pypiserver),
    ):
        if program := readers.program(name):
            with start(_made(folder, name), program, published) as server:
                table[server.name] = of(server)
        else:
            print(f"not on PATH, and left out: {name}")
    return table


def show(table: Table) -> None:
    """Print the table: rate, processor time, and the part of the ideal server's speed that this time stands for."""
    print(
        "| answers per second; µs of processor time (part of nginx's speed) | " + " | ".join(COLUMNS) + " |"
    )
    print("|---|" + "---:|" * len(COLUMNS))
    for server, rates in table.items():
        cells = [_cell(rates.get(column), table.get(IDEAL, {}).get(column)) for column in COLUMNS]
        print(f"| {server} | " + " | ".join(cells) + " |")


def _cell(rate: Rate | None, ideal: Rate | None) -> str:
    if rate is None:
        return "-"
    part = f" ({ideal.processor / rate.processor:.2g})" if ideal and rate.processor else ""
    return f"{rate.answers:,.0f}; {rate.processor * 1e6:,.0f}{part}"


def _made(folder: Path, name: str) -> Path:
    made = folder / name
    made.mkdir(parents=True)
    return made


def main(arguments: Sequence[str] | None = None) -> int:
    """Print a table for each number of projects. Return the exit code."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument(
        "--projects", type=int, nargs="+", default=[10, 1000, 10_000], help="default: 10 1000 10000"
    )
    parser.add_argument("--files", type=int, default=100, help="files of the first project (default: 100)")
    parser.add_argument("--seconds", type=int, default=4, help="how long each cell is measured (default: 4)")
    given = parser.parse_args(arguments)
    if readers.program("wrk") is None:
        sys.exit("wrk is not on PATH")
    for projects in given.projects:
        with tempfile.TemporaryDirectory(prefix="read-side-") as folder:
            load = os.getloadavg()[0]
            table = table_of(Path(folder), projects=projects, files=given.files, seconds=given.seconds)
        print(f"\n{projects:,} projects, the first with {given.files:,} files", end="; ")
        print(f"load {load:.1f} to {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores\n", flush=True)
        show(table)
    return 0


if __name__ == "__main__":
    sys.exit(main())
