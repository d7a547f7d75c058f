"""Which second of a run is spent on what: `python -m benchmarks.far_target --timeline`.

As a plugin of pytest, in each process of a run, this module writes down when each request and each check began and
ended. `rows` puts the records of all processes together.
"""

from __future__ import annotations

import json
import math
import os
import sys
import time
from collections import defaultdict
from contextlib import contextmanager
from dataclasses import dataclass
from functools import wraps
from importlib import import_module
from pathlib import Path
from threading import Lock, current_thread, main_thread
from typing import TYPE_CHECKING, Any

import pytest

from conformance.run.plan import requirement_id
from conformance.run.selection import Selection
from conformance.wire import RawConnection, Session

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterable, Iterator

FOLDER = "REGISTRY_CONFORMANCE_TIMELINE"
"""The environment variable with the folder that processes write their records to."""

REQUEST, BESIDE, ALONE, SET_UP = "request", "beside", "alone", "set up"

_WRITING = Lock()


@dataclass(frozen=True)
class Record:
    """Something that a process did, from one moment to another, in seconds of one clock."""

    process: str
    kind: str
    name: str
    began: float
    ended: float

    def within(self, second: float, length: float) -> float:
        """Return how many of the seconds from a moment on it took."""
        return max(0.0, min(self.ended, second + length) - max(self.began, second))


@contextmanager
def _recorded(kind: str, name: str) -> Iterator[None]:
    began = time.monotonic()
    try:
        yield
    finally:
        process = os.environ.get("PYTEST_XDIST_WORKER", "main")
        line = json.dumps([process, kind, name, began, time.monotonic()])
        with _WRITING, (Path(os.environ[FOLDER]) / f"{process}.jsonl").open("a", encoding="utf-8") as file:
            file.write(f"{line}\n")


def _as_record(call: Callable[..., Any], name: Callable[[], tuple[str, str]]) -> Callable[..., Any]:
    @wraps(call)
    def recorded(*arguments: Any, **options: Any) -> Any:
        with _recorded(*name()):
            return call(*arguments, **options)

    return recorded


def pytest_itemcollected(item: pytest.Item) -> None:
    """Record when the check of a requirement runs, in its turn or beside others."""
    if name := requirement_id(item):
        function: Any = item

        def kind() -> tuple[str, str]:
            return (ALONE if current_thread() is main_thread() else BESIDE), name

        function.obj = _as_record(function.obj, kind)


@pytest.hookimpl(wrapper=True)
def pytest_fixture_setup(fixturedef: pytest.FixtureDef[Any]) -> Generator[None, object, object]:
    """Record when a fixture of the session is set up."""
    if fixturedef.scope != "session":
        return (yield)
    with _recorded(SET_UP, fixturedef.argname):
        return (yield)


def read(folder: Path) -> list[Record]:
    """Return the records of all processes, in the order of their beginnings."""
    lines = (line for file in folder.glob("*.jsonl") for line in file.read_text("utf-8").splitlines())
    return sorted((Record(*json.loads(line)) for line in lines), key=lambda each: each.began)


def rows(records: Iterable[Record], *, length: float = 1.0) -> Iterator[str]:
    """Yield a table: for each span of time and process the requests and the checks under way, and those alone."""
    known = list(records)
    begin, end = known[0].began, max(each.ended for each in known)
    processes = sorted({each.process for each in known})
    yield f"| s | {' | '.join(f'{each}: requests, checks, alone' for each in processes)} |"
    yield f"|---:|{'---|' * len(processes)}"
    for number in range(math.ceil((end - begin) / length)):
        at, cells = begin + number * length, []
        for process in processes:
            busy: defaultdict[str, float] = defaultdict(float)
            alone: defaultdict[str, float] = defaultdict(float)
            for each in known:
                if each.process == process and (part := each.within(at, length)):
                    busy[each.kind] += part
                    if each.kind == ALONE:
                        alone[each.name] += part
            longest = max(alone, key=alone.__getitem__, default="")
            cells.append(f"{busy[REQUEST] / length:.1f}, {busy[BESIDE] / length:.1f} {longest}".rstrip())
        yield f"| {number * length:.0f} | {' | '.join(cells)} |"


def longest(records: Iterable[Record], *, most: int = 30) -> Iterator[str]:
    """Yield a table of the checks that took longest, with the second that each began at."""
    known = list(records)
    checks = [each for each in known if each.kind in {BESIDE, ALONE}]
    yield "| check | process | began, s | took, s | |\n|---|---|---:|---:|---|"
    for each in sorted(checks, key=lambda each: each.began - each.ended)[:most]:
        began, took = each.began - known[0].began, each.ended - each.began
        yield f"| `{each.name}` | {each.process} | {began:.1f} | {took:.1f} | {each.kind} |"


def recording() -> None:
    """Record the requests of this process."""
    for place, name in ((Session, "_timed"), (RawConnection, "answer")):
        owner: Any = place
        setattr(owner, name, _as_record(getattr(owner, name), lambda: (REQUEST, "")))


if os.environ.get(FOLDER) and __name__ != "__main__":
    recording()


def main() -> None:
    """Run the suite, as its own command does, with records of all its processes."""
    from conformance.commands.main import main as run_suite  # not in the workers, which load this as a plugin

    import_module("benchmarks.timeline")  # this module is `__main__`, and the plugin another one
    plain = Selection.plugins
    Selection.plugins = lambda self: [*plain(self), "benchmarks.timeline"]  # type: ignore[method-assign]
    sys.exit(run_suite(sys.argv[1:]))


if __name__ == "__main__":
    main()
