"""Every fault that only a crowd shows is caught under load by exactly the checks that it names."""

from __future__ import annotations

from operator import attrgetter
from typing import TYPE_CHECKING

import pytest

from conformance.verdicts import Verdict
from reference_server.faults import Fault, fault_named
from reference_server.faults.habit.forms import OneForm

from .load_trial import LoadTrial
from .matrix import FAULTS, LOAD, red, results_of_load
from .test_kill_matrix import accept, disagreements, other_reasons

if TYPE_CHECKING:
    from pathlib import Path

    from conformance.report.check_result import CheckResult

NAME = attrgetter("name")
CROWDED = [fault for fault in FAULTS if LOAD.intersection(fault.caught_by)]

TRIALS = 3
"""Loads within which a fault is caught: each takes a second, in which users may not meet as the fault needs it."""


@pytest.fixture
def load_trial(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> LoadTrial:
    """Judges servers with a fault under load; the inner session keeps its files with this one's."""
    monkeypatch.setenv("PYTEST_DEBUG_TEMPROOT", str(tmp_path))
    return LoadTrial(tmp_path)


@pytest.mark.long
@pytest.mark.parametrize("fault", CROWDED, ids=NAME)
def test_checks_of_load_catch_what_the_fault_names_and_no_more(fault: Fault, load_trial: LoadTrial) -> None:
    for _ in range(TRIALS):
        results = results_of_load(load_trial, fault)
        if LOAD.intersection(fault.caught_by) <= red(results).keys():
            break
    assert results.keys() == LOAD
    assert disagreements(results, fault.caught_by) == {}
    assert other_reasons(fault, results) == "", accept(fault)


def test_a_server_without_faults_passes_under_load(load_trial: LoadTrial) -> None:
    assert disagreements(load_trial(Fault()), set()) == {}


@pytest.mark.parametrize("form", ["html", "json"])
def test_a_404_for_the_form_that_a_registry_lacks_accuses_nothing(form: str, load_trial: LoadTrial) -> None:
    results = load_trial(OneForm(form=form, otherwise="404"))
    assert disagreements(results, set()) == {}
    assert results["load.forms-agree"].verdict is Verdict.NOT_APPLICABLE
    assert results["load.one-order"].verdict is Verdict.PASSED


def test_a_registry_that_overwrites_files_by_habit_has_no_race(load_trial: LoadTrial) -> None:
    results = load_trial(fault_named("duplicates-replace"))
    assert disagreements(results, set()) == {}
    assert results["load.one-winner"].verdict is Verdict.UNTESTABLE
    assert "without a load, too" in results["load.one-winner"].message
    assert results["load.one-order"].verdict is Verdict.PASSED


def test_two_winners_are_found_and_shown(load_trial: LoadTrial) -> None:
    results: dict[str, CheckResult] = load_trial(fault_named("two-winners-in-crowds"))
    assert red(results).keys() == {"load.one-winner", "load.one-order"}
    assert "accepted" in results["load.one-winner"].where
    assert results["load.one-order"].where.count("upload ") >= 2
