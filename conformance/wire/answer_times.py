"""How long a target takes to answer, as a run has measured it."""

from __future__ import annotations

from collections import deque
from statistics import median

REMEMBERED = 31
"""The number of answers whose times are kept."""


class AnswerTimes:
    """The seconds of the last answers. Safe to use from several threads."""

    def __init__(self) -> None:
        self._seconds: deque[float] = deque(maxlen=REMEMBERED)

    def note(self, seconds: float) -> None:
        """Add an answer."""
        self._seconds.append(seconds)

    @property
    def usual(self) -> float:
        """The median; 0 before the first answer."""
        seconds = list(self._seconds)
        return median(seconds) if seconds else 0
