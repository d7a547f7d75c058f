"""What a default run costs with clients that are forked and with plain ones, and whose time it is.

    python -m benchmarks.client_processes              # by one process, and by one per CPU
    python -m benchmarks.client_processes --short      # by one process only
    python -m benchmarks.client_processes -- -k clients  # with further options of `run`

Each row is one run of `registry-conformance run` on its own server: wall seconds, CPU seconds of all its processes,
seconds of the checks that run clients and of all others, and requests per HTTP check. The last table divides the CPU
seconds of a run by one process among three: the suite; the fork server of the clients with all clients, forked or not;
and the target, which has a process of its own there. Loopback only. Times depend on the machine and its load, which is
printed first: compare figures of one run only.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

TARGET = """
import sys, tomli_w
from reference_server import ReferenceServer
with ReferenceServer(faults=sys.argv[2:]) as server:
    open(sys.argv[1], "w").write(tomli_w.dumps(server.target()))
    print(flush=True)
    sys.stdin.read()
"""
"""Serves a registry until its input ends; the first line says that registry.toml is there."""

SUITE = """
import atexit, resource, sys

def cpu():
    for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN):
        used = resource.getrusage(who)
        print(used.ru_utime + used.ru_stime, file=sys.stderr)

atexit.register(cpu)  # before any other: fork servers have ended by then
from conformance.commands.main import main
sys.exit(main(sys.argv[1:]))
"""
"""Runs the suite, and prints the CPU seconds of its own process and of those that it started."""


@dataclass(frozen=True, kw_only=True)
class Cost:
    """What one run cost, in seconds, and how many requests each HTTP check sent."""

    wall: float
    cpu: float
    client_checks: float
    http_checks: float
    requests_per_check: float

    @property
    def row(self) -> str:
        """The cells of a table."""
        figures = (self.wall, self.cpu, self.client_checks, self.http_checks, self.requests_per_check)
        return " | ".join(f"{figure:.1f}" for figure in figures)


def used(process: subprocess.Popen[str]) -> float:
    """Wait for a process, and return the CPU seconds of it and of its descendants. Ends the program if it failed."""
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        sys.exit(f"{process.args!r} ended with {process.returncode}")
    return usage.ru_utime + usage.ru_stime


def cost(*options: str) -> Cost:
    """Run the suite on its own server."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "result.json")
        command = [sys.executable, "-m", "conformance", "run", "--json", str(path), *options]
        began = time.perf_counter()
        cpu = used(subprocess.Popen(command, stdout=subprocess.DEVNULL, text=True, env=environment()))
        wall = time.perf_counter() - began
        results = json.loads(path.read_text(encoding="utf-8"))["results"]
    clients = [each for each in results if each["id"].startswith("clients.")]
    http = [each for each in results if each not in clients]
    return Cost(
        wall=wall,
        cpu=cpu,
        client_checks=sum(each["duration"] for each in clients),
        http_checks=sum(each["duration"] for each in http),
        requests_per_check=sum(each["requests"] for each in http) / len(http) if http else 0,
    )


def shares(*options: str) -> tuple[float, float, float]:
    """Return the CPU seconds of the suite, of its clients and of the target in a run by one process."""
    with tempfile.TemporaryDirectory() as folder, target(Path(folder, "registry.toml")) as process:
        command = [sys.executable, "-c", SUITE, "run", "--config", f"{folder}/registry.toml", *options]
        run = subprocess.run(command, check=False, capture_output=True, text=True, env=environment())
        if run.returncode:
            sys.exit(f"{command!r} ended with {run.returncode}:\n{run.stdout}{run.stderr}")
        suite, clients = map(float, run.stderr.split()[-2:])
        assert process.stdin is not None
        process.stdin.close()
        return suite, clients, used(process)


@contextmanager
def target(file: Path, *faults: str) -> Iterator[subprocess.Popen[str]]:
    """Start a registry, and write its address and tokens to a file; end it where that is still to be done."""
    process = subprocess.Popen(
        [sys.executable, "-c", TARGET, file, *faults],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        process.stdout.readline()
        yield process
    finally:
        process.stdin.close()
        process.stdout.close()
        if process.returncode is None:
            process.wait()


def environment() -> dict[str, str]:
    """Return this environment, without what keeps Python from using what it has compiled."""
    return {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}


def main() -> None:
    """Print both tables."""
    parser = argparse.ArgumentParser(description="measure a default run with forked and with plain clients")
    parser.add_argument("--short", action="store_true", help="leave out the runs by several processes")
    parser.add_argument("options", nargs="*", help="options of every run, after `--`")
    arguments = parser.parse_args()
    several = () if arguments.short else (("-n", "auto"),)
    print(f"load {os.getloadavg()[0]:.1f} on {os.cpu_count()} CPUs\n")
    print("| run | wall s | CPU s | client checks, s | HTTP checks, s | requests per HTTP check |")
    print("|---|---:|---:|---:|---:|---:|")
    for processes in ((), *several):
        for clients in ((), ("--plain-clients",)):
            words = f"{' '.join(processes) or 'one process'}, {'plain' if clients else 'forked'}"
            print(f"| {words} | {cost(*processes, *clients, *arguments.options).row} |", flush=True)
    print("\n| run | suite, CPU s | fork server and clients, CPU s | target, CPU s |\n|---|---:|---:|---:|")
    for clients in ((), ("--plain-clients",)):
        figures = " | ".join(f"{share:.1f}" for share in shares(*clients, *arguments.options))
        print(f"| {'plain' if clients else 'forked'} | {figures} |", flush=True)


if __name__ == "__main__":
    main()
