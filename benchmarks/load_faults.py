"""What a default run and a load find of the faults that only a crowd shows.

    python -m benchmarks.load_faults [FAULT …]

For each fault: a server of its own, `registry-conformance run` as it comes, and a short load by threads of this
process, as in the kill matrix. Prints the requirements that each of them says are not met. Loopback only.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from reference_server.faults import fault_named
from reference_server.serving.in_process import ReferenceServer
from tests.kill_matrix.load_trial import LoadTrial
from tests.kill_matrix.matrix import FAULTS, LOAD, red

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
    chosen: Sequence[str] = parser.parse_args().faults
    crowded = [each.name for each in FAULTS if LOAD.intersection(each.caught_by)]
    kinds = {name: kind for kind, names in KINDS.items() for name in names}
    names = chosen or sorted(crowded, key=lambda name: kinds.get(name, "~"))
    print("| kind | fault | a default run finds | a load finds |\n|---|---|---|---|", flush=True)
    for name in names:
        by_run, by_load = by_a_run(name), by_a_load(name)
        print(
            f"| {kinds.get(name, 'other')} | `{name}` | {written(by_run)} | {written(by_load)} |", flush=True
        )


def by_a_run(name: str) -> list[str]:
    """Return what a default run says of a server with a fault."""
    with ReferenceServer(faults=[name]) as server, tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "result.json"
        command = [sys.executable, "-m", "conformance", "run", server.url, "--json", str(path)]
        command += ["--username", server.username, "--ledgers", folder]
        environment = {
            "REGISTRY_CONFORMANCE_PASSWORD": server.password,
            "PATH": str(Path(sys.executable).parent),
        }
        subprocess.run(command, env=environment, check=False, capture_output=True)
        results = json.loads(path.read_text(encoding="utf-8"))["results"]
    return [each["id"] for each in results if each["verdict"] in DEVIATING]


def by_a_load(name: str) -> list[str]:
    """Return what a short load says of a server with a fault."""
    with tempfile.TemporaryDirectory() as folder:
        return sorted(red(LoadTrial(Path(folder))(fault_named(name))))


def written(requirements: Sequence[str]) -> str:
    """Return requirements as a cell of the table."""
    return ", ".join(f"`{each}`" for each in requirements) or "nothing"


if __name__ == "__main__":
    main()
