"""Properties, tried on a bounded number of examples against a registry that may be far away."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

from hypothesis import HealthCheck, Phase, Verbosity, given, settings
from hypothesis import seed as seeded
from hypothesis.errors import FlakyFailure

from conformance.verdicts import Deviation

if TYPE_CHECKING:
    from collections.abc import Callable

    from hypothesis.strategies import SearchStrategy

T = TypeVar("T")


@dataclass(frozen=True, kw_only=True)
class Examples:
    """A budget of examples and the seed that chooses them: the same seed, the same examples."""

    count: int
    seed: int

    def each(self, strategy: SearchStrategy[T], body: Callable[[T], None]) -> None:
        """Run `body` on examples until one deviates; then shrink it.

        `body` is run on the deviating example again, so it has to publish under a new name each time.
        Raises Deviation with the smallest example that was found.
        """

        @seeded(self.seed)
        @settings(
            max_examples=self.count,
            database=None,
            deadline=None,
            phases=(Phase.generate, Phase.shrink),
            report_multiple_bugs=False,
            suppress_health_check=list(HealthCheck),
            verbosity=Verbosity.quiet,
        )
        @given(strategy)
        def run(example: T) -> None:
            try:
                body(example)
            except Deviation as deviation:
                raise Deviation(
                    expected=deviation.expected,
                    found=f"{deviation.found}\nfor the example {example!r} (shrunk; seed {self.seed})",
                    where=deviation.where,
                ) from deviation

        try:
            run()
        except FlakyFailure as flaky:
            raise _seen_once(flaky) from flaky


def _seen_once(flaky: FlakyFailure) -> BaseException:
    """Return the deviation that did not come again when its example was repeated, saying so."""
    for error in flaky.exceptions:
        if isinstance(error, Deviation):
            found = f"{error.found}\nbut not every time that this example was sent"
            return Deviation(expected=error.expected, found=found, where=error.where)
    return flaky.exceptions[0]
