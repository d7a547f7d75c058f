"""Lanes: threads of one lane share their connections, and no connection changes lanes.

What is judged beside others so sends its requests over one connection, as it does alone: a registry may remember a
caller by the connection.
"""

from __future__ import annotations

from contextvars import ContextVar

_LANE: ContextVar[int] = ContextVar("lane", default=0)


def enter_lane(number: int) -> None:
    """Let this thread be in a lane from now on. All others are in lane 0."""
    _LANE.set(number)


def lane() -> int:
    """Return the lane of this thread."""
    return _LANE.get()
