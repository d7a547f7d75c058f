"""The truth tables of verdicts and exit codes."""

from __future__ import annotations

import pytest

from conformance.catalogue import Level
from conformance.verdicts import (
    Deviation,
    ExitCode,
    NotApplicable,
    Outcome,
    Summary,
    Untestable,
    Verdict,
    judge,
    outcome_of,
)
from conformance.wire import BudgetSpent, Unreachable

DEVIATION = Deviation(expected="this", found="that", where="there")


@pytest.mark.parametrize(
    ("error", "outcome"),
    [
        (None, Outcome.RETURNED),
        (DEVIATION, Outcome.DEVIATED),
        (Untestable("no credential"), Outcome.UNTESTABLE),
        (BudgetSpent("no requests left"), Outcome.UNTESTABLE),
        (NotApplicable("no such feature"), Outcome.NOT_APPLICABLE),
        (AssertionError("a bare assert is our fault"), Outcome.CRASHED),
        (Unreachable("connection reset"), Outcome.CRASHED),
        (KeyError("bug"), Outcome.CRASHED),
    ],
)
def test_outcome(error: BaseException | None, outcome: Outcome) -> None:
    assert outcome_of(error) is outcome


@pytest.mark.parametrize("level", Level)
def test_only_a_deviation_depends_on_the_level(level: Level) -> None:
    assert judge(Outcome.RETURNED, level) is Verdict.PASSED
    assert judge(Outcome.UNTESTABLE, level) is Verdict.UNTESTABLE
    assert judge(Outcome.NOT_APPLICABLE, level) is Verdict.NOT_APPLICABLE
    assert judge(Outcome.CRASHED, level) is Verdict.ERROR


def test_a_deviation_is_as_bad_as_its_level() -> None:
    verdicts = [judge(Outcome.DEVIATED, level) for level in (Level.MUST, Level.SHOULD, Level.MAY)]
    assert verdicts == [Verdict.FAILED, Verdict.WARNED, Verdict.NOTED]


@pytest.mark.parametrize(
    ("verdicts", "least", "code"),
    [
        ([], 1, ExitCode.TOO_LITTLE_JUDGED),
        ([Verdict.UNTESTABLE, Verdict.NOT_APPLICABLE], 1, ExitCode.TOO_LITTLE_JUDGED),
        ([Verdict.PASSED], 1, ExitCode.CONFORMS),
        ([Verdict.PASSED], 2, ExitCode.TOO_LITTLE_JUDGED),
        ([Verdict.WARNED, Verdict.NOTED], 2, ExitCode.CONFORMS),
        ([Verdict.PASSED, Verdict.FAILED], 1, ExitCode.DEVIATES),
        ([Verdict.FAILED], 9, ExitCode.DEVIATES),
        ([Verdict.ERROR, Verdict.FAILED], 1, ExitCode.DEVIATES),
        ([Verdict.ERROR, Verdict.PASSED], 1, ExitCode.HARNESS_ERROR),
        ([Verdict.ERROR], 9, ExitCode.HARNESS_ERROR),
    ],
)
def test_exit_code(verdicts: list[Verdict], least: int, code: ExitCode) -> None:
    assert Summary.of(verdicts).exit_code(least_judged=least) is code


def test_what_counts_as_judged() -> None:
    assert {verdict for verdict in Verdict if verdict.judged} == {
        Verdict.PASSED,
        Verdict.FAILED,
        Verdict.WARNED,
        Verdict.NOTED,
    }
