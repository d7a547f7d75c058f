"""The progress of a run on a terminal."""

from __future__ import annotations

from collections import Counter, defaultdict
from typing import TYPE_CHECKING, Any

import pytest
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    ProgressColumn,
    TextColumn,
    TimeElapsedColumn,
)

from conformance.report.carried import carried_result
from conformance.report.console import console_on
from conformance.report.estimate import Estimate
from conformance.report.pace import Pace
from conformance.verdicts import Verdict
from conformance.verdicts.counting import counted

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


WIDE, FIGURES = 126, 68
"""Characters of a line that has room for every part of the bar, and of its figures."""

LINE = 60
"""Letters in a line."""


class ProgressReport:
    """A pytest plugin: a bar on a terminal, lines of letters per area elsewhere.

    The registry shows changes after `late` seconds.
    """

    def __init__(self, file: TextIO, *, late: float = 0) -> None:
        self._late = late
        self._console = console_on(file)
        self._bar = Progress(
            *_columns(self._console.width),
            console=self._console,
            transient=True,
            disable=not self._console.is_interactive,
        )
        self._task = self._bar.add_task("preparing", total=None, left="", found="")
        self._estimate = Estimate([])
        self._pace = Pace()
        self._failed = self._requests = 0
        self._whole: Counter[str] = Counter()
        self._letters: dict[str, list[str]] = defaultdict(list)

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
        areas = [_area_of(each) for each in ids]
        self._whole = Counter(areas)
        self._estimate = Estimate(areas, late=self._late)
        self._bar.update(self._task, total=len(ids))
        self._bar.start()

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Count a check that has ended."""
        result = carried_result(report)
        if result is None:
            return
        self._estimate.end(result.area)
        self._failed += result.verdict is Verdict.FAILED
        self._requests += result.requests
        self._pace.add(result.requests)
        requests = counted(self._requests, "request")
        self._bar.update(
            self._task,
            advance=1,
            description=result.id,
            found=", ".join(filter(None, (f"{self._failed} failed", requests, str(self._pace)))),
            left=str(self._estimate),
        )
        if not self._console.is_interactive:
            self._letter(result.area, LETTERS[result.verdict])

    def _letter(self, area: str, letter: str) -> None:
        """Keep a letter until the line of its area is full: workers judge several areas at the same time."""
        letters = self._letters[area]
        letters.append(letter)
        if len(letters) % LINE == 0 or len(letters) == self._whole[area]:
            self._line(area)

    def _line(self, area: str) -> None:
        letters = self._letters[area]
        begin = (len(letters) - 1) // LINE * LINE
        shown = "".join(letters[begin:])
        self._console.print(f"{area:<12} {shown:<{LINE}} {len(letters):>3} of {self._whole[area]}")
        self._console.file.flush()

    def pytest_sessionfinish(self) -> None:
        """End the bar, and the lines of areas that were not judged whole."""
        self._bar.stop()
        if not self._console.is_interactive:
            for area, letters in self._letters.items():
                if len(letters) < self._whole[area] and len(letters) % LINE:
                    self._line(area)


def _columns(width: int) -> list[ProgressColumn]:
    """Return the parts of the bar that a terminal has room for."""
    found, left = TextColumn("{task.fields[found]}"), TextColumn("{task.fields[left]}")
    if width < WIDE:
        room = max(12, min(44, width - FIGURES))
        return [TextColumn(f"{{task.description:<{room}.{room}}}"), MofNCompleteColumn(), found, left]
    bar = BarColumn(bar_width=min(30, width - WIDE + 8))
    return [TextColumn("{task.description:<44}"), bar, MofNCompleteColumn(), found, TimeElapsedColumn(), left]


def _area_of(check: str) -> str:
    """Return the area of a check, from its pytest id: `checks/simple/test_root.py::test_served`."""
    return check.partition("::")[0].rpartition("/")[0].rpartition("/")[2]
