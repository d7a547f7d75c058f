"""A run that is interrupted ends, and says so, wherever the signal comes."""

from __future__ import annotations

import os
import signal
import sys
import threading
from typing import TYPE_CHECKING, Any

import pytest

from conformance.run import checks_run, selection
from conformance.run.interruption import Interruption
from conformance.run.parent_watch import Watch
from conformance.target import target_from_table
from conformance.verdicts import ExitCode
from conformance.verdicts.options import RunOptions, TrafficLimits
from conformance.wire import Budget
from reference_server import ReferenceServer

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from conformance.report.result import RunResult

pytestmark = pytest.mark.usefixtures("interruptible")

FIRST, SECOND = "gitlab.page.hash", "gitlab.page.absent-project-not-found"
CHECKS = """
import signal
from conformance.kit.check import check

class Dropped:
    def __del__(self):
        signal.raise_signal(signal.SIGINT)

@check("gitlab.page.hash")
def test_first():
    {}

@check("gitlab.page.absent-project-not-found")
def test_second():
    pass
"""
HEARD = "signal.raise_signal(signal.SIGINT)"
DROPPED = "Dropped()"


@pytest.fixture
def judge(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """Judges a server by two checks, the first of which does something else."""
    monkeypatch.setattr(selection, "CHECKS", tmp_path)
    monkeypatch.setattr(sys, "unraisablehook", lambda _: None)

    def judged(first: str) -> RunResult:
        (tmp_path / f"test_{tmp_path.name}.py").write_text(CHECKS.format(first), encoding="utf-8")
        return checks_run.run_checks(target_from_table(server.target(), embedded=True), RunOptions())

    with ReferenceServer() as server:
        yield judged


@pytest.mark.parametrize(
    ("first", "judged"),
    [("pass", [FIRST, SECOND]), (HEARD, []), (DROPPED, [FIRST])],
    ids=["", "heard", "dropped"],
)
def test_what_each_signal_ends(judge: Any, first: str, judged: list[str]) -> None:
    passed = {each.id for each in judge(first).results if each.verdict == "passed"}
    assert passed == set(judged)


@pytest.mark.parametrize("first", [HEARD, DROPPED])
def test_the_run_says_why_it_ended(judge: Any, first: str) -> None:
    result = judge(first)
    assert result.exit_code is ExitCode.HARNESS_ERROR
    assert "The run was interrupted." in result.summary.notes
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_what_comes_before_the_first_check_is_cleaned_up_too(
    judge: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(checks_run, "write_sentinel", interrupted_with_a_run)
    assert "The run was interrupted." in judge("pass").summary.notes


def interrupted_with_a_run(*_: Any, run_id: str = "") -> None:
    if run_id:
        signal.raise_signal(signal.SIGINT)


def test_a_worker_is_interrupted_with_its_run() -> None:
    budget, watch = Budget(TrafficLimits()), Watch()
    watch.end_with_run(budget)
    watch.look()
    budget.interrupt()
    with pytest.raises(KeyboardInterrupt):
        watch.look()
    watch.look()  # once is enough


def test_a_worker_ends_where_its_parent_ended_before_it_looked(monkeypatch: pytest.MonkeyPatch) -> None:
    class EndedError(Exception):
        pass

    def ended(code: int) -> None:
        raise EndedError(code)

    monkeypatch.setattr(os, "_exit", ended)
    Watch(os.getppid()).look()
    with pytest.raises(EndedError):
        Watch(os.getpid()).look()


def test_in_another_thread_the_signal_is_left_alone() -> None:
    handlers = []

    def within() -> None:
        with Interruption():
            handlers.append(signal.getsignal(signal.SIGINT))

    thread = threading.Thread(target=within)
    thread.start()
    thread.join()
    assert handlers == [signal.default_int_handler]


def own(*_: Any) -> None: ...


@pytest.mark.parametrize("decided", [own, signal.SIG_IGN], ids=["handled", "ignored"])
def test_what_others_decided_about_the_signal_stays(decided: Any) -> None:
    before = signal.signal(signal.SIGINT, decided)
    try:
        with Interruption() as interruption:
            signal.raise_signal(signal.SIGINT)
            assert signal.getsignal(signal.SIGINT) is decided
        assert not interruption.came
        assert signal.getsignal(signal.SIGINT) is decided
    finally:
        signal.signal(signal.SIGINT, before)


def test_a_run_in_the_background_goes_on(judge: Any) -> None:
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        result = judge(HEARD)
    finally:
        signal.signal(signal.SIGINT, before)
    assert {each.id for each in result.results if each.verdict == "passed"} == {FIRST, SECOND}
    assert "The run was interrupted." not in result.summary.notes
