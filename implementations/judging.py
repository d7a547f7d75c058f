"""Judges an implementation: starts it, runs the suite on it in a process of its own, and reads the result."""

from __future__ import annotations

import json
import os
import shlex
import subprocess
import sys
import tempfile
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from threading import Event
from time import monotonic, perf_counter
from typing import TYPE_CHECKING, Any

import tomli_w

from conformance.corpus.ledger import Ledger
from conformance.errors import UserError
from conformance.report.result_file import BadResult, read_finished
from implementations.adjudication import FILE, read_adjudication, read_embargo
from implementations.comparison import Comparison, compare, held_to, update_baseline
from implementations.environments import versions_in
from implementations.place import CannotStart
from implementations.starting import started

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from conformance.report.result import RunResult
    from implementations.adjudication import Row
    from implementations.place import Place, Running
    from implementations.recipe import Implementation

RESULT = "result.json"
VERSIONS = "versions.json"
LONGEST = 3600.0
"""Seconds after which a run is ended: a safety net, far above what any of them takes."""


@dataclass(frozen=True, kw_only=True)
class Judged:
    """The judgement of an implementation. `problem` says why there is none, or empty."""

    name: str
    version: str
    date: str
    seconds: float
    problem: str = ""
    exit_code: int | None = None
    verdicts: Mapping[str, str] = field(default_factory=dict)
    comparison: Comparison = field(default_factory=Comparison)
    files_left: int = 0
    processes_left: int = 0

    def count(self, *verdicts: str) -> int:
        """Return how many requirements have one of these verdicts."""
        return sum(verdict in verdicts for verdict in self.verdicts.values())

    @property
    def is_good(self) -> bool:
        """Whether it was judged, as adjudicated, and nothing of ours went wrong or was left running."""
        return not (self.problem or self.count("error") or self.processes_left) and (
            self.exit_code == int(self.count("failed") > 0) and self.comparison.as_adjudicated
        )


@dataclass(frozen=True, kw_only=True)
class Assignment:
    """What is judged, and where results go.

    `options` are further ones of `registry-conformance run`; with `update` the baseline becomes what is found. Once
    `stopped` is set, the judgement ends, with its registry.
    """

    implementation: Implementation
    cache: Path
    output: Path
    options: Sequence[str] = ()
    embargo: Path | None = None
    update: bool = False
    stopped: Event = field(default_factory=Event)


def judge(assignment: Assignment) -> Judged:
    """Judge an implementation. Lets nothing out: what goes wrong is the `problem` of what is returned."""
    implementation = assignment.implementation
    begun, date = perf_counter(), datetime.now(UTC).isoformat(timespec="seconds")
    folder = (assignment.output / implementation.name).absolute()
    folder.mkdir(parents=True, exist_ok=True)
    found: dict[str, Any] = {}
    try:
        rows = _rows(assignment)
        with started(implementation, assignment.cache, stopped=assignment.stopped) as (running, place):
            _write_versions(implementation, place, folder / VERSIONS)
            try:
                found = _run(assignment, running, folder)
            finally:
                _keep_logs(place.work, folder)
        found["processes_left"] = len(place.leftovers())
        found |= _held(assignment, rows, read_finished(folder / RESULT))
    except UserError as error:
        found["problem"] = str(error)
    except Exception as error:  # noqa: BLE001 - one broken implementation never stops the others
        found["problem"] = f"{type(error).__name__}: {error}"
    return Judged(
        name=implementation.name,
        version=implementation.version,
        date=date,
        seconds=perf_counter() - begun,
        **found,
    )


def _run(assignment: Assignment, running: Running, folder: Path) -> dict[str, Any]:
    """Judge a registry, and return what belongs to the judgement."""
    report = ("--report", f"html={folder / 'report.html'}")
    options = (*report, *assignment.implementation.declared.judge.options)
    code, left = run_suite(
        "run", assignment, running, result=folder / RESULT, output=folder / "output.txt", options=options
    )
    return {"exit_code": code, "files_left": left}


def run_suite(
    command: str,
    assignment: Assignment,
    running: Running,
    *,
    result: Path,
    output: Path,
    options: Sequence[str],
) -> tuple[int, int]:
    """Run a command of the suite on a registry; return its exit code, and how many files it has left there.

    It writes its `result`, and `output` gets what it prints. Raises CannotStart where it ends without a result.
    """
    result.unlink(missing_ok=True)
    with tempfile.TemporaryDirectory(prefix=f"{command}-") as name:
        work = Path(name)
        text, passwords = written_target(running.table)
        (work / "registry.toml").write_text(text, encoding="utf-8")
        words = [
            *(sys.executable, "-m", "conformance", command, "--config", str(work / "registry.toml")),
            *("--json", str(result), "--ledgers", str(work / "ledgers")),
            *options,
            *assignment.options,
        ]
        with output.open("w", encoding="utf-8") as stream:
            stream.write(f"$ {shlex.join(words)}\n")
            stream.flush()
            code = ended(words, passwords, stream, assignment.stopped)
        if not result.exists():
            raise CannotStart(f"the {command} ended with {code} and no result: see {output}")
        return code, _left(work / "ledgers")


def ended(command: Sequence[str], passwords: Mapping[str, str], output: Any, stopped: Event) -> int:
    """Run a command to its end, or until `stopped` is set, and return its exit code. Raises CannotStart."""
    kept = {key: value for key, value in os.environ.items() if not key.startswith("REGISTRY_CONFORMANCE_")}
    process = subprocess.Popen(
        command,
        env=kept | dict(passwords),
        stdin=subprocess.DEVNULL,
        stdout=output,
        stderr=subprocess.STDOUT,
    )
    deadline = monotonic() + LONGEST
    with process:
        try:
            while process.poll() is None:
                if stopped.wait(0.1):
                    raise CannotStart("it was stopped")
                if monotonic() > deadline:
                    raise CannotStart(f"the run took more than {LONGEST:.0f} s")
            return process.returncode
        finally:
            process.terminate()  # the suite cleans up, and writes what it has


def written_target(table: Mapping[str, Any]) -> tuple[str, dict[str, str]]:
    """Return the text of a registry.toml without passwords, and the variables that hold them."""
    passwords: dict[str, str] = {}
    credentials = {}
    for name, credential in table.get("credentials", {}).items():
        kept = dict(credential)
        if "password" in kept:
            variable = f"IMPLEMENTATION_{name.upper().replace('-', '_')}"[:32]
            passwords[variable] = kept.pop("password")
            kept["password-env"] = variable
        credentials[name] = kept
    return tomli_w.dumps({**table, **({"credentials": credentials} if credentials else {})}), passwords


def judged_before(assignment: Assignment) -> Judged:
    """Compare the result of an earlier judgement with what is known now; without one the `problem` says so."""
    implementation = assignment.implementation
    try:
        result = read_finished(assignment.output / implementation.name / RESULT)
    except BadResult as error:
        return Judged(
            name=implementation.name, version=implementation.version, date="", seconds=0, problem=str(error)
        )
    return Judged(
        name=implementation.name,
        version=implementation.version,
        date=result.started.isoformat(timespec="seconds"),
        seconds=result.seconds,
        exit_code=result.exit_code,
        **_held(assignment, _rows(assignment), result),
    )


def _rows(assignment: Assignment) -> dict[str, Row]:
    name, folder = assignment.implementation.name, assignment.implementation.folder
    return read_adjudication(folder / FILE) | read_embargo(assignment.embargo, name)


def _held(assignment: Assignment, rows: Mapping[str, Row], result: RunResult) -> dict[str, Any]:
    """Return the verdicts of a result, and how they compare with what is known of the implementation."""
    results, folder = result.results, assignment.implementation.folder
    if assignment.update:
        update_baseline(folder, results, rows)
    verdicts = {each.id: str(each.verdict) for each in results}
    comparison = compare(
        verdicts,
        rows,
        signatures={each.id: each.signature for each in results},
        baseline=held_to(folder, rows),
        today=datetime.now(UTC).date(),
        choice=result.summary.choice,
    )
    return {"verdicts": verdicts, "comparison": comparison}


def _left(ledgers: Path) -> int:
    """Return how many files the run could not delete, or does not know to be deleted."""
    written = (Ledger(path) for path in ledgers.glob("*.jsonl"))
    return sum(len(set(each.entries()) - each.refused()) for each in written)


def _keep_logs(work: Path, folder: Path) -> None:
    for log in work.rglob("*.log"):
        text = log.read_bytes()[-1_000_000:]
        (folder / log.name).write_bytes(text)


def _write_versions(implementation: Implementation, place: Place, path: Path) -> None:
    versions = versions_in(place.programs()) if implementation.declared.needs.pip else {}
    path.write_text(json.dumps(versions, indent=1) + "\n", encoding="utf-8")
