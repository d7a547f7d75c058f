"""Puts an implementation under load: starts it, runs `registry-conformance load` on it, and reads the figures."""

from __future__ import annotations

import shlex
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.table import Table

from conformance.errors import UserError
from conformance.report.result_file import read_finished
from implementations.comparison import DEVIATING
from implementations.judging import ended, written_target
from implementations.place import CannotStart
from implementations.starting import started

if TYPE_CHECKING:
    from collections.abc import Sequence

    from conformance.report.result import LoadFigure, LoadFigures, RunResult
    from implementations.judging import Assignment
    from implementations.place import Running

LOAD = "load.json"
SHOWN = ("page", "file", "upload")
"""The requests whose percentiles are shown, by what they are for."""

COLUMNS = (
    *("name", "version", "clients", "requests/s", "failed"),
    *(f"{purpose} 50/95/99%, ms" for purpose in SHOWN),
    *("findings", "untestable"),
)


@dataclass(frozen=True, kw_only=True)
class Loaded:
    """An implementation under load. `problem` says why there is no result, or empty."""

    name: str
    version: str
    result: RunResult | None = None
    problem: str = ""

    @property
    def row(self) -> tuple[str, ...]:
        """Its line of the table."""
        if self.result is None or self.result.summary.load is None:
            return (self.name, self.version or "-", self.problem or "no figures")
        figures = self.result.summary.load
        return (
            *(self.name, self.version or "-", clients(figures), f"{rate(figures):.0f}", str(failed(figures))),
            *(percentiles(figures, purpose) for purpose in SHOWN),
            ", ".join(deviations(self.result)) or "none",
            ", ".join(each.id for each in self.result.results if each.verdict == "untestable") or "none",
        )


def load(assignment: Assignment) -> Loaded:
    """Put an implementation under load. Lets nothing out: what goes wrong is the `problem` of what is returned."""
    implementation = assignment.implementation
    folder = (assignment.output / implementation.name).absolute()
    folder.mkdir(parents=True, exist_ok=True)
    found: dict[str, Any] = {}
    try:
        with started(implementation, assignment.cache) as (running, _):
            _run(assignment, running, folder)
        found["result"] = read_finished(folder / LOAD)
    except UserError as error:
        found["problem"] = str(error)
    except Exception as error:  # noqa: BLE001 - one broken implementation never stops the others
        found["problem"] = f"{type(error).__name__}: {error}"
    return Loaded(name=implementation.name, version=implementation.version, **found)


def _run(assignment: Assignment, running: Running, folder: Path) -> None:
    result = folder / LOAD
    result.unlink(missing_ok=True)
    with tempfile.TemporaryDirectory(prefix="load-") as name:
        work = Path(name)
        text, passwords = written_target(running.table)
        (work / "registry.toml").write_text(text, encoding="utf-8")
        command = [
            *(sys.executable, "-m", "conformance", "load", "--config", str(work / "registry.toml")),
            *("--json", str(result), "--ledgers", str(work / "ledgers"), "--verbose"),
            *assignment.options,
        ]
        with (folder / "load.txt").open("w", encoding="utf-8") as output:
            output.write(f"$ {shlex.join(command)}\n")
            output.flush()
            code = ended(command, passwords, output, assignment.stopped)
    if not result.exists():
        raise CannotStart(f"the load ended with {code} and no result: see {folder / 'load.txt'}")


def table_of(loaded: Sequence[Loaded]) -> Table:
    """Return the figures and the findings of all of them, side by side."""
    table = Table(*COLUMNS, box=None)
    for each in loaded:
        table.add_row(*each.row)
    return table


def clients(figures: LoadFigures) -> str:
    """Return who drove the load."""
    return f"{figures.arrivals:g} visits/s" if figures.arrivals else str(figures.users)


def rate(figures: LoadFigures) -> float:
    """Return the requests a second of all kinds."""
    requests = sum(each.requests for each in figures.purposes)
    return requests / figures.seconds if figures.seconds else 0.0


def failed(figures: LoadFigures) -> int:
    """Return the requests without an answer, or with a server error."""
    return sum(each.failed for each in figures.purposes)


def percentiles(figures: LoadFigures, purpose: str) -> str:
    """Return the median, 95% and 99% of one kind of request in milliseconds; a dash without any."""
    found: LoadFigure | None = next((each for each in figures.purposes if each.purpose == purpose), None)
    if found is None:
        return "-"
    return "/".join(f"{seconds * 1000:.0f}" for seconds in (found.median, found.p95, found.p99))


def deviations(result: RunResult) -> list[str]:
    """Return the requirements that a result says are not met."""
    return [each.id for each in result.results if each.verdict in DEVIATING]
