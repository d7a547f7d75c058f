"""Lanes: threads of one lane share their connections, and no connection changes lanes.

What is judged beside others so sends its requests over connections of its own, as it does alone: a registry may
remember a caller by the connection.
"""

from __future__ import annotations

from contextlib import contextmanager
from contextvars import ContextVar
from threading import Condition
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

_LANE: ContextVar[int] = ContextVar("lane", default=0)


class Seats:
    """How many requests a process may have under way, shared by the checks that it judges at once.

    Each of them has a seat, and takes free ones for requests that do not depend on each other. A check that is to begin
    comes before them. Safe to use from several threads.
    """

    def __init__(self, number: int) -> None:
        self._free = number
        self._awaited = 0
        self._changed = Condition()

    def take(self) -> None:
        """Take a seat, as soon as there is one."""
        with self._changed:
            self._awaited += 1
            try:
                self._changed.wait_for(lambda: self._free > 0)
                self._free -= 1
            finally:
                self._awaited -= 1

    def take_free(self) -> bool:
        """Take a seat if one is free and not waited for; return whether it was."""
        with self._changed:
            if self._free <= self._awaited:
                return False
            self._free -= 1
            return True

    def leave(self, number: int = 1) -> None:
        """Give so many seats back."""
        with self._changed:
            self._free += number
            self._changed.notify(number)


_SEATS: ContextVar[Seats | None] = ContextVar("seats", default=None)


def enter_lane(number: int) -> None:
    """Let this thread be in a lane from now on. All others are in lane 0."""
    _LANE.set(number)


def lane() -> int:
    """Return the lane of this thread."""
    return _LANE.get()


@contextmanager
def seated(seats: Seats | None) -> Iterator[None]:
    """Let this thread, which has one of the seats, take more of them; with None, let it take none."""
    token = _SEATS.set(seats)
    try:
        yield
    finally:
        _SEATS.reset(token)


def seats_here() -> Seats | None:
    """Return the seats of which this thread has one; None for a thread that shares none."""
    return _SEATS.get()
