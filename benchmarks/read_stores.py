"""Whether reading from a store in a directory is as fast as from memory: processor time per answer, turn by turn.

    python -m benchmarks.read_stores --projects 10 1000 --rounds 9

Both servers run at once and take turns of a second, so that both meet the same load. Prints the median of the
microseconds per answer, and which part of memory's speed the store has: the aim is 0.6 in each column. `wrk` is taken
from PATH. Loopback only.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from contextlib import ExitStack
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING

from benchmarks import readers
from benchmarks.read_side import distributions, driven, processor, tree, urls

if TYPE_CHECKING:
    from collections.abc import Sequence

    from benchmarks.readers import Server


def window(server: Server, url: str, media_type: str) -> float | None:
    """Return the microseconds of processor time for each answer of a second; None without answers."""
    processes = tree(server.process)
    before = processor(processes)
    answers, _ = driven(url, media_type, 1)
    return (processor(processes) - before) * 1e6 / answers if answers else None


def measured(folder: Path, *, projects: int, files: int, rounds: int) -> dict[str, list[float]]:
    """Return the medians of both servers by column."""
    published = distributions(projects=projects, files=files)
    with ExitStack() as stack:
        servers = []
        for name, options in (("memory", ()), ("store", ("--store", "store"))):
            (folder / name).mkdir()
            servers.append(stack.enter_context(readers.reference_server(folder / name, published, *options)))
        asked = [list(urls(each, published[0].filename)) for each in servers]
        found: dict[str, list[list[float]]] = {column: [[], []] for column, _, _ in asked[0]}
        for turn in range(rounds + 1):
            for number, server in enumerate(servers):
                for column, url, media_type in asked[number]:
                    took = window(server, url, media_type)
                    if turn and took:  # the first one warms up
                        found[column][number].append(took)
    return {column: [median(each) for each in both] for column, both in found.items() if all(both)}


def main(arguments: Sequence[str] | None = None) -> int:
    """Print a line per number of projects and column. Return the exit code: 1 for a store below the aim."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--projects", type=int, nargs="+", default=[10, 1000], help="default: 10 1000")
    parser.add_argument("--files", type=int, default=100, help="files of the first project (default: 100)")
    parser.add_argument("--rounds", type=int, default=9, help="windows of each cell (default: 9)")
    given = parser.parse_args(arguments)
    if readers.program("wrk") is None:
        sys.exit("wrk is not on PATH")
    worst = 1.0
    print("| projects | column | memory, µs | SQLite, µs | of memory's speed |\n|---:|---|---:|---:|---:|")
    for projects in given.projects:
        with tempfile.TemporaryDirectory(prefix="read-stores-") as folder:
            found = measured(Path(folder), projects=projects, files=given.files, rounds=given.rounds)
        for column, (memory, store) in found.items():
            worst = min(worst, memory / store)
            print(
                f"| {projects:,} | {column} | {memory:.0f} | {store:.0f} | {memory / store:.2f} |", flush=True
            )
    print(f"load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores")
    return int(worst < 0.6)


if __name__ == "__main__":
    sys.exit(main())
