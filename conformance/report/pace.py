"""How many requests a second a run sends."""

from __future__ import annotations

import time
from collections import deque
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

WINDOW = 10.0
"""Seconds that count."""


class Pace:
    """The requests of the last seconds, added as checks end. `clock` gives seconds."""

    def __init__(self, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._started = clock()
        self._added: deque[tuple[float, int]] = deque()

    def add(self, requests: int) -> None:
        """Count the requests of a check that has ended."""
        self._added.append((self._clock(), requests))

    def __str__(self) -> str:
        """Say how many there were per second; nothing in the first second."""
        now = self._clock()
        while self._added and self._added[0][0] < now - WINDOW:
            self._added.popleft()
        elapsed = min(now - self._started, WINDOW)
        if elapsed < 1:
            return ""
        rate = sum(requests for _, requests in self._added) / elapsed
        return f"{rate:.0f}/s" if rate >= 10 else f"{rate:.1f}/s"
