"""How long the in-process server takes to start and stop, and what a default run costs.

    python benchmarks/first_run.py

Prints medians of several rounds. Times differ by machine: compare figures of one run only.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median

from reference_server import ReferenceServer

ROUNDS = 30


def server_times() -> tuple[float, float]:
    """Return the median milliseconds to start and to stop, after one round to import everything."""
    starts, stops = [], []
    for number in range(ROUNDS + 1):
        server = ReferenceServer()
        began = time.perf_counter()
        server.start()
        running = time.perf_counter()
        server.stop()
        if number:
            starts.append(running - began)
            stops.append(time.perf_counter() - running)
        server.registry.close()
    return median(starts) * 1000, median(stops) * 1000


def default_run(*options: str) -> dict[str, float]:
    """Run the command on the embedded server and return its figures."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "result.json")
        command = [sys.executable, "-m", "conformance", "run", "--json", str(path), *options]
        began = time.perf_counter()
        run = subprocess.run(command, check=False, capture_output=True, text=True)
        wall = time.perf_counter() - began
        if run.returncode:
            sys.exit(f"{' '.join(command)} ended with {run.returncode}:\n{run.stdout}{run.stderr}")
        result = json.loads(path.read_text(encoding="utf-8"))
    http = [check for check in result["results"] if not check["id"].startswith("clients.")]
    return {
        "wall seconds": round(wall, 1),
        "checks": len(result["results"]),
        "requests and client runs": result["summary"]["requests"],
        "HTTP checks": len(http),
        "HTTP checks' seconds": round(sum(check["duration"] for check in http), 2),
        "HTTP checks' requests": sum(check["requests"] for check in http),
    }


def main() -> None:
    """Print all figures."""
    start, stop = server_times()
    print(f"in-process server: start {start:.1f} ms, stop {stop:.1f} ms (median of {ROUNDS})")
    for title, options in (
        ("default run", ()),
        ("default run, -n 2", ("-n", "2")),
        ("without clients", ("-k", "not clients")),
        ("without clients, one example per property", ("-k", "not clients", "--examples", "1")),
    ):
        figures = default_run(*options)
        print(f"{title}: " + ", ".join(f"{name} {value:g}" for name, value in figures.items()))


if __name__ == "__main__":
    main()
