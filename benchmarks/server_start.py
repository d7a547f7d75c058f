"""Measures what the server in a test costs: its import, its first start, and a start after that.

    python -m benchmarks.server_start [CHECKOUT]

Processor time in milliseconds, the least of several processes. A folder with another checkout is measured beside this
one, turn by turn, so that both meet the same load.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

ROUNDS = 7
ROOT = Path(__file__).parents[1]
PROGRAM = """
import time
begun = time.process_time()
from reference_server import ReferenceServer
imported = time.process_time()
with ReferenceServer():
    started = time.process_time()
later = []
for _ in range(40):
    before = time.process_time()
    with ReferenceServer():
        later.append(time.process_time() - before)
print(imported - begun, started - imported, min(later))
"""


def measured(checkout: Path) -> list[float]:
    """Return the three times of one process, in milliseconds."""
    environment = os.environ | {"PYTHONPATH": str(checkout)}
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM],
        cwd=checkout,
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )
    return [float(each) * 1000 for each in done.stdout.split()]


def main() -> None:
    """Print a line per checkout."""
    checkouts = [ROOT, *(Path(each).resolve() for each in sys.argv[1:])]
    rounds = [[measured(each) for each in checkouts] for _ in range(ROUNDS)]
    print(f"{'':40} {'import':>8} {'first start':>12} {'later start':>12}")
    for number, checkout in enumerate(checkouts):
        least = [min(times) for times in zip(*(each[number] for each in rounds), strict=True)]
        print(f"{str(checkout)[-40:]:40} {least[0]:8.0f} {least[1]:12.1f} {least[2]:12.2f}")


if __name__ == "__main__":
    main()
