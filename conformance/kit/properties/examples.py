"""Properties, tried on a bounded number of examples against a registry that may be far away."""

from __future__ import annotations

import random
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

from conformance.kit.differences import written
from conformance.kit.properties.kinds import EveryKind
from conformance.verdicts import Deviation
from conformance.wire import EndlessAnswer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from hypothesis.strategies import SearchStrategy

    from conformance.target.registry_client import RegistryClient

T = TypeVar("T")

MANY = 10
"""Examples from which on every kind is tried. Of fewer, the seed chooses the kinds."""


@dataclass(frozen=True, kw_only=True)
class Examples:
    """A budget of examples and the seed that chooses them: the same seed, the same examples.

    Without `shrink` the search ends at the first example that deviates. `registry` is the target.
    """

    count: int
    seed: int
    shrink: bool = True
    registry: RegistryClient | None = None

    def each(
        self,
        drawn: SearchStrategy[T] | EveryKind[T],
        body: Callable[[T], None],
        *,
        named: Callable[[T], str] = written,
        independent: bool = False,
    ) -> None:
        """Run `body` on examples until one deviates; then shrink it.

        `body` is run on the deviating example again, so it has to publish under a new name each time.
        `named` names an example in a failure. Examples that are `independent`, such as those that only read or are all
        to be refused, are tried several at once on a target that is far away; the search for the smallest comes after.
        Raises Deviation with the smallest example that was found; `seen_first` is the first one's.
        """
        # Hypothesis takes 0.2 s to import, and most checks use none of it.
        from conformance.kit.properties.search import drawn_from, search, seen_once

        first = None
        if independent and self.registry is not None and self.registry.at_once > 1:
            shares = self._shares(drawn)
            some = [each for share in shares for each in drawn_from(*share, seed=self.seed)]
            try:
                self.registry.for_each(body, some)
            except EndlessAnswer:  # one such answer takes minutes
                raise
            except Deviation as deviation:
                first = deviation
            else:
                return
        for strategy, count in self._shares(drawn):
            search(strategy, body, named=named, count=count, seed=self.seed, shrink=self.shrink)
        if first is not None:
            raise seen_once(first)

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
