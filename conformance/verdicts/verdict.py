"""From what a check did to what it means, and from all of that to an exit code."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, ClassVar

from conformance.catalogue import Level
from conformance.errors import ExitCode

if TYPE_CHECKING:
    from collections.abc import Iterable


class Deviation(AssertionError):
    """The target does not do what a requirement asks. The only exception that blames the target.

    `seen_first` is the deviation that a property met before it looked for a smaller example.
    """

    def __init__(self, *, expected: str, found: str, where: str, seen_first: Deviation | None = None) -> None:
        super().__init__(f"expected {expected}\nfound {found}\nwhere {where}")
        self.expected = expected
        self.found = found
        self.where = where
        self.seen_first = seen_first


class Untestable(Exception):
    """A prerequisite of a check is missing. `str()` names it and how to provide it."""


class NotApplicable(Exception):
    """The target does not offer the feature that a check is about, and does not claim to."""


class NotJudged(Exception):
    """The limits of the run, or those of the target, kept a check from its end. It blames neither side.

    `by` is the limit: `budget`, `time`, `throttling`, or the `credential` that expired. `str()` says what to change.
    """

    by: ClassVar[str]


class Outcome(StrEnum):
    """What a check's function did."""

    RETURNED = "returned"
    DEVIATED = "deviated"
    UNTESTABLE = "untestable"
    NOT_APPLICABLE = "not applicable"
    CRASHED = "crashed"


class Listing(StrEnum):
    """What a baseline says of a requirement and its deviation."""

    NONE = "not listed"
    SAME = "listed"
    DIFFERS = "listed with another failure"
    EXPIRED = "listed, but expired"


class Reason(StrEnum):
    """Why a failure is accepted for now."""

    SPEC_GAP = "spec-gap"
    """The specification leaves it open, or contradicts itself."""
    TARGET_BUG = "target-bug"
    REFERENCE_DIVERGENCE = "reference-divergence"
    """The target does what the software that it imitates does."""
    ENVIRONMENT = "environment"
    """A proxy, a limit or a setting of this installation."""


class Verdict(StrEnum):
    """The meaning of an outcome, given the level of the requirement and the baseline."""

    PASSED = "passed"
    FAILED = "failed"
    WARNED = "warned"
    NOTED = "noted"
    NOT_APPLICABLE = "not applicable"
    UNTESTABLE = "untestable"
    KNOWN = "known"
    STALE = "stale"
    ERROR = "error"

    @property
    def judged(self) -> bool:
        """Whether the target was held to the requirement."""
        return self in _JUDGED


_JUDGED = frozenset(
    {Verdict.PASSED, Verdict.FAILED, Verdict.WARNED, Verdict.NOTED, Verdict.KNOWN, Verdict.STALE}
)
_DEVIATED = {Level.MUST: Verdict.FAILED, Level.SHOULD: Verdict.WARNED, Level.MAY: Verdict.NOTED}


def outcome_of(error: BaseException | None) -> Outcome:
    """Return what a check did, from the exception that ended it."""
    if error is None:
        return Outcome.RETURNED
    if isinstance(error, Deviation):
        return Outcome.DEVIATED
    if isinstance(error, Untestable):
        return Outcome.UNTESTABLE
    if isinstance(error, NotApplicable):
        return Outcome.NOT_APPLICABLE
    return Outcome.CRASHED


def verdict_of(outcome: Outcome, level: Level, listing: Listing = Listing.NONE) -> Verdict:
    """Return the verdict: the level decides how bad a deviation is, and the baseline whether it is known."""
    match outcome:
        case Outcome.RETURNED:
            return Verdict.PASSED if listing is Listing.NONE else Verdict.STALE
        case Outcome.DEVIATED:
            listed = {Listing.NONE: _DEVIATED[level], Listing.SAME: Verdict.KNOWN}
            return listed.get(listing, Verdict.STALE)
        case Outcome.UNTESTABLE:
            return Verdict.UNTESTABLE
        case Outcome.NOT_APPLICABLE:
            return Verdict.NOT_APPLICABLE
        case Outcome.CRASHED:
            return Verdict.ERROR


_WORST_FIRST = {
    Verdict.FAILED: ExitCode.DEVIATES,
    Verdict.ERROR: ExitCode.HARNESS_ERROR,
    Verdict.STALE: ExitCode.STALE_BASELINE,
}


@dataclass(frozen=True)
class Tally:
    """How many requirements have which verdict; `unscored` are those newer than the frozen set."""

    counts: Counter[Verdict]
    unscored: Counter[Verdict] = field(default_factory=Counter)

    @classmethod
    def of(cls, verdicts: Iterable[Verdict], *, unscored: Iterable[Verdict] = ()) -> Tally:
        """Count verdicts."""
        return cls(Counter(verdicts), Counter(unscored))

    @property
    def judged(self) -> int:
        """How many requirements that count the target was held to."""
        return _judged(self.counts)

    @property
    def judged_in_all(self) -> int:
        """How many requirements the target was held to, whether they count or not."""
        return _judged(self.counts) + _judged(self.unscored)

    def exit_code(self, *, least_judged: int = 1) -> ExitCode:
        """Return the exit code of a run that has to judge at least `least_judged` requirements.

        A deviation outweighs an error, that a baseline that is out of date, and that having judged too
        little: a run that judged nothing is never green, whatever `least_judged` says.
        """
        for verdict, code in _WORST_FIRST.items():
            if self.counts[verdict]:
                return code
        if not self.judged or self.judged_in_all < least_judged:
            return ExitCode.TOO_LITTLE_JUDGED
        return ExitCode.CONFORMS


def _judged(counts: Counter[Verdict]) -> int:
    return sum(count for verdict, count in counts.items() if verdict.judged)
