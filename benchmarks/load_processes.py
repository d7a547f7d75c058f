"""What one process and a master with four worker processes find under load, and how fast the clients are.

    python -m benchmarks.load_processes [--users N] [--time SECONDS] [--workers N]

Two servers, one after the other: the reference server in a process of its own, and one with a fault that only a crowd
shows. Each is put under load by one process, and by a master with workers as on several machines: every worker is a
command of its own. Loopback only.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
import tomllib
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from reference_server.serving.ports import free_port

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

HOST = "127.0.0.1"
FAULT = "two-winners-in-crowds"
PATIENCE = 60.0
DEVIATING = ("failed", "warned", "noted")


@contextmanager
def served(folder: Path, *options: str) -> Iterator[dict[str, Any]]:
    """Start a server, yield its target, and end it by its id."""
    described = folder / "registry.toml"
    command = [sys.executable, "-m", "reference_server", "serve", "--port", str(free_port(HOST, 0))]
    process = subprocess.Popen([*command, "--write-target", described, *options], stdout=subprocess.DEVNULL)
    try:
        deadline = time.monotonic() + PATIENCE
        while not described.exists() or not described.read_text(encoding="utf-8"):
            if process.poll() is not None or time.monotonic() > deadline:
                sys.exit("the server does not start")
            time.sleep(0.05)
        yield tomllib.loads(described.read_text(encoding="utf-8"))
    finally:
        process.terminate()
        process.wait()


class Loads:
    """Puts a server under load, again and again."""

    def __init__(self, target: dict[str, Any], folder: Path, arguments: argparse.Namespace) -> None:
        pair = target["credentials"]["default"]
        self._environment = {
            **os.environ,
            "REGISTRY_CONFORMANCE_USERNAME": pair["username"],
            "REGISTRY_CONFORMANCE_PASSWORD": pair["password"],
        }
        self._folder = folder
        self._command = [
            *(sys.executable, "-m", "conformance", "load", target["url"]),
            *("--users", str(arguments.users), "--time", f"{arguments.time}s", "--mix", arguments.mix),
        ]
        self._workers = arguments.workers

    def by_one_process(self) -> dict[str, Any]:
        """Return the result of a load by one process."""
        return self._result()

    def by_a_master(self) -> dict[str, Any]:
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

    def _result(self, *options: str) -> dict[str, Any]:
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
        found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        return found


def row(server: str, driven: str, result: dict[str, Any]) -> str:
    """Return a line of the table."""
    figures = result["summary"]["load"]
    requests = sum(each["requests"] for each in figures["purposes"])
    failed = sum(each["failed"] for each in figures["purposes"])
    found = _named(result, DEVIATING)
    untestable = _named(result, ("untestable",))
    counts = (figures["processes"], requests, round(requests / figures["seconds"]), failed)
    return f"| {' | '.join(map(str, (server, driven, *counts, found, untestable)))} |"


def _named(result: dict[str, Any], verdicts: Sequence[str]) -> str:
    names = [f"`{each['id']}`" for each in result["results"] if each["verdict"] in verdicts]
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
        with tempfile.TemporaryDirectory(prefix="load-") as text, served(Path(text), *options) as target:
            loads = Loads(target, Path(text), arguments)
            print(row(name, "one process", loads.by_one_process()), flush=True)
            print(row(name, f"a master, {arguments.workers} workers", loads.by_a_master()), flush=True)


if __name__ == "__main__":
    main()
