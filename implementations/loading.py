"""Puts an implementation under load: starts it, runs `registry-conformance load` on it, and reads the figures."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from rich.table import Table

from conformance.errors import UserError
from conformance.report.result_file import read_finished
from implementations.comparison import DEVIATING
from implementations.judging import run_suite
from implementations.starting import started

if TYPE_CHECKING:
    from collections.abc import Sequence

    from conformance.report.result import LoadFigure, LoadFigures, RunResult
    from implementations.judging import Assignment

LOAD = "load.json"
OPTIONS = ("--verbose",)
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
            *(self.name, self.version or "-", clients(figures)),
            *(f"{figures.per_second:.0f}", str(figures.failed)),
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
        with started(implementation, assignment.cache, stopped=assignment.stopped) as (running, _):
            run_suite(
                "load", assignment, running, result=folder / LOAD, output=folder / "load.txt", options=OPTIONS
            )
        found["result"] = read_finished(folder / LOAD)
    except UserError as error:
        found["problem"] = str(error)
    except Exception as error:  # noqa: BLE001 - one broken implementation never stops the others
        found["problem"] = f"{type(error).__name__}: {error}"
    return Loaded(name=implementation.name, version=implementation.version, **found)


def table_of(loaded: Sequence[Loaded]) -> Table:
    """Return the figures and the findings of all of them, side by side."""
    table = Table(*COLUMNS, box=None)
    for each in loaded:
        table.add_row(*each.row)
    return table


def clients(figures: LoadFigures) -> str:
    """Return who drove the load."""
    return f"{figures.arrivals:g} visits/s" if figures.arrivals else str(figures.users)


def percentiles(figures: LoadFigures, purpose: str) -> str:
    """Return the median, 95% and 99% of one kind of request in milliseconds; a dash without any."""
    found: LoadFigure | None = next((each for each in figures.purposes if each.purpose == purpose), None)
    if found is None:
        return "-"
    return "/".join(f"{seconds * 1000:.0f}" for seconds in (found.median, found.p95, found.p99))


def deviations(result: RunResult) -> list[str]:
    """Return the requirements that a result says are not met."""
    return [each.id for each in result.results if each.verdict in DEVIATING]
