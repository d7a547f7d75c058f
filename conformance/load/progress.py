"""The line of progress of a load, from running totals: a long load has too many requests to count them again."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING

from conformance.load.record import percentile

if TYPE_CHECKING:
    from collections.abc import Sequence

    from conformance.load.record import Sample

LATEST = 1000
"""How many of the last requests a line says something about."""


class Progress:
    """How many requests there were, how many of them failed, and how fast the last ones were."""

    def __init__(self) -> None:
        self.requests = self.failed = 0
        self._latest: deque[float] = deque(maxlen=LATEST)

    def add(self, samples: Sequence[Sample]) -> None:
        """Count further requests."""
        self.requests += len(samples)
        self.failed += sum(each.failed for each in samples)
        self._latest.extend(each.seconds for each in samples[-LATEST:])

    def line(self, seconds: float) -> str:
        """Return the line after so many seconds of the load."""
        return (
            f"  {seconds:4.0f} s  {self.requests:>7} requests  {self.requests / seconds:6.0f}/s  "
            f"95% within {percentile(self._latest, 0.95):.2f} s  {self.failed} failed"
        )
