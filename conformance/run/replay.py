"""Re-runs the checks that failed, and compares."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TYPE_CHECKING

from conformance.catalogue import catalogue
from conformance.run.checks_run import run_checks
from conformance.run.selection import Selection
from conformance.verdicts import ExitCode, Verdict

if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import TextIO

    from conformance.report.result import CheckResult, RunResult
    from conformance.target import Target
    from conformance.verdicts.options import RunOptions

FAILED = frozenset({Verdict.FAILED, Verdict.ERROR})


class Fate(StrEnum):
    """The new state of a check that failed."""

    FIXED = "fixed"
    STILL = "still failing"
    DIFFERENTLY = "failing differently"
    ERRORED = "errored"
    NOT_JUDGED = "not judged"


@dataclass(frozen=True, kw_only=True)
class Replayed:
    """A requirement, its fate and the message of its check now."""

    id: str
    fate: Fate
    message: str = ""


def failed_checks(earlier: RunResult) -> tuple[CheckResult, ...]:
    """Return the checks that made the earlier run red: failures, errors, and failures other than the listed one."""
    return tuple(
        each
        for each in earlier.results
        if each.verdict in FAILED or (each.verdict is Verdict.STALE and not each.passed)
    )


def replay(
    earlier: RunResult, target: Target, options: RunOptions, *, progress: TextIO | None = None
) -> tuple[Replayed, ...]:
    """Re-run the checks that failed, under the same conditions. Raises CannotJudge.

    The seed, --read-only and the projects of a read-only run are those of the earlier run, all else is that of
    `options`.
    """
    wanted = failed_checks(earlier)
    held = {row.id for row in catalogue().for_profile(target.profile) if row.untested is None}
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
        return Replayed(id=before.id, fate=Fate.NOT_JUDGED, message="No check of this profile has this id.")
    match now.verdict:
        case Verdict.PASSED:
            fate = Fate.FIXED
        case Verdict.ERROR:
            fate = Fate.ERRORED
        case Verdict.NOT_APPLICABLE | Verdict.UNTESTABLE:
            fate = Fate.NOT_JUDGED
        case _:
            fate = Fate.STILL if now.signature == before.signature else Fate.DIFFERENTLY
    return Replayed(id=before.id, fate=fate, message=now.message)


def print_replay(replayed: Iterable[Replayed], file: TextIO) -> ExitCode:
    """Print the fate of each. Returns 0 when all are fixed, 3 when checks ended in an error, else 1."""
    found = list(replayed)
    for each in found:
        print(f"{each.fate:<20} {each.id}", file=file)
        if each.fate is not Fate.FIXED and each.message:
            print("  " + each.message.replace("\n", "\n  "), file=file)
    fates = [each.fate for each in found]
    counted = ", ".join(f"{fates.count(fate)} {fate}" for fate in Fate if fate in fates)
    print(counted or "No failed checks.", file=file)
    if all(fate is Fate.FIXED for fate in fates):
        return ExitCode.CONFORMS
    return ExitCode.HARNESS_ERROR if set(fates) <= {Fate.FIXED, Fate.ERRORED} else ExitCode.DEVIATES
