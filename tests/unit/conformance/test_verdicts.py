"""The truth tables of verdicts and exit codes."""

from __future__ import annotations

from itertools import product

import pytest

from conformance.catalogue import Level
from conformance.verdicts import (
    Deviation,
    ExitCode,
    Listing,
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


TRUTH = """
outcome         level   listing   verdict          exit
returned        MUST    NONE      passed           0
returned        MUST    SAME      stale            4
returned        MUST    DIFFERS   stale            4
returned        MUST    EXPIRED   stale            4
returned        SHOULD  NONE      passed           0
returned        SHOULD  SAME      stale            4
returned        SHOULD  DIFFERS   stale            4
returned        SHOULD  EXPIRED   stale            4
returned        MAY     NONE      passed           0
returned        MAY     SAME      stale            4
returned        MAY     DIFFERS   stale            4
returned        MAY     EXPIRED   stale            4
deviated        MUST    NONE      failed           1
deviated        MUST    SAME      known            0
deviated        MUST    DIFFERS   stale            4
deviated        MUST    EXPIRED   stale            4
deviated        SHOULD  NONE      warned           0
deviated        SHOULD  SAME      known            0
deviated        SHOULD  DIFFERS   stale            4
deviated        SHOULD  EXPIRED   stale            4
deviated        MAY     NONE      noted            0
deviated        MAY     SAME      known            0
deviated        MAY     DIFFERS   stale            4
deviated        MAY     EXPIRED   stale            4
untestable      *       *         untestable       0
not applicable  *       *         not applicable   0
crashed         *       *         error            3
"""
"""The exit code is that of a run in which one other, scored requirement passed."""


CASES = list(product(Outcome, Level, Listing))


def rows() -> dict[tuple[Outcome, Level, Listing], tuple[Verdict, ExitCode]]:
    table: dict[tuple[Outcome, Level, Listing], tuple[Verdict, ExitCode]] = {}
    for line in TRUTH.strip().splitlines()[1:]:
        outcome, level, listing, verdict, code = (part.strip() for part in line.split("  ") if part.strip())
        for each, how in product(
            Level if level == "*" else [Level[level]], Listing if listing == "*" else [Listing[listing]]
        ):
            key = (Outcome(outcome), each, how)
            assert key not in table, f"{key} stands in two rows"
            table[key] = (Verdict(verdict), ExitCode(int(code)))
    return table


def test_the_table_is_whole() -> None:
    assert rows().keys() == set(CASES)


@pytest.mark.parametrize(("outcome", "level", "listing"), CASES)
def test_verdict_and_exit_code(outcome: Outcome, level: Level, listing: Listing) -> None:
    verdict, code = rows()[outcome, level, listing]
    assert judge(outcome, level, listing) is verdict
    assert Summary.of([Verdict.PASSED, verdict]).exit_code() is code


@pytest.mark.parametrize(("outcome", "level", "listing"), CASES)
def test_what_is_not_scored_never_turns_a_run_red(outcome: Outcome, level: Level, listing: Listing) -> None:
    verdict = judge(outcome, level, listing)
    assert Summary.of([Verdict.PASSED], unscored=[verdict]).exit_code() is ExitCode.CONFORMS


@pytest.mark.parametrize("verdict", Verdict)
def test_what_is_not_scored_never_turns_a_run_green(verdict: Verdict) -> None:
    assert Summary.of([], unscored=[verdict]).exit_code() is ExitCode.TOO_LITTLE_JUDGED


def test_a_requirement_that_no_baseline_lists_is_judged_by_its_level_alone() -> None:
    verdicts = [judge(Outcome.DEVIATED, level) for level in (Level.MUST, Level.SHOULD, Level.MAY)]
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
    assert Summary.of(verdicts).exit_code(least_judged=least) is code


def test_newer_requirements_count_for_having_looked() -> None:
    assert (
        Summary.of([Verdict.PASSED], unscored=[Verdict.FAILED]).exit_code(least_judged=2) is ExitCode.CONFORMS
    )


def test_what_counts_as_judged() -> None:
    assert {verdict for verdict in Verdict if not verdict.judged} == {
        Verdict.NOT_APPLICABLE,
        Verdict.UNTESTABLE,
        Verdict.ERROR,
    }
