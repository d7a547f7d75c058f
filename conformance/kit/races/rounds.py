"""The rounds of a race: one round reveals almost nothing."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from conformance.kit.differences import listed_lines
from conformance.verdicts import Deviation

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from conformance.kit.races.racers import T


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


def rounds_of(new_name: Callable[[str], str], purpose: str, count: int) -> Iterator[Round]:
    """Yield so many rounds, two in each project."""
    project = ""
    for number in range(1, count + 1):
        project = new_name(purpose) if number % 2 else project
        yield Round(number=number, project=project)


def few(rounds: int) -> int:
    """Return the number of rounds of a race whose rounds are slow, or reveal much."""
    return max(1, rounds // 3)


def most(rounds: int) -> int:
    """Return the number of rounds of a race in which every file of a round counts, and not only the winner."""
    return max(1, rounds * 2 // 3)


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
