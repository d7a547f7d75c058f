"""Properties, tried on a bounded number of examples against a registry that may be far away."""

from __future__ import annotations

import random
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

from conformance.kit.differences import written
from conformance.kit.properties.kinds import EveryKind
from conformance.verdicts import Deviation, NotJudged, Untestable
from conformance.wire import EndlessAnswer, Unreachable
from conformance.wire.stopping import is_stoppable

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
        `named` names an example in a failure. Examples that are `independent`, which only read or upload to a project
        of their own each, are tried several at once on a target that is far away; the search for the smallest comes
        after. A check that runs beside others only tries them: the search is for the check alone.
        Raises Deviation with the smallest example that was found; `seen_first` is the first one's. One that was seen
        counts, even where a limit or a lost connection cuts the search short.
        """
        # Hypothesis takes 0.2 s to import, and most checks use none of it.
        from conformance.kit.properties.search import search, seen_once

        first = None
        if self.registry is not None and (is_stoppable() or (independent and self.registry.at_once > 1)):
            first = self._tried(self.registry if independent else None, drawn, body, named)
            if first is None:
                return
            if is_stoppable():
                raise first
        try:
            for strategy, count in self._shares(drawn):
                search(strategy, body, named=named, count=count, seed=self.seed, shrink=self.shrink)
        except (NotJudged, Unreachable, Untestable) as error:
            if first is not None:
                raise first from error
            raise
        if first is not None:
            raise seen_once(first)

    def _tried(
        self,
        registry: RegistryClient | None,
        drawn: SearchStrategy[T] | EveryKind[T],
        body: Callable[[T], None],
        named: Callable[[T], str],
    ) -> Deviation | None:
        """Try the examples, with a registry at once if possible; return a deviation that is worth a search."""
        from conformance.kit.properties.search import drawn_from, example_named

        def tried(example: T) -> None:
            try:
                body(example)
            except Deviation as deviation:
                raise example_named(deviation, "first", self.seed, named(example)) from deviation

        some = [each for share in self._shares(drawn) for each in drawn_from(*share, seed=self.seed)]
        try:
            if registry is not None:
                registry.for_each(tried, some)
            else:
                for each in some:
                    tried(each)
        except Deviation as deviation:
            if isinstance(deviation.__cause__, EndlessAnswer):  # one such answer takes minutes
                raise
            return deviation
        return None

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
