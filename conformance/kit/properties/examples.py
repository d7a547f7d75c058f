"""Properties, tried on a bounded number of examples against a registry that may be far away."""

from __future__ import annotations

import random
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

from hypothesis import HealthCheck, Phase, Verbosity, given, settings
from hypothesis import seed as seeded
from hypothesis.errors import FlakyFailure

from conformance.kit.differences import written
from conformance.kit.properties.kinds import EveryKind
from conformance.verdicts import Deviation, NotJudged
from conformance.wire import EndlessAnswer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from hypothesis.strategies import SearchStrategy

T = TypeVar("T")

MANY = 10
"""Examples from which on every kind is tried. Of fewer, the seed chooses the kinds."""


@dataclass(frozen=True, kw_only=True)
class Examples:
    """A budget of examples and the seed that chooses them: the same seed, the same examples.

    Without `shrink` the search ends at the first example that deviates.
    """

    count: int
    seed: int
    shrink: bool = True

    def each(
        self,
        drawn: SearchStrategy[T] | EveryKind[T],
        body: Callable[[T], None],
        *,
        named: Callable[[T], str] = written,
    ) -> None:
        """Run `body` on examples until one deviates; then shrink it.

        `body` is run on the deviating example again, so it has to publish under a new name each time.
        `named` names an example in a failure.
        Raises Deviation with the smallest example that was found; `seen_first` is the first one's.
        """
        for strategy, count in self._shares(drawn):
            self._try(strategy, body, named, count)

    def _shares(self, drawn: SearchStrategy[T] | EveryKind[T]) -> Iterator[tuple[SearchStrategy[T], int]]:
        """Yield each strategy with its part of the budget: every kind once at least, unless only a few are wanted."""
        if not isinstance(drawn, EveryKind):
            yield drawn, self.count
            return
        chance = random.Random(self.seed)  # noqa: S311 - a choice of samples, not a secret
        each, more = divmod(self.count, len(drawn.kinds))
        if not each and self.count >= MANY:
            each, more = 1, 0
        for turn, strategy in enumerate(chance.sample(drawn.kinds, len(drawn.kinds))):
            if count := each + (turn < more):
                yield strategy, count

    def _try(
        self,
        strategy: SearchStrategy[T],
        body: Callable[[T], None],
        named: Callable[[T], str],
        count: int,
    ) -> None:
        seen: list[Deviation] = []
        which = "smallest" if self.shrink else "first"
        stopped: list[NotJudged | Deviation] = []

        @seeded(self.seed)
        @self._settings(count)
        @given(strategy)
        def run(example: T) -> None:
            if stopped:
                raise stopped[0]
            try:
                body(example)
            except NotJudged as limit:
                stopped.append(limit)
                raise
            except Deviation as deviation:
                seen.append(deviation)
                found = Deviation(
                    expected=deviation.expected,
                    found=f"{deviation.found}\n{which} failing example, seed {self.seed}: {named(example)}",
                    where=deviation.where,
                    seen_first=seen[0],
                )
                if isinstance(deviation, EndlessAnswer):  # one such answer takes minutes
                    stopped.append(found)
                raise found from deviation

        try:
            run()
        except (FlakyFailure, NotJudged) as error:
            raise _reason(error, seen, stopped) from error

    def _settings(self, count: int) -> settings:
        return settings(
            max_examples=count,
            database=None,
            deadline=None,
            phases=(Phase.generate, Phase.shrink) if self.shrink else (Phase.generate,),
            report_multiple_bugs=False,
            suppress_health_check=list(HealthCheck),
            verbosity=Verbosity.quiet,
        )


def _reason(
    error: FlakyFailure | NotJudged, seen: list[Deviation], stopped: list[NotJudged | Deviation]
) -> Exception:
    """Return what ended a search: a deviation that was seen counts, even where a limit cut the search short."""
    if stopped:
        return (seen or stopped)[0]
    assert isinstance(error, FlakyFailure)  # noqa: S101 - a limit is always among `stopped`
    return deviation_once(error, "this example was sent") or error.exceptions[0]


def deviation_once(flaky: FlakyFailure, what: str) -> Deviation | None:
    """Return the deviation that a repetition did not reproduce; `what` was repeated. None for other errors."""
    for error in flaky.exceptions:
        if isinstance(error, Deviation):
            found = f"{error.found}\nbut not every time that {what}"
            return Deviation(
                expected=error.expected, found=found, where=error.where, seen_first=error.seen_first
            )
    return None
