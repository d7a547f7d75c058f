"""`-n auto`: more processes than CPUs for a registry that is waited for."""

from __future__ import annotations

import pytest

from conformance.run import processes
from conformance.run.processes import advice, processes_for
from conformance.target.settling import Settling


@pytest.fixture(autouse=True)
def two_cpus(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(processes, "_cpus", lambda: 2)


def settling(seconds: float) -> Settling:
    settling = Settling(60)
    if seconds:
        settling.note(seconds)
    return settling


@pytest.mark.parametrize(
    ("chosen", "seconds", "expected"),
    [("auto", 0, "auto"), ("auto", 0.05, "auto"), ("auto", 2, "8"), ("3", 2, "3"), (None, 2, None)],
)
def test_only_auto_depends_on_the_registry(chosen: str | None, seconds: float, expected: str | None) -> None:
    assert processes_for(chosen, settling(seconds)) == expected


@pytest.mark.parametrize(
    ("chosen", "seconds", "advised"),
    [(None, 2, True), ("2", 2, True), ("8", 2, False), ("auto", 2, False), (None, 0, False)],
)
def test_auto_is_advised_where_it_helps(chosen: str | None, seconds: float, advised: bool) -> None:  # noqa: FBT001
    assert ("-n auto would wait for several at once, with 8" in advice(chosen, settling(seconds))) is advised


@pytest.mark.parametrize(("wait", "expected"), [(0.01, "auto"), (0.1, "8")])
def test_auto_depends_on_the_time_of_an_answer(wait: float, expected: str) -> None:
    assert processes_for("auto", settling(0), usual_wait=wait) == expected


def test_auto_is_advised_for_a_target_that_is_far_away() -> None:
    assert advice(None, settling(0), usual_wait=0.01) == ""
    assert advice("2", settling(0), usual_wait=0.1).startswith(
        "The registry takes about 0.10 s to answer; -n auto"
    )
