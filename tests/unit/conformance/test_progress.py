"""What a run says while it goes on."""

from __future__ import annotations

from io import StringIO
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any
from unittest.mock import patch

import pytest
from rich.console import Console

from conformance.report import progress
from conformance.report.estimate import Estimate
from conformance.report.pace import Pace
from conformance.report.progress import ProgressReport
from conformance.verdicts import Verdict

if TYPE_CHECKING:
    from collections.abc import Iterator


class Clock:
    """A clock that a test sets."""

    def __init__(self) -> None:
        self.seconds = 100.0

    def __call__(self) -> float:
        return self.seconds


@pytest.mark.parametrize(
    ("done", "elapsed", "words"),
    [
        (0, 60, ""),
        (4, 60, ""),  # too little is known
        (10, 9, ""),  # a short run needs none
        (10, 60, "about 9 min left"),
        (50, 60, "about 1 min left"),
        (90, 60, "less than a minute left"),
        (100, 60, ""),
    ],
)
def test_an_estimate_follows_the_pace_so_far(done: int, elapsed: float, words: str) -> None:
    clock = Clock()
    estimate = Estimate(["simple"] * 100, clock=clock)
    for _ in range(done):
        estimate.end("simple")
    clock.seconds += elapsed
    assert str(estimate) == words


def test_races_take_the_longest_at_a_registry_that_is_waited_for(clock: Clock) -> None:
    soon, late = (Estimate(["clients"] * 25 + ["race"] * 25, late=late, clock=clock) for late in (0, 2))
    clock.seconds += 600
    for estimate in (soon, late):
        for _ in range(25):
            estimate.end("clients")
    assert [str(soon), str(late)] == ["about 2 min left", "about 41 min left"]


def test_checks_that_take_longer_weigh_more() -> None:
    clock = Clock()
    light, heavy = (Estimate(["simple"] * 60 + [area] * 30, clock=clock) for area in ("simple", "clients"))
    for estimate in (light, heavy):
        for _ in range(60):
            estimate.end("simple")
    clock.seconds += 60
    assert str(light) == "less than a minute left"
    assert str(heavy).startswith("about ")
    assert int(str(heavy).split()[1]) > 5


@pytest.mark.parametrize(
    ("elapsed", "requests", "words"), [(0.5, 8, ""), (4, 10, "2.5/s"), (10, 300, "30/s"), (100, 300, "30/s")]
)
def test_the_pace_is_that_of_the_last_seconds(elapsed: float, requests: int, words: str) -> None:
    clock = Clock()
    pace = Pace(clock=clock)
    pace.add(5_000 if elapsed > 50 else 0)
    clock.seconds += elapsed
    pace.add(requests)
    assert str(pace) == words


class Terminal(StringIO):
    """A terminal, as far as rich asks."""

    def isatty(self) -> bool:
        return True


@pytest.fixture
def clock() -> Iterator[Clock]:
    clock = Clock()
    with (
        patch.object(progress, "Estimate", lambda areas, **late: Estimate(areas, clock=clock, **late)),
        patch.object(progress, "Pace", lambda: Pace(clock=clock)),
    ):
        yield clock


@pytest.mark.parametrize("workers", [0, 2], ids=["alone", "with workers"])
@pytest.mark.parametrize("terminal", [True, False], ids=["terminal", "file"])
def test_the_estimate_is_on_terminals_only(
    clock: Clock, monkeypatch: pytest.MonkeyPatch, *, terminal: bool, workers: int
) -> None:
    for name in ("NO_COLOR", "TTY_COMPATIBLE", "TTY_INTERACTIVE", "FORCE_COLOR"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "160")
    file = Terminal() if terminal else StringIO()
    report = ProgressReport(file)
    ids = [f"checks/simple/test_root.py::test_{number}" for number in range(100)]
    if workers:
        for _ in range(workers):
            report.pytest_xdist_node_collection_finished(None, ids)
    else:
        report.pytest_collection_finish(_session(ids))
    clock.seconds += 600
    result = SimpleNamespace(id="simple.root.served", area="simple", verdict=Verdict.PASSED, requests=2)
    with patch.object(progress, "carried_result", lambda _: result):
        for _ in range(10):
            report.pytest_runtest_logreport(_report())
    report.pytest_sessionfinish()
    assert ("about 90 min left" in file.getvalue()) is terminal
    assert ("simple" in file.getvalue()) is True


@pytest.mark.parametrize("width", [80, 110, 126, 160])
def test_the_bar_fits_on_its_line(width: int, clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", str(width))
    report = ProgressReport(Terminal())
    report.pytest_collection_finish(
        _session([f"checks/simple/test_root.py::test_{each}" for each in range(600)])
    )
    clock.seconds += 60
    result = SimpleNamespace(
        id="simple.json.file.core-metadata.hashes", area="simple", verdict=Verdict.FAILED, requests=10
    )
    with patch.object(progress, "carried_result", lambda _: result):
        for _ in range(590):
            report.pytest_runtest_logreport(_report())
    drawn = Console(width=width, file=StringIO(), force_terminal=True, color_system=None)
    with drawn.capture() as line:
        drawn.print(report._bar.get_renderable())
    report.pytest_sessionfinish()
    for part in ("590/600", "590 failed, 5900 requests", "590/s", "less than a minute left"):
        assert part in line.get()
    assert "simple.json" in line.get()


def _session(ids: list[str]) -> Any:
    return SimpleNamespace(items=[SimpleNamespace(nodeid=each) for each in ids])


def _report() -> Any:
    return SimpleNamespace()
