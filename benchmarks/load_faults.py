"""What a default run and a load find of the faults that only a crowd shows.

    python -m benchmarks.load_faults [FAULT …] [--users N] [--time SECONDS] [--mix NAME]

For each fault: `registry-conformance run` as it comes, and `registry-conformance load` for a short time, each on a
server of its own. Prints the requirements that each of them says are not met. Loopback only.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.serving import served
from tests.kill_matrix.matrix import FAULTS, LOAD

if TYPE_CHECKING:
    from collections.abc import Sequence

KINDS = {
    "starving writers": ("writers-starved", "writers-checkpointed"),
    "lost different file": ("lost-in-crowds", "lost-in-creation"),
    "stale worker": ("stale-worker", "html-of-before"),
    "acknowledged, then gone": ("acknowledged-then-gone", "dropped-afterwards"),
    "two winners": ("two-winners-in-crowds", "first-of-two-winners"),
}
"""Two faults of each kind; further ones are of none of these."""

DEVIATING = ("failed", "warned", "noted")


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("faults", nargs="*", metavar="FAULT")
    parser.add_argument("--users", type=int, default=40, help="clients at once (default: %(default)s)")
    parser.add_argument("--time", type=float, default=30.0, help="seconds of a load (default: %(default)s)")
    parser.add_argument("--mix", default="releases", help="what they do (default: %(default)s)")
    arguments = parser.parse_args()
    crowded = [each.name for each in FAULTS if LOAD.intersection(each.caught_by)]
    kinds = {name: kind for kind, names in KINDS.items() for name in names}
    names: Sequence[str] = arguments.faults or sorted(crowded, key=lambda name: kinds.get(name, "~"))
    load = ("load", "--users", str(arguments.users), "--time", str(arguments.time), "--mix", arguments.mix)
    print("| kind | fault | a default run finds | a load finds |\n|---|---|---|---|", flush=True)
    for name in names:
        by_run, by_load = found_by(("run",), name), found_by(load, name)
        print(
            f"| {kinds.get(name, 'other')} | `{name}` | {written(by_run)} | {written(by_load)} |", flush=True
        )


def found_by(command: Sequence[str], fault: str) -> list[str]:
    """Return what a command of the suite says of a server with a fault."""
    with (
        tempfile.TemporaryDirectory() as name,
        served(Path(name), "--fault", fault, "--control") as server,
    ):
        path, folder = Path(name) / "result.json", Path(name)
        whole = [sys.executable, "-m", "conformance", *command, "--config", str(server.described)]
        whole += ["--json", str(path), "--ledgers", str(folder / "ledgers")]
        process = subprocess.run(whole, check=False, capture_output=True, text=True)
        if not path.exists():
            raise SystemExit(process.stdout + process.stderr)
        results = json.loads(path.read_text(encoding="utf-8"))["results"]
    return [each["id"] for each in results if each["verdict"] in DEVIATING]


def written(requirements: Sequence[str]) -> str:
    """Return requirements as a cell of the table."""
    return ", ".join(f"`{each}`" for each in requirements) or "nothing"


if __name__ == "__main__":
    main()
