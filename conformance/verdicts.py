"""From what a check did to what it means, and from all of that to an exit code."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from enum import IntEnum, StrEnum
from typing import TYPE_CHECKING

from conformance.catalogue import Level

if TYPE_CHECKING:
    from collections.abc import Iterable


class Deviation(AssertionError):
    """The target does not do what a requirement asks. The only exception that blames the target."""

    def __init__(self, *, expected: str, found: str, where: str) -> None:
        super().__init__(f"expected {expected}\nfound {found}\nwhere {where}")
        self.expected = expected
        self.found = found
        self.where = where


class Untestable(Exception):
    """A prerequisite of a check is not there. `str()` names it and says how to provide it."""


class NotApplicable(Exception):
    """The target does not offer the feature that a check is about, and does not claim to."""


class Outcome(StrEnum):
    """What a check's function did."""

    RETURNED = "returned"
    DEVIATED = "deviated"
    UNTESTABLE = "untestable"
    NOT_APPLICABLE = "not applicable"
    CRASHED = "crashed"


class Verdict(StrEnum):
    """What an outcome means, after the requirement's level."""

    PASSED = "passed"
    FAILED = "failed"
    WARNED = "warned"
    NOTED = "noted"
    NOT_APPLICABLE = "not applicable"
    UNTESTABLE = "untestable"
    ERROR = "error"

    @property
    def judged(self) -> bool:
        """Whether the target was really held to the requirement."""
        return self in _JUDGED


_JUDGED = frozenset({Verdict.PASSED, Verdict.FAILED, Verdict.WARNED, Verdict.NOTED})
_DEVIATED = {Level.MUST: Verdict.FAILED, Level.SHOULD: Verdict.WARNED, Level.MAY: Verdict.NOTED}


class ExitCode(IntEnum):
    """What a run says to the shell."""

    CONFORMS = 0
    DEVIATES = 1
    USAGE = 2
    HARNESS_ERROR = 3
    STALE_BASELINE = 4
    TOO_LITTLE_JUDGED = 5


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


def judge(outcome: Outcome, level: Level) -> Verdict:
    """Return the verdict: the level decides how bad a deviation is, and nothing else does."""
    match outcome:
        case Outcome.RETURNED:
            return Verdict.PASSED
        case Outcome.DEVIATED:
            return _DEVIATED[level]
        case Outcome.UNTESTABLE:
            return Verdict.UNTESTABLE
        case Outcome.NOT_APPLICABLE:
            return Verdict.NOT_APPLICABLE
        case Outcome.CRASHED:
            return Verdict.ERROR


@dataclass(frozen=True)
class Summary:
    """How many checks ended with which verdict."""

    counts: Counter[Verdict]

    @classmethod
    def of(cls, verdicts: Iterable[Verdict]) -> Summary:
        """Count verdicts."""
        return cls(Counter(verdicts))

    @property
    def judged(self) -> int:
        """How many requirements the target was held to."""
        return sum(count for verdict, count in self.counts.items() if verdict.judged)

    def exit_code(self, *, least_judged: int = 1) -> ExitCode:
        """Return the exit code of a run that has to judge at least `least_judged` requirements.

        A deviation outweighs an error, and an error outweighs having judged too little:
        a run that judged nothing is never green.
        """
        if self.counts[Verdict.FAILED]:
            return ExitCode.DEVIATES
        if self.counts[Verdict.ERROR]:
            return ExitCode.HARNESS_ERROR
        if self.judged < least_judged:
            return ExitCode.TOO_LITTLE_JUDGED
        return ExitCode.CONFORMS
