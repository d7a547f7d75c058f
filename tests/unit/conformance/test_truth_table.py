"""From what a check did to its verdict, its colour in pytest and the exit code: every case, next to what is right."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from itertools import product
from pathlib import Path
from types import SimpleNamespace
from typing import Any, NamedTuple

import pytest

from conformance.catalogue import Level, Requirement, Standing, catalogue
from conformance.corpus import Corpus
from conformance.report.carried import carried_result
from conformance.report.check_result import CheckResult
from conformance.run.features import OfferedFeatures
from conformance.run.judge import Judge
from conformance.run.keys import MARK
from conformance.run.run import Run
from conformance.target import target_from_table
from conformance.verdicts import (
    Deviation,
    ExitCode,
    Listing,
    NotApplicable,
    Outcome,
    Reason,
    Untestable,
    Verdict,
)
from conformance.verdicts.baseline import EMPTY, Baseline, Known
from conformance.verdicts.options import RunOptions
from conformance.verdicts.signature import signature_of
from conformance.wire import Redactor, Transcript

TRUTH = """
outcome         level   listing   verdict          scored      unscored
returned        *       NONE      passed           green   0   green   0
returned        *       SAME      stale            red     4   green   0
returned        *       DIFFERS   stale            red     4   green   0
returned        *       EXPIRED   stale            red     4   green   0
deviated        MUST    NONE      failed           red     1   green   0
deviated        MUST    SAME      known            green   0   green   0
deviated        MUST    DIFFERS   stale            red     4   green   0
deviated        MUST    EXPIRED   stale            red     4   green   0
deviated        SHOULD  NONE      warned           green   0   green   0
deviated        SHOULD  SAME      known            green   0   green   0
deviated        SHOULD  DIFFERS   stale            red     4   green   0
deviated        SHOULD  EXPIRED   stale            red     4   green   0
deviated        MAY     NONE      noted            green   0   green   0
deviated        MAY     SAME      known            green   0   green   0
deviated        MAY     DIFFERS   stale            red     4   green   0
deviated        MAY     EXPIRED   stale            red     4   green   0
untestable      *       *         untestable       yellow  0   yellow  0
not applicable  *       *         not applicable   yellow  0   yellow  0
crashed         *       *         error            red     3   green   0
"""
"""The exit code is that of a run in which one other, scored requirement passed."""


class Case(NamedTuple):
    """What decides a verdict."""

    outcome: Outcome
    level: Level
    listing: Listing
    scored: bool

    def __str__(self) -> str:
        return ", ".join([*map(str, self[:3]), "scored" if self.scored else "unscored"])


class Judged(NamedTuple):
    """What comes of it."""

    verdict: Verdict
    scored: bool
    colour: str
    exit_code: ExitCode


CASES = [Case(*each) for each in product(Outcome, Level, Listing, (True, False))]


def truth() -> dict[Case, Judged]:
    table: dict[Case, Judged] = {}
    for line in TRUTH.strip().splitlines()[1:]:
        outcome, level, listing, verdict, *results = re.split(" {2,}", line)
        levels = list(Level) if level == "*" else [Level[level]]
        listings = list(Listing) if listing == "*" else [Listing[listing]]
        for each, listed, scored in product(levels, listings, (True, False)):
            colour, code = results[:2] if scored else results[2:]
            case = Case(Outcome(outcome), each, listed, scored)
            assert case not in table, f"{case} stands in two rows"
            table[case] = Judged(Verdict(verdict), scored, colour, ExitCode(int(code)))
    return table


def test_the_table_is_whole() -> None:
    assert truth().keys() == set(CASES)
    assert {judged.verdict for judged in truth().values()} == set(Verdict)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_every_case_is_judged_as_the_table_says(case: Case) -> None:
    assert judged(case, when="call") == truth()[case]


@pytest.mark.parametrize("case", [case for case in CASES if case.outcome is not Outcome.RETURNED], ids=str)
def test_a_fixture_that_ends_a_check_is_judged_alike(case: Case) -> None:
    """Only pytest counts no test as passed that has not begun: what would be green is yellow."""
    right = truth()[case]
    colour = "yellow" if right.colour == "green" else right.colour
    assert judged(case, when="setup") == right._replace(colour=colour)


@pytest.mark.parametrize("outcome", [each for each in Outcome if each is not Outcome.RETURNED])
def test_whatever_goes_wrong_after_a_check_is_our_fault(outcome: Outcome) -> None:
    after = judged(Case(outcome, Level.MUST, Listing.NONE, scored=True), when="teardown")
    assert after == Judged(Verdict.ERROR, scored=True, colour="red", exit_code=ExitCode.HARNESS_ERROR)


ENDS: dict[Outcome, Exception | None] = {
    Outcome.RETURNED: None,
    Outcome.DEVIATED: Deviation(expected="this", found="that", where="there"),
    Outcome.UNTESTABLE: Untestable("no credential"),
    Outcome.NOT_APPLICABLE: NotApplicable("not offered"),
    Outcome.CRASHED: KeyError("a bug of ours"),
}
COLOURS = {"passed": "green", "failed": "red", "skipped": "yellow"}
RUN_ID = "abcdefgh"
OLD_SET = "2000.01"
"""A set from before the first: nothing of today counts."""
LONG_AGO = date(2001, 1, 1)


def judged(case: Case, *, when: Any) -> Judged:
    """Return what the judge makes of a check that ends as the case says."""
    requirement = next(
        row for row in catalogue() if row.level is case.level and row.id.startswith(("gitlab.", "simple."))
    )
    options = RunOptions(
        baseline=baseline(case, requirement), requirement_set=None if case.scored else OLD_SET
    )
    run = run_of(options)
    judge = Judge(lambda: run, options)
    judge.run(CONFIG)
    report = report_of(judge, requirement, ENDS[case.outcome], when)
    result = carried_result(report)
    assert result is not None
    judge.pytest_runtest_logreport(report)
    judge.results.add(ANOTHER, (), check="another check")
    assert judge.pytest_report_teststatus(report) is not None
    return Judged(result.verdict, result.scored, COLOURS[report.outcome], judge.results.of(run).exit_code)


@dataclass(eq=False)
class _Item:
    """What the judge looks at of an item of pytest; it remembers items."""

    config: Any
    path: Path
    get_closest_marker: Any


def report_of(
    judge: Judge, requirement: Requirement, error: Exception | None, when: Any
) -> pytest.TestReport:
    """Return pytest's report of a check, after the judge has seen it."""

    def check() -> None:
        if error is not None:
            raise error

    mark = SimpleNamespace(args=(requirement.id,), kwargs={})
    item: Any = _Item(config=CONFIG, path=Path("test_checks.py"), get_closest_marker={MARK: mark}.get)
    report = pytest.TestReport(
        nodeid="test_checks.py::test_one",
        location=("test_checks.py", 0, "test_one"),
        keywords={},
        outcome="failed" if error else "passed",
        longrepr="a traceback" if error else None,
        when=when,
    )
    hook = judge.pytest_runtest_makereport(item, pytest.CallInfo.from_call(check, when=when))
    next(hook)
    with pytest.raises(StopIteration) as returned:
        hook.send(report)
    seen: pytest.TestReport = returned.value.value
    return seen


def baseline(case: Case, requirement: Requirement) -> Baseline:
    """Return a baseline to which a check that ends so stands as the case says."""
    error = ENDS[case.outcome]
    now = signature_of(error, run_id=RUN_ID) if isinstance(error, Deviation) else ""
    rows = {
        Listing.NONE: None,
        Listing.SAME: Known(id=requirement.id, reason=Reason.TARGET_BUG, signature=now),
        Listing.DIFFERS: Known(id=requirement.id, reason=Reason.TARGET_BUG, signature="another"),
        Listing.EXPIRED: Known(id=requirement.id, reason=Reason.TARGET_BUG, signature=now, expires=LONG_AGO),
    }
    row = rows[case.listing]
    return Baseline({requirement.id: row}) if row else EMPTY


CONFIG: Any = SimpleNamespace(stash=pytest.Stash())
ANOTHER = CheckResult(
    id="area.another",
    level=Level.MUST,
    standing=Standing.SPEC,
    verdict=Verdict.PASSED,
    message="",
    duration=0.0,
    requests=0,
    exchanges=(),
)


def run_of(options: RunOptions) -> Run:
    """Return a run that has sent nothing."""
    without: Any = None
    return Run(
        target=target_from_table({"url": "http://127.0.0.1:1/api/v4/projects/1/packages/pypi"}),
        options=options,
        transcript=Transcript(),
        session=without,
        ledger=without,
        registry=without,
        redact=Redactor([]),
        corpus=Corpus(RUN_ID, {}),
        offer=OfferedFeatures(),
        projects=(),
    )
