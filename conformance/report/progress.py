"""The progress of a run on a terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from conformance.report.carried import carried_result
from conformance.report.estimate import Estimate
from conformance.verdicts import Verdict

if TYPE_CHECKING:
    from typing import TextIO

LETTERS = {
    Verdict.PASSED: ".",
    Verdict.FAILED: "F",
    Verdict.WARNED: "w",
    Verdict.NOTED: "n",
    Verdict.NOT_APPLICABLE: "-",
    Verdict.UNTESTABLE: "u",
    Verdict.KNOWN: "k",
    Verdict.STALE: "S",
    Verdict.ERROR: "E",
}


class ProgressReport:
    """A pytest plugin: a bar on a terminal, a line of letters per area elsewhere.

    The registry shows changes after `late` seconds.
    """

    def __init__(self, file: TextIO, *, late: float = 0) -> None:
        self._late = late
        self._console = Console(file=file, highlight=False)
        self._bar = Progress(
            TextColumn("{task.description:<44}"),
            BarColumn(bar_width=30),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            TextColumn("{task.fields[left]}"),
            console=self._console,
            transient=True,
            disable=not self._console.is_terminal,
        )
        self._task = self._bar.add_task("preparing", total=None, left="")
        self._estimate = Estimate([])
        self._area = ""

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        """Set the number of checks."""
        self._begin([item.nodeid for item in session.items])

    @pytest.hookimpl(optionalhook=True)
    def pytest_xdist_node_collection_finished(self, node: Any, ids: list[str]) -> None:  # noqa: ARG002
        """Set it from the first worker."""
        self._begin(ids)

    def _begin(self, ids: list[str]) -> None:
        if self._bar.tasks[self._task].total:  # every worker reports the same checks
            return
        self._estimate = Estimate(map(_area_of, ids), late=self._late)
        self._bar.update(self._task, total=len(ids))
        self._bar.start()

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Count a check that has ended."""
        result = carried_result(report)
        if result is None:
            return
        self._estimate.end(result.area)
        self._bar.update(self._task, advance=1, description=result.id, left=str(self._estimate))
        if not self._console.is_terminal:
            self._letter(result.area, LETTERS[result.verdict])

    def _letter(self, area: str, letter: str) -> None:
        if area != self._area:
            self._console.print(f"{chr(10) if self._area else ''}{area:<12}", end="")
            self._area = area
        self._console.print(letter, end="")
        self._console.file.flush()

    def pytest_sessionfinish(self) -> None:
        """End the bar or the line of letters."""
        self._bar.stop()
        if self._area:
            self._console.print()


def _area_of(check: str) -> str:
    """Return the area of a check, from its pytest id: `checks/simple/test_root.py::test_served`."""
    return check.partition("::")[0].rpartition("/")[0].rpartition("/")[2]
