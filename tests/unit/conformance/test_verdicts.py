"""What a check did, and what a run of many verdicts ends with. One verdict at a time: test_truth_table.py."""

from __future__ import annotations

import pytest

from conformance.catalogue import Level
from conformance.verdicts import (
    Deviation,
    ExitCode,
    NotApplicable,
    Outcome,
    Tally,
    Untestable,
    Verdict,
    outcome_of,
    verdict_of,
)
from conformance.wire import BudgetSpent, Throttled, Unreachable

DEVIATION = Deviation(expected="this", found="that", where="there")


@pytest.mark.parametrize(
    ("error", "outcome"),
    [
        (None, Outcome.RETURNED),
        (DEVIATION, Outcome.DEVIATED),
        (Untestable("no credential"), Outcome.UNTESTABLE),
        (BudgetSpent("no requests left"), Outcome.CRASHED),
        (Throttled("429, six times"), Outcome.CRASHED),
        (NotApplicable("no such feature"), Outcome.NOT_APPLICABLE),
        (AssertionError("a bare assert is our fault"), Outcome.CRASHED),
        (Unreachable("connection reset"), Outcome.CRASHED),
        (KeyError("bug"), Outcome.CRASHED),
    ],
)
def test_outcome(error: BaseException | None, outcome: Outcome) -> None:
    assert outcome_of(error) is outcome


@pytest.mark.parametrize("verdict", Verdict)
def test_what_is_not_scored_never_turns_a_run_green(verdict: Verdict) -> None:
    assert Tally.of([], unscored=[verdict]).exit_code() is ExitCode.TOO_LITTLE_JUDGED


def test_a_requirement_that_no_baseline_lists_is_judged_by_its_level_alone() -> None:
    verdicts = [verdict_of(Outcome.DEVIATED, level) for level in (Level.MUST, Level.SHOULD, Level.MAY)]
    assert verdicts == [Verdict.FAILED, Verdict.WARNED, Verdict.NOTED]


@pytest.mark.parametrize(
    ("verdicts", "least", "code"),
    [
        ([], 1, ExitCode.TOO_LITTLE_JUDGED),
        ([], 0, ExitCode.TOO_LITTLE_JUDGED),
        ([Verdict.UNTESTABLE, Verdict.NOT_APPLICABLE], 1, ExitCode.TOO_LITTLE_JUDGED),
        ([Verdict.PASSED], 1, ExitCode.CONFORMS),
        ([Verdict.PASSED], 2, ExitCode.TOO_LITTLE_JUDGED),
        ([Verdict.WARNED, Verdict.NOTED], 2, ExitCode.CONFORMS),
        ([Verdict.KNOWN], 1, ExitCode.CONFORMS),
        ([Verdict.PASSED, Verdict.FAILED], 1, ExitCode.DEVIATES),
        ([Verdict.FAILED], 9, ExitCode.DEVIATES),
        ([Verdict.ERROR, Verdict.FAILED, Verdict.STALE], 1, ExitCode.DEVIATES),
        ([Verdict.ERROR, Verdict.STALE], 1, ExitCode.HARNESS_ERROR),
        ([Verdict.ERROR, Verdict.PASSED], 1, ExitCode.HARNESS_ERROR),
        ([Verdict.ERROR], 9, ExitCode.HARNESS_ERROR),
        ([Verdict.STALE], 9, ExitCode.STALE_BASELINE),
    ],
)
def test_the_worst_decides(verdicts: list[Verdict], least: int, code: ExitCode) -> None:
    assert Tally.of(verdicts).exit_code(least_judged=least) is code


def test_newer_requirements_count_for_having_looked() -> None:
    assert (
        Tally.of([Verdict.PASSED], unscored=[Verdict.FAILED]).exit_code(least_judged=2) is ExitCode.CONFORMS
    )


def test_what_counts_as_judged() -> None:
    assert {verdict for verdict in Verdict if not verdict.judged} == {
        Verdict.NOT_APPLICABLE,
        Verdict.UNTESTABLE,
        Verdict.ERROR,
    }
