"""An estimate of how long a run will take, from how long its checks have taken so far."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

WEIGHTS = {"clients": 20, "version": 8, "race": 4}
"""How many other checks take about as long as one of an area, measured with the embedded server."""

WAITS, OTHER_WAITS = {"race": 8.0, "clients": 1.0}, 0.4
"""How often a check of an area waits for the registry to show something, measured at one that takes two seconds."""

ORDINARY = 0.1
"""Seconds that a check of weight 1 takes."""

SOON = 10.0
"""Seconds without an estimate: a shorter run needs none."""

LEAST_DONE = 0.05
"""The part of a run from which it can be estimated."""


class Estimate:
    """How much of a run is left, by the areas of its checks, at a registry that shows changes after `late` seconds.

    `clock` gives seconds.
    """

    def __init__(
        self, areas: Iterable[str], *, late: float = 0, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._late = late
        self._whole = sum(map(self._weight, areas))
        self._done = 0.0
        self._clock = clock
        self._started = clock()

    def end(self, area: str) -> None:
        """Count a check that has ended."""
        self._done += self._weight(area)

    def __str__(self) -> str:
        """Say about how long the rest takes; nothing where that is not known yet, and at the end."""
        elapsed = self._clock() - self._started
        if elapsed < SOON or self._done < LEAST_DONE * self._whole or self._done >= self._whole:
            return ""
        minutes = round(elapsed * (self._whole - self._done) / self._done / 60)
        return f"about {minutes} min left" if minutes else "less than a minute left"

    def _weight(self, area: str) -> float:
        return WEIGHTS.get(area, 1) + WAITS.get(area, OTHER_WAITS) * self._late / ORDINARY
