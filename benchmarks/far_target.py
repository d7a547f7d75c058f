"""How long a run takes on a target that is far away, with one process, two and eight.

    python -m benchmarks.far_target                      # HTTP checks only, answers 0.1 s later
    python -m benchmarks.far_target --seconds 0.05 -n 2 -n 8
    python -m benchmarks.far_target -n 2 --timeline      # which second is spent on what

The target is the reference server in a process of its own, which waits before each answer. Prints wall seconds, the
CPU seconds of the suite, requests, and the seconds of the slowest checks. Loopback only.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from benchmarks import timeline
from benchmarks.client_processes import target

SLOWEST = 10


@dataclass(frozen=True, kw_only=True)
class Judged:
    """A run: wall seconds, CPU seconds of its processes, and the results."""

    wall: float
    cpu: float
    results: list[dict[str, object]]
    records: list[timeline.Record]
    """When each request and each check was under way, where that was asked for."""

    @property
    def requests(self) -> int:
        """How many requests the checks made."""
        return sum(int(str(each["requests"])) for each in self.results)


def run(folder: Path, processes: str, keyword: str, *, recorded: bool = False) -> Judged:
    """Judge the target by so many processes. Ends the program on an error."""
    report = folder / "result.json"
    words = [
        "run",
        "--config",
        str(folder / "registry.toml"),
        "-k",
        keyword,
        "--json",
        str(report),
        "-n",
        processes,
    ]
    module = "benchmarks.timeline" if recorded else "conformance"
    environment = {**os.environ, **({timeline.FOLDER: str(folder)} if recorded else {})}
    began, cpu = time.perf_counter(), _cpu_of_children()
    ended = subprocess.run(
        [sys.executable, "-m", module, *words], check=False, capture_output=True, text=True, env=environment
    )
    wall = time.perf_counter() - began
    if ended.returncode:
        sys.exit(f"{words} ended with {ended.returncode}:\n{ended.stdout}{ended.stderr}")
    results: list[dict[str, object]] = json.loads(report.read_text(encoding="utf-8"))["results"]
    records = timeline.read(folder) if recorded else []
    return Judged(wall=wall, cpu=_cpu_of_children() - cpu, results=results, records=records)


def _cpu_of_children() -> float:
    """Return the CPU seconds of the processes that have ended: the target goes on."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def main() -> None:
    """Print a row for each number of processes, and then the slowest checks of the last run."""
    parser = argparse.ArgumentParser(description="measure runs on a target that is far away")
    parser.add_argument(
        "--seconds", type=float, default=0.1, help="seconds before each answer (default: 0.1)"
    )
    parser.add_argument("-n", dest="processes", action="append", help="number of processes; may be repeated")
    parser.add_argument("-k", dest="keyword", default="not clients", help="run only these checks")
    parser.add_argument(
        "--timeline", action="store_true", help="print what each second of the last run was spent on"
    )
    arguments = parser.parse_args()
    print("| processes | wall s | CPU s | requests |\n|---|---:|---:|---:|")
    done: Judged | None = None
    for processes in arguments.processes or ["1", "2", "8"]:
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            with target(folder / "registry.toml", f"latency,seconds={arguments.seconds}"):
                done = run(folder, processes, arguments.keyword, recorded=arguments.timeline)
        print(f"| {processes} | {done.wall:.1f} | {done.cpu:.1f} | {done.requests} |", flush=True)
    assert done is not None
    print("\n| check | s | requests |\n|---|---:|---:|")
    for each in sorted(done.results, key=lambda each: -float(str(each["duration"])))[:SLOWEST]:
        print(f"| `{each['id']}` | {each['duration']} | {each['requests']} |")
    if arguments.timeline:
        print("", *timeline.rows(done.records), "", *timeline.longest(done.records), sep="\n")


if __name__ == "__main__":
    main()
