"""Runs of the suite that are ended by a signal, at random moments: what stays on the registry, and which processes.

    python -m benchmarks.interruptions                              # SIGTERM, SIGINT and SIGKILL, ten moments each
    python -m benchmarks.interruptions --signal KILL -n auto        # the first process of several

Each moment has a reference server of its own, in another process, and a default run as a user starts one. The moments
lie in the start of the program, the set-up, the checks and the end, by turns; a first run that is left alone shows how
long each of these takes. In the table `exit` is the exit code, `end` the seconds from the signal to the end of the
first process, `late` the processes of the run that are alive one second later, `left` the packages on the server then,
and `result` whether the file of the result can be read. After SIGKILL nothing cleans up: `left` counts what `sweep`
leaves. Ends with 1 if anything is left, alive or unreadable. Linux only. Loopback only.
"""

from __future__ import annotations

import argparse
import ctypes
import json
import os
import random
import re
import signal
import subprocess
import sys
import tempfile
import time
import tomllib
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from itertools import cycle, islice
from pathlib import Path
from typing import TYPE_CHECKING

import requests

from conformance.report.result_file import BadResult, read_result
from reference_server.serving.ports import free_port

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

HOST = "127.0.0.1"
PHASES = ("start", "set-up", "checks", "end")
TURNS = ("start", "set-up", "checks", "end", "checks")
"""The phases in which the signals come, by turns."""
FIRST = 0.3
"""Seconds after which the first signal may come: before that, Python itself starts."""
LATE = 1.0
"""Seconds after the end of a run at which none of its processes may be alive."""
PATIENCE = 600.0
GITLAB_PROJECTS = range(1, 6)
SIGNALS = {"TERM": signal.SIGTERM, "INT": signal.SIGINT, "KILL": signal.SIGKILL}
_AREA = re.compile(r"\b(\d+) of \1$", re.MULTILINE)
_SUBREAPER = 36
"""PR_SET_CHILD_SUBREAPER of prctl(2): processes whose parent has ended become children of this one."""


@dataclass(frozen=True, kw_only=True)
class Registry:
    """A reference server in another process: its id, its URL, and a credential with all rights."""

    pid: int
    url: str
    username: str
    password: str

    def packages(self) -> list[str]:
        """Return everything that it holds, in all its GitLab projects."""
        api = self.url.partition("/projects/")[0]
        found = []
        for number in GITLAB_PROJECTS:
            answer = requests.get(
                f"{api}/projects/{number}/packages",
                params={"per_page": 100},
                headers={"PRIVATE-TOKEN": self.password},
                timeout=PATIENCE,
            )
            found += [package["name"] for package in answer.json()] if answer.ok else []
        return found


@dataclass(frozen=True, kw_only=True)
class Ended:
    """A run that a signal ended; `moment` and `seconds` count from its start and from the signal."""

    phase: str
    moment: float
    exit_code: int
    seconds: float
    alive: tuple[str, ...]
    left: tuple[str, ...]
    result: str
    """`yes` where its file can be read, `no`, or `-` for a program that was not yet so far."""
    output: str

    @property
    def is_right(self) -> bool:
        """Whether nothing is left, alive or unreadable."""
        return not (self.alive or self.left) and self.result != "no"


class Run:
    """A run that is under way, in a folder of its own."""

    def __init__(
        self, registry: Registry, folder: Path, arguments: Sequence[str], *, areas: int = sys.maxsize
    ) -> None:
        """Start it. Its checks end with the line of the last of its `areas`."""
        self._registry = registry
        self._areas = areas
        self._folder = folder
        self._credential = ("--username", registry.username, "--ledgers", str(folder / "ledgers"))
        self.result = folder / "result.json"
        self.output = folder / "output"
        self._environment = {**os.environ, "REGISTRY_CONFORMANCE_PASSWORD": registry.password}
        self.began = time.monotonic()
        with self.output.open("wb") as output:
            self.process = subprocess.Popen(
                [*_suite("run"), registry.url, *self._credential, "--json", str(self.result), *arguments],
                stdout=output,
                stderr=subprocess.STDOUT,
                stdin=subprocess.DEVNULL,
                env=self._environment,
            )

    @property
    def phase(self) -> str:
        """What the run is at: the result says so until there is output, which has a line for each area."""
        if not self.output.stat().st_size:
            with suppress(OSError, ValueError):
                return "checks" if json.loads(self.result.read_bytes())["run"] else "set-up"
            return "start"
        return "end" if self.areas_done() >= self._areas else "checks"

    def areas_done(self) -> int:
        """Return how many areas are judged."""
        return len(_AREA.findall(self.output.read_text(errors="replace")))

    @property
    def is_over(self) -> bool:
        """Whether its first process has ended."""
        return self.process.poll() is not None

    def sweep(self) -> None:
        """Delete what the run left, as its user would."""
        command = [*_suite("sweep"), self._registry.url, *self._credential]
        subprocess.run(command, env=self._environment, capture_output=True, check=False, timeout=PATIENCE)


def _suite(command: str) -> list[str]:
    return [sys.executable, "-m", "conformance", command]


@contextmanager
def serving(folder: Path) -> Iterator[Registry]:
    """Run a reference server until the end of the block."""
    port, described = free_port(HOST, 0), folder / "registry.toml"
    command = (sys.executable, "-m", "reference_server", "serve", "--port", str(port))
    with subprocess.Popen(
        [*command, "--write-target", str(described)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    ) as process:
        try:
            deadline = time.monotonic() + PATIENCE
            while not _answers(f"http://{HOST}:{port}"):
                if process.poll() is not None or time.monotonic() > deadline:
                    sys.exit("the reference server does not answer")
                time.sleep(0.05)
            table = tomllib.loads(described.read_text(encoding="utf-8"))
            yield Registry(pid=process.pid, url=table["url"], **table["credentials"]["default"])
        finally:
            process.terminate()


def _answers(url: str) -> bool:
    with suppress(requests.ConnectionError):
        return bool(requests.get(url, timeout=PATIENCE).status_code)
    return False


def descendants(*, but: int) -> list[str]:
    """Return the processes that this one has started, or that lost their parent, except those below `but`."""
    children: dict[int, list[tuple[int, str, str]]] = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):
            before, _, after = stat.read_text(errors="replace").rpartition(")")
            state, parent = after.split()[:2]
            itself, _, name = before.partition(" (")
            children.setdefault(int(parent), []).append((int(itself), name, state))
    found, parents = [], [os.getpid()]
    while parents:
        for number, name, state in children.get(parents.pop(), ()):
            if number != but:
                parents.append(number)
                found += [f"{name} {number}"] if state not in "ZX" else []
    return found


def phases(arguments: Sequence[str]) -> tuple[Mapping[str, float], int]:
    """Return the seconds of each phase of a run that is left alone, and the number of its areas."""
    lengths = dict.fromkeys(PHASES, 0.0)
    with tempfile.TemporaryDirectory() as folder, serving(Path(folder)) as registry:
        run = Run(registry, Path(folder), arguments)
        last = last_area = run.began
        areas = 0
        while not run.is_over:
            time.sleep(0.02)
            now = time.monotonic()
            lengths[run.phase] += now - last
            last = now
            if (done := run.areas_done()) > areas:
                areas, last_area = done, now
        if run.process.returncode:
            sys.exit(f"a run without a signal ends with {run.process.returncode}: {run.output.read_text()}")
    lengths["end"] = last - last_area
    lengths["checks"] -= lengths["end"]
    return lengths, areas


def ended_by(
    number: signal.Signals, phase: str, after: float, arguments: Sequence[str], *, areas: int
) -> Ended:
    """Start a run, send it a signal so many seconds after a phase began, and look at what is left."""
    with tempfile.TemporaryDirectory() as folder, serving(Path(folder)) as registry:
        run = Run(registry, Path(folder), arguments, areas=areas)
        while PHASES.index(run.phase) < PHASES.index(phase) and not run.is_over:
            time.sleep(0.02)
        time.sleep(after)
        found = run.phase
        sent = time.monotonic()
        run.process.send_signal(number)
        code = run.process.wait(PATIENCE)
        seconds = time.monotonic() - sent
        time.sleep(LATE)
        alive = descendants(but=registry.pid)
        if number is signal.SIGKILL:
            run.sweep()
        return Ended(
            phase=found,
            moment=sent - run.began,
            exit_code=code,
            seconds=seconds,
            alive=tuple(alive),
            left=tuple(registry.packages()),
            result=_result(run, found, number),
            output=run.output.read_text(errors="replace"),
        )


def _result(run: Run, phase: str, number: signal.Signals) -> str:
    """Return whether the result of a run can be read; after SIGKILL it need not be finished."""
    try:
        result = read_result(run.result)
    except BadResult:
        return "-" if phase == "start" else "no"
    return "yes" if result.finished or number is signal.SIGKILL else "no"


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the table. Return the exit code."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument(
        "--moments", type=int, default=10, help="number of runs for each signal (default: 10)"
    )
    parser.add_argument(
        "--signal", choices=SIGNALS, action="append", help="signal (default: all; repeatable)"
    )
    parser.add_argument("-n", dest="processes", help="processes of each run (default: one)")
    parser.add_argument("-k", dest="keyword", help="run only matching checks (default: all)")
    parser.add_argument("--seed", type=int, default=0, help="seed of the moments (default: 0)")
    given = parser.parse_args(arguments)
    more = [
        *(["-n", given.processes] if given.processes else []),
        *(["-k", given.keyword] if given.keyword else []),
    ]
    ctypes.CDLL(None).prctl(_SUBREAPER, 1, 0, 0, 0)
    chance = random.Random(given.seed)  # noqa: S311 - moments, no secrets
    lengths, areas = phases(more)
    print(", ".join(f"{phase} {seconds:.1f} s" for phase, seconds in lengths.items()), flush=True)
    print("signal  phase    moment  exit    end  late  left  result", flush=True)
    wrong = []
    turns = list(islice(cycle(TURNS), given.moments))
    for name, phase in ((name, phase) for name in given.signal or SIGNALS for phase in turns):
        after = chance.uniform(FIRST if phase == PHASES[0] else 0.0, lengths[phase])
        ended = ended_by(SIGNALS[name], phase, after, more, areas=areas)
        print(
            f"{name:7} {ended.phase:8} {ended.moment:6.2f} {ended.exit_code:5} {ended.seconds:6.2f} "
            f"{len(ended.alive):5} {len(ended.left):5}  {ended.result}",
            flush=True,
        )
        wrong += [] if ended.is_right else [ended]
    for each in wrong:
        print(
            f"\n{each.phase}, {each.moment:.2f} s: alive {each.alive}, left {each.left}\n{each.output[-1500:]}"
        )
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
