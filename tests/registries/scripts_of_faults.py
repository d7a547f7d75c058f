"""The script of each fault's first deviation, run against three servers."""

from __future__ import annotations

import hashlib
import os
import re
import subprocess
import sys
import tempfile
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
from reference_server.faults.building.attestations import TakesAttestations
from reference_server.flavours import all_flavours
from reference_server.rules import Rules

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from conformance.target import Target
    from reference_server.model import Upload

    Case = tuple[Fault, str, str]
    """A fault, the requirement that catches it, and a flavour held to that."""

NOT_TRIED = "not tried"
WORDS = {1: "reproduced", 0: "not reproduced", 2: "wrong command", 3: "no answer", 4: NOT_TRIED}
SERVERS = ("same store", "new store", "without the fault")
EXPECTED = ("reproduced", "reproduced", "not reproduced")
MISLEADING = {
    ("same store", "not reproduced"),
    ("new store", "not reproduced"),
    ("without the fault", "reproduced"),
}
"""What a script must never say, by the server that it was run against."""
PATIENCE = 120.0
"""Seconds that a script may take."""
RULES = replace(Rules(), max_file_size=200_000)
"""A limit that makes the checks of it as quick as the others."""


@dataclass(frozen=True, kw_only=True)
class Conclusions:
    """What the script of a fault's first deviation said about each server; or why there is none."""

    fault: str
    requirement: str
    words: tuple[str, ...] = ()
    reason: str = ""
    """Why there is no script, or why it could not be tried."""

    @property
    def misleads(self) -> bool:
        """Whether it says of a server what is not so."""
        return bool(MISLEADING.intersection(zip(SERVERS, self.words, strict=False)))

    def __str__(self) -> str:
        words = [f"{server}: {word}" for server, word in zip(SERVERS, self.words, strict=False)]
        return f"{self.fault} ({self.requirement}): {', '.join(words) or self.reason}"


def scriptable() -> list[Case]:
    """Return each fault that an HTTP check catches, with the first such requirement, and a flavour held to it."""
    held = {
        flavour.name: {
            row.id for row in catalogue().for_profile(profile(flavour.profile)) if not row.runs_clients
        }
        for flavour in all_flavours()
    }
    found = []
    for fault in (kind() for kind in all_faults()):
        for flavour, rows in held.items():
            if row := next((each for each in fault.caught_by if each in rows), None):
                found.append((fault, row, flavour))
                break
    return found


def sampled(cases: Sequence[Case], number: int, *, seed: int) -> list[Case]:
    """Choose some cases by a digest of each fault's name, so that a new fault changes one of them at most."""

    def place(case: Case) -> bytes:
        return hashlib.sha256(f"{seed} {case[0].name}".encode()).digest()

    return sorted(cases, key=place)[:number]


@contextmanager
def served(flavour: str, *faults: Fault) -> Iterator[tuple[ReferenceServer, Target]]:
    """Start a new server, and yield it as a target, too."""
    with ReferenceServer(rules=RULES, faults=faults, flavour=flavour) as server:
        yield server, target_from_table(server.target(), embedded=True)


def conclusions(fault: Fault, requirement: str, flavour: str) -> Conclusions:
    """Judge a server with a fault by one requirement, and run the script of the deviation against three servers."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "reproduce.py")
        with served(flavour, fault) as (server, target):
            options = RunOptions(examples=20, rounds=10, settle=0.02)
            try:
                result = run_checks(target, options, Selection(only=frozenset({requirement})))
                path.write_text(scripts(result, [requirement])[requirement], encoding="utf-8")
            except (CannotJudge, NoScript) as error:
                return Conclusions(
                    fault=fault.name, requirement=requirement, reason=str(error).splitlines()[0]
                )
            found = [run(path, server, target)]
        for faults in ((type(fault)(),), without(fault)):
            with served(flavour, *faults) as (server, target):
                found.append(run(path, server, target))
    words, reasons = zip(*found, strict=True)
    reason = next(filter(None, reversed(reasons)), "")
    return Conclusions(fault=fault.name, requirement=requirement, words=words, reason=reason)


class AttestationsVerified(TakesAttestations):
    """Refuses uploads with attestations."""

    def lets_through(self, sent: tuple[str, ...], upload: Upload) -> bool:
        del sent, upload
        return False


def without(fault: Fault) -> tuple[Fault, ...]:
    """Return what a server has that does right what a fault does wrong: the reference ignores attestations."""
    return (AttestationsVerified(),) if isinstance(fault, TakesAttestations) else ()


def run(path: Path, server: ReferenceServer, target: Target) -> tuple[str, str]:
    """Run a script against a server with nothing but Python. Return what it concluded, and why if it tried nothing."""
    credentials = {
        name.upper().replace("-", "_"): f"{each.username}:{each.password}"
        for name, each in target.credentials.items()
    }
    try:
        done = subprocess.run(
            [sys.executable, "-I", "-S", "-X", "utf8", path, server.url],
            env={name: os.environ[name] for name in ("SYSTEMROOT",) if name in os.environ} | credentials,
            capture_output=True,
            timeout=PATIENCE,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return "no end", ""
    if b"Traceback" in done.stderr:
        return "crashed", ""
    word = WORDS.get(done.returncode, f"exit code {done.returncode}")
    return word, _reason(done.stdout.decode()) if word == NOT_TRIED else ""


def _reason(printed: str) -> str:
    """Return why a script tried nothing: why it skipped a request, or what it concluded, without names."""
    skipped = re.search(r"^skipped .*\n  (.*)$|^  (Too little .*|This list .*)$", printed, re.MULTILINE)
    if skipped:
        return skipped[1] or skipped[2]
    sentence = printed.partition("\nCould not be tried. ")[2].partition("\n")[0]
    return re.sub(
        r"refused .*?, which the deviation needs: .*", "refused an upload that the deviation needs.", sentence
    )
