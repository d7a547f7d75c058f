"""Limits on the number and the rate of requests."""

from __future__ import annotations

import time
from threading import Lock
from typing import TYPE_CHECKING

from conformance.verdicts import Untestable
from conformance.verdicts.counting import counted

if TYPE_CHECKING:
    from conformance.verdicts.options import TrafficLimits


class BudgetSpent(Untestable):
    """The run has used up its budget of requests."""


class Budget:
    """Counts and paces the requests of a run. Safe to use from several threads."""

    def __init__(self, limits: TrafficLimits) -> None:
        self._limits = limits
        self._lock = Lock()
        self._spent = 0
        self._next = 0.0

    def spend(self) -> None:
        """Take one request from the budget and wait for its turn. Raises BudgetSpent."""
        with self._lock:
            if self._spent >= self._limits.max_requests:
                most = counted(self._limits.max_requests, "request")
                raise BudgetSpent(f"the budget of {most} is spent; raise --max-requests")
            self._spent += 1
            now = time.monotonic()
            starts = max(now, self._next)
            self._next = starts + (1 / self._limits.rate if self._limits.rate else 0)
        if starts > now:
            time.sleep(starts - now)
