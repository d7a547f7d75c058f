"""Properties, tried on a bounded number of examples against a registry that may be far away."""

from __future__ import annotations

import random
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

from conformance.kit.differences import written
from conformance.kit.properties.kinds import EveryKind

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from hypothesis.strategies import SearchStrategy

T = TypeVar("T")


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
        # Hypothesis takes 0.2 s to import, and most checks use none of it.
        from conformance.kit.properties.search import search

        for strategy, count in self._shares(drawn):
            search(strategy, body, named=named, count=count, seed=self.seed, shrink=self.shrink)

    def _shares(self, drawn: SearchStrategy[T] | EveryKind[T]) -> Iterator[tuple[SearchStrategy[T], int]]:
        """Yield each strategy with its part of the budget. Where that is short, the seed chooses the kinds."""
        if not isinstance(drawn, EveryKind):
            yield drawn, self.count
            return
        chance = random.Random(self.seed)  # noqa: S311 - a choice of samples, not a secret
        each, more = divmod(self.count, len(drawn.kinds))
        for turn, strategy in enumerate(chance.sample(drawn.kinds, len(drawn.kinds))):
            if count := each + (turn < more):
                yield strategy, count
