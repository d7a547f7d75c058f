"""Re-runs the checks that failed, and compares the verdicts."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from enum import StrEnum
from math import ceil, log
from typing import TYPE_CHECKING

from conformance.catalogue import catalogue
from conformance.run.checks_run import run_checks
from conformance.run.selection import Selection
from conformance.verdicts import Verdict

if TYPE_CHECKING:
    from typing import TextIO

    from conformance.report.check_result import CheckResult
    from conformance.report.result import RunResult
    from conformance.target import Target
    from conformance.verdicts.options import RunOptions

LIKELY = 0.05
"""A race that passes is not fixed where more tries than this share would pass without a change."""

AS_OFTEN = 0.9
"""The share of earlier rounds that is as many: their number depends on the time that they take."""

_SEEN = re.compile(r"^in (\d{1,9}) of (\d{1,9}) rounds\b", re.MULTILINE)
"""How often a race failed, in what it found."""

_TRIED = re.compile(r"^(\d{1,9}) rounds?\b")
"""How often a race was tried, in its remark."""

FAILED = frozenset({Verdict.FAILED, Verdict.ERROR})


class Fate(StrEnum):
    """What became of a failed check."""

    FIXED = "fixed"
    BY_CHANCE = "passed by chance?"
    STILL = "still failing"
    DIFFERENTLY = "failing differently"
    ERRORED = "errored"
    NOT_JUDGED = "not judged"


@dataclass(frozen=True, kw_only=True)
class Replayed:
    """A requirement, what became of it, and the message of its check now."""

    id: str
    fate: Fate
    message: str = ""


def failed(earlier: RunResult) -> tuple[CheckResult, ...]:
    """Return what made the earlier run red: failures, errors, and failures other than those in the baseline."""
    return tuple(
        each
        for each in earlier.results
        if each.verdict in FAILED or (each.verdict is Verdict.STALE and not each.passed)
    )


def replay(
    earlier: RunResult, target: Target, options: RunOptions, *, progress: TextIO | None = None
) -> tuple[Replayed, ...]:
    """Re-run the checks that failed under the same conditions. Raises CannotJudge.

    The seed, `read_only` and the projects of a read-only run are those of the earlier run. Everything else
    is as in `options`.
    """
    wanted = failed(earlier)
    held = {row.id for row in catalogue().judged_in(target.profile)}
    known = frozenset(each.id for each in wanted) & held
    if not known:
        return tuple(became(each, None) for each in wanted)
    then = earlier.summary
    again = replace(options, seed=then.seed, read_only=then.read_only, projects=then.projects)
    result = run_checks(target, again, Selection(only=known), progress=progress)
    now = {each.id: each for each in result.results}
    return tuple(became(each, now.get(each.id)) for each in wanted)


def became(before: CheckResult, now: CheckResult | None) -> Replayed:
    """Compare the results of a check, before and now."""
    if now is None:
        return Replayed(id=before.id, fate=Fate.NOT_JUDGED, message="This profile has no check of this id.")
    match now.verdict:
        case Verdict.PASSED if doubt := _doubt(before, now):
            return Replayed(id=before.id, fate=Fate.BY_CHANCE, message=doubt)
        case Verdict.PASSED:
            fate = Fate.FIXED
        case Verdict.ERROR:
            fate = Fate.ERRORED
        case Verdict.NOT_APPLICABLE | Verdict.UNTESTABLE:
            fate = Fate.NOT_JUDGED
        case _:
            fate = Fate.STILL if now.signature == before.signature else Fate.DIFFERENTLY
    return Replayed(id=before.id, fate=fate, message=now.message)


def _doubt(before: CheckResult, now: CheckResult) -> str:
    """Return why a race that passes now may do so by chance; nothing where it was tried often enough."""
    seen, tried = _SEEN.search(before.found), _TRIED.search(now.message)
    if not (seen and tried):
        return ""
    wrong, rounds, again = int(seen[1]), int(seen[2]), int(tried[1])
    if not 0 < wrong <= rounds:  # no run writes that, and nothing follows from it
        return ""
    by_chance = (1 - wrong / rounds) ** again
    if again >= rounds * AS_OFTEN and by_chance <= LIKELY:
        return ""
    enough = max(rounds, ceil(log(LIKELY) / log(1 - wrong / rounds))) if wrong < rounds else rounds
    return (
        f"It failed in {wrong} of {rounds} rounds, and in none of {again} now: without a change, {by_chance:.0%} of "
        f"such tries pass. Use --rounds {enough}."
    )
