"""The rounds of a race: one round reveals almost nothing."""

from __future__ import annotations

import re
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from conformance.kit.differences import listed_lines
from conformance.verdicts import Deviation
from conformance.verdicts.counting import counted

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from conformance.kit.races.racers import T

USUAL = 90
"""The rounds of a race by default, as far as there is time for them."""

LEAST, SECONDS = 15, 10.0
"""How many rounds there are, however slow the registry is, and how long more of them are tried."""

SELDOM = 30
"""A fault that shows in one of so many rounds is missed by `USUAL` rounds in fewer than one of twenty runs."""


@dataclass(frozen=True, kw_only=True)
class Round:
    """One of the rounds of a race: odd ones in a new project, even ones in the project of the round before."""

    number: int
    project: str

    @property
    def is_new(self) -> bool:
        """Whether this is the first round in its project."""
        return self.number % 2 == 1

    def __str__(self) -> str:
        return f"round {self.number}, in the {'new' if self.is_new else 'existing'} project {self.project}"


@dataclass(frozen=True, kw_only=True)
class Rounds:
    """How many rounds a race has: at least some, then more for so many seconds, and `most` in the end.

    A registry that answers at once so gets many rounds, and one that takes its time no more than `least`.
    """

    most: int
    least: int
    seconds: float

    @classmethod
    def of(cls, most: int) -> Rounds:
        """Return the rounds of a race whose rounds are cheap, for the number that a run asks for."""
        return cls(most=most, least=1, seconds=0).at_least(LEAST, SECONDS)

    def at_least(self, least: int, seconds: float) -> Rounds:
        """Return as many rounds with other limits, which are those of a run with `USUAL` rounds."""
        part = self.most / USUAL
        return Rounds(
            most=self.most,
            least=min(self.most, max(least, round(least * part))),
            seconds=seconds * max(1.0, part),
        )

    def numbers(self) -> Iterator[int]:
        """Yield the numbers of rounds, from 1."""
        end = time.monotonic() + self.seconds
        for number in range(1, self.most + 1):
            if number > self.least and time.monotonic() > end:
                break
            yield number


def rounds_of(new_name: Callable[[str], str], purpose: str, rounds: Rounds) -> Iterator[Round]:
    """Yield rounds, two in each project."""
    project = ""
    for number in rounds.numbers():
        project = new_name(purpose) if number % 2 else project
        yield Round(number=number, project=project)


def chance_of_missing(rounds: int, *, one_in: int = SELDOM) -> float:
    """Return how likely no round of so many shows a fault that shows in one of `one_in`."""
    return (1 - 1 / one_in) ** rounds


def tried(rounds: int) -> str:
    """Say how many rounds a race had, and what that is worth."""
    missed = chance_of_missing(rounds)
    return f"{counted(rounds, 'round')}; a fault that shows in 1 of {SELDOM} rounds is missed in {missed:.1%} of runs"


def in_every(rounds: Sequence[T], wrong: Callable[[T], Iterable[str]], *, expected: str) -> None:
    """Require that nothing is wrong in any round. The deviation describes the first round with a problem.

    Rounds with the same problem are counted, and those with another one apart from them.
    """
    found = [(each, problems) for each in rounds if (problems := list(wrong(each)))]
    if found:
        first, problems = found[0]
        alike = [each for _, each in found if _kind(each[0]) in map(_kind, problems)]
        others = len(found) - len(alike)
        more = f"; in {others}, another problem" if others else ""
        raise Deviation(
            expected=expected,
            found=f"{listed_lines(problems)}\nin {len(alike)} of {len(rounds)} rounds{more}",
            where=str(first),
        )


def _kind(problem: str) -> str:
    """Return a problem without what differs from round to round: names, digests, numbers of exchanges."""
    return re.sub(r"conformance[\w.-]+|\[\d+\]|[0-9a-f]{16,}|\S+\.whl|\S+\.tar\.gz", "…", problem)
