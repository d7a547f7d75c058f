"""Whether scripts tell a defect from its absence: the script of each fault's first deviation, run three times.

    python -m benchmarks.scripts                  # every fault that HTTP checks catch
    python -m benchmarks.scripts --sample 30 --seed 1

Per fault: the server with the fault is judged by the first requirement that catches it. The script of the deviation is
run against the same server, whose store the run has left, against a new one with the fault, and against a new one
without. It should say *reproduced* to the first two, and *not reproduced* to the third. The table counts what it said;
each other answer is listed. Ends with 1 if a script misleads: says that a good server has the fault, or that a new
server with the fault has not. Loopback only.
"""

from __future__ import annotations

import argparse
import os
import random
import subprocess
import sys
import tempfile
from collections import Counter
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from conformance.catalogue import catalogue
from conformance.profiles import profile
from conformance.report.script import NoScript, scripts
from conformance.run.checks_run import run_checks
from conformance.run.run import CannotJudge
from conformance.run.selection import Selection
from conformance.target import target_from_table
from conformance.verdicts.options import RunOptions
from reference_server import ReferenceServer
from reference_server.faults import Fault, all_faults
from reference_server.flavours import FLAVOURS
from reference_server.rules import Rules

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from conformance.target import Target

WORDS = {1: "reproduced", 0: "not reproduced", 2: "wrong command", 3: "no answer", 4: "not tried"}
SERVERS = ("same store", "new store", "without the fault")
EXPECTED = ("reproduced", "reproduced", "not reproduced")
MISLEADING = {("new store", "not reproduced"), ("without the fault", "reproduced")}
"""What a script must never say, by the server that it was run against."""
PATIENCE = 120.0
"""Seconds that a script may take."""
RULES = replace(Rules(), max_file_size=200_000)
"""A limit that makes the checks of it as quick as the others."""


@dataclass(frozen=True, kw_only=True)
class Told:
    """What the script of a fault's first deviation said about each server; or why there is none."""

    fault: str
    requirement: str
    words: tuple[str, ...] = ()
    reason: str = ""

    @property
    def misleads(self) -> bool:
        """Whether it says of a server what is not so."""
        return bool(MISLEADING.intersection(zip(SERVERS, self.words, strict=False)))

    def __str__(self) -> str:
        said = self.reason or ", ".join(
            f"{server}: {word}" for server, word in zip(SERVERS, self.words, strict=True)
        )
        return f"{self.fault} ({self.requirement}): {said}"


def scriptable() -> list[tuple[Fault, str, str]]:
    """Return each fault that an HTTP check catches, with the first such requirement, and a flavour held to it."""
    held = {
        flavour.name: {
            row.id for row in catalogue().for_profile(profile(flavour.profile)) if not row.runs_clients
        }
        for flavour in FLAVOURS
    }
    found = []
    for fault in (kind() for kind in all_faults()):
        for flavour, rows in held.items():
            if row := next((each for each in fault.caught_by if each in rows), None):
                found.append((fault, row, flavour))
                break
    return found


@contextmanager
def served(flavour: str, *faults: Fault) -> Iterator[tuple[ReferenceServer, Target]]:
    """Start a new server, and yield it as a target, too."""
    with ReferenceServer(rules=RULES, faults=faults, flavour=flavour) as server:
        yield server, target_from_table(server.target(), embedded=True)


def told(fault: Fault, requirement: str, flavour: str) -> Told:
    """Judge a server with a fault by one requirement, and run the script of the deviation against three servers."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "reproduce.py")
        with served(flavour, fault) as (server, target):
            options = RunOptions(examples=20, rounds=10, settle=0.02)
            try:
                result = run_checks(target, options, Selection(only=frozenset({requirement})))
                path.write_text(scripts(result, [requirement])[requirement], encoding="utf-8")
            except (CannotJudge, NoScript) as error:
                return Told(fault=fault.name, requirement=requirement, reason=str(error).splitlines()[0])
            words = [run(path, server, target)]
        for faults in ((type(fault)(),), ()):
            with served(flavour, *faults) as (server, target):
                words.append(run(path, server, target))
    return Told(fault=fault.name, requirement=requirement, words=tuple(words))


def run(path: Path, server: ReferenceServer, target: Target) -> str:
    """Run a script against a server with nothing but Python, and return what it concluded."""
    credentials = {
        name.upper().replace("-", "_"): f"{each.username}:{each.password}"
        for name, each in target.credentials.items()
    }
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-X", "utf8", path, server.url],
        env={name: os.environ[name] for name in ("SYSTEMROOT",) if name in os.environ} | credentials,
        capture_output=True,
        timeout=PATIENCE,
        check=False,
    )
    return WORDS.get(done.returncode, f"exit code {done.returncode}")


def main() -> int:
    """Print the table."""
    parser = argparse.ArgumentParser(description="run the scripts of deviations against servers")
    parser.add_argument("--sample", type=int, metavar="N", help="choose N faults by chance (default: all)")
    parser.add_argument(
        "--seed", type=int, default=1, metavar="N", help="the chance of the choice (default: 1)"
    )
    options = parser.parse_args()
    cases = scriptable()
    if options.sample:
        cases = random.Random(options.seed).sample(cases, options.sample)  # noqa: S311 - a sample, no secret
    results = [told(*case) for case in cases]
    print(document(results))
    return int(any(each.misleads for each in results))


def document(results: Sequence[Told]) -> str:
    """Return what was said that should not be, and a table of how often scripts said what."""
    odd = [f"- {each}" for each in results if each.words != EXPECTED]
    head = ["", f"| server | {' | '.join(WORDS.values())} |", f"|{'---|' * (len(WORDS) + 1)}"]
    rows = []
    for number, server in enumerate(SERVERS):
        counts = Counter(each.words[number] for each in results if each.words)
        rows.append(f"| {server} | {' | '.join(str(counts[word]) for word in WORDS.values())} |")
    none = sum(not each.words for each in results)
    return "\n".join([*odd, *head, *rows, f"\n{len(results)} faults, {none} without a script"])


if __name__ == "__main__":
    sys.exit(main())
