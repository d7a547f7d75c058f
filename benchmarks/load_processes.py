"""What one process and a master with four worker processes find under load, and how fast the clients are.

    python -m benchmarks.load_processes [--users N] [--time SECONDS] [--workers N]

Two servers, one after the other: the reference server in a process of its own, and one with a fault that only a crowd
shows. Each is put under load by one process, and by a master with workers as on several machines: every worker is a
command of its own. Loopback only.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.serving import HOST, Server, served
from conformance.report.result_file import read_result
from implementations.comparison import DEVIATING
from reference_server.serving.ports import free_port

if TYPE_CHECKING:
    from collections.abc import Collection

    from conformance.report.result import RunResult

FAULT = "two-winners-in-crowds"
PATIENCE = 60.0


class Loads:
    """Puts a server under load, again and again."""

    def __init__(self, server: Server, folder: Path, arguments: argparse.Namespace) -> None:
        username, password = server.credential
        self._environment = {
            **os.environ,
            "REGISTRY_CONFORMANCE_USERNAME": username,
            "REGISTRY_CONFORMANCE_PASSWORD": password,
        }
        self._folder = folder
        self._command = [
            *(sys.executable, "-m", "conformance", "load", server.target["url"]),
            *("--users", str(arguments.users), "--time", f"{arguments.time}s", "--mix", arguments.mix),
        ]
        self._workers = arguments.workers

    def by_one_process(self) -> RunResult:
        """Return the result of a load by one process."""
        return self._result()

    def by_a_master(self) -> RunResult:
        """Return the result of a load by a master, whose workers are started as on other machines."""
        port = str(free_port(HOST, 0))
        worker = [*self._command, "--worker", "--master-host", HOST, "--master-port", port]
        workers = [
            subprocess.Popen(
                worker, env=self._environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
            )
            for _ in range(self._workers)
        ]
        try:
            expected = ("--master", "--expect-workers", str(self._workers), "--master-port", port)
            result = self._result(*expected)
            for each in workers:
                each.wait(PATIENCE)
        finally:
            for each in workers:
                each.terminate()
                each.wait()
        return result

    def _result(self, *options: str) -> RunResult:
        path = self._folder / "load.json"
        path.unlink(missing_ok=True)
        command = [*self._command, *options, "--json", str(path), "--ledgers", str(self._folder / "ledgers")]
        run = subprocess.run(
            command,
            env=self._environment,
            check=False,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        if not path.exists():
            sys.exit(run.stdout)
        return read_result(path)


def row(server: str, driven: str, result: RunResult) -> str:
    """Return a line of the table."""
    figures = result.summary.load
    assert figures
    found = _named(result, DEVIATING)
    untestable = _named(result, ("untestable",))
    counts = (figures.processes, figures.requests, round(figures.per_second), figures.failed)
    return f"| {' | '.join(map(str, (server, driven, *counts, found, untestable)))} |"


def _named(result: RunResult, verdicts: Collection[str]) -> str:
    names = [f"`{each.id}`" for each in result.results if each.verdict in verdicts]
    return ", ".join(names) or "none"


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--users", type=int, default=40)
    parser.add_argument("--time", type=int, default=20, metavar="SECONDS")
    parser.add_argument("--mix", default="releases")
    parser.add_argument("--workers", type=int, default=4)
    arguments = parser.parse_args()
    print(f"load of the machine before: {os.getloadavg()[0]:.1f}, on {os.cpu_count()} cores\n")
    print("| server | driven by | processes | requests | requests/s | failed | findings | untestable |")
    print("|---|---|---:|---:|---:|---:|---|---|", flush=True)
    for name, options in {"reference server": (), FAULT: ("--fault", FAULT)}.items():
        with tempfile.TemporaryDirectory(prefix="load-") as text, served(Path(text), *options) as server:
            loads = Loads(server, Path(text), arguments)
            print(row(name, "one process", loads.by_one_process()), flush=True)
            print(row(name, f"a master, {arguments.workers} workers", loads.by_a_master()), flush=True)


if __name__ == "__main__":
    main()
