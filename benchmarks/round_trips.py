"""How many requests of a run on a far target wait for each other: its time, however busy this machine is.

    python -m benchmarks.round_trips                  # HTTP checks only, answers 0.1 s later
    python -m benchmarks.round_trips --seconds 0.05 -k race

One process judges the reference server in another one. A request is one round trip later than the last one that had
been answered when it was sent. Prints the round trips and the requests of the run, and of the checks with most, each
with what is set up for it; clean-up counts for the last check. Loopback only.
"""

from __future__ import annotations

import argparse
import tempfile
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING

from benchmarks.client_processes import target
from conformance.run.checks_run import run_checks
from conformance.run.selection import Selection
from conformance.target.configuration import configured_target
from conformance.verdicts.options import RunOptions
from conformance.wire import RawConnection, Session

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import Any

MOST = 20


@dataclass(eq=False)
class Clock:
    """Counts round trips and requests; as a plugin of pytest, by check."""

    trips: int = 0
    requests: int = 0
    marks: list[tuple[str, int, int]] = field(default_factory=list)
    _lock: Lock = field(default_factory=Lock)

    def counted(self, send: Callable[..., Any]) -> Callable[..., Any]:
        """Return a function that counts each call of another as a request."""

        def sent(*arguments: Any, **options: Any) -> Any:
            with self._lock:
                before = self.trips
            try:
                return send(*arguments, **options)
            finally:
                with self._lock:
                    self.trips = max(self.trips, before + 1)
                    self.requests += 1

        return sent

    def pytest_runtest_logstart(self, nodeid: str) -> None:
        """Begin a check."""
        self.mark(nodeid)

    def mark(self, name: str) -> None:
        """Begin something that requests are counted for."""
        self.marks.append((name, self.trips, self.requests))

    @contextmanager
    def counting(self) -> Iterator[None]:
        """Count the requests of this process until the end of the block."""
        places: tuple[tuple[Any, str], ...] = ((Session, "_timed"), (RawConnection, "answer"))
        plain = [getattr(place, name) for place, name in places]
        for (place, name), send in zip(places, plain, strict=True):
            setattr(place, name, self.counted(send))
        try:
            yield
        finally:
            for (place, name), send in zip(places, plain, strict=True):
                setattr(place, name, send)


def main() -> None:
    """Print the round trips of a run, and of the checks with most of them."""
    parser = argparse.ArgumentParser(description="count round trips of a run on a far target")
    parser.add_argument(
        "--seconds", type=float, default=0.1, help="seconds before each answer (default: 0.1)"
    )
    parser.add_argument("-k", dest="keyword", default="not clients", help="run only these checks")
    arguments = parser.parse_args()
    clock = Clock()
    with tempfile.TemporaryDirectory() as name, clock.counting():
        config = Path(name) / "registry.toml"
        with target(config, f"latency,seconds={arguments.seconds}"):
            judged = configured_target(config=config)
            assert judged is not None
            options = RunOptions(ledger_folder=Path(name) / "ledgers")
            clock.mark("before the first check")
            run_checks(judged, options, Selection(keyword=arguments.keyword), plugins=[clock])
    clock.mark("the end")
    print(f"{clock.trips} round trips, {clock.requests} requests\n")
    print("| check | round trips | requests |\n|---|---:|---:|")
    pairs = zip(clock.marks, clock.marks[1:], strict=False)
    rows = [(later[1] - one[1], later[2] - one[2], one[0].rpartition("/checks/")[2]) for one, later in pairs]
    for trips, requests, name in sorted(rows, reverse=True)[:MOST]:
        print(f"| `{name}` | {trips} | {requests} |")


if __name__ == "__main__":
    main()
