"""Threads that are to end early: what they wait for, they stop waiting for, and they send nothing more."""

from __future__ import annotations

import time
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from threading import Event

_STOPS: ContextVar[tuple[Event, ...]] = ContextVar("stops", default=())

LONGEST_WAIT = 0.05
"""Seconds after which a thread that several events may stop looks at each of them again."""


class Stopped(BaseException):
    """The action of this thread is not wanted any more. No check catches it."""


@contextmanager
def stoppable(stop: Event) -> Iterator[None]:
    """Let this thread send no request once `stop`, or what it could be stopped by before, is set."""
    token = _STOPS.set((*_STOPS.get(), stop))
    try:
        require_going()
        yield
    finally:
        _STOPS.reset(token)


def is_stoppable() -> bool:
    """Tell whether this thread acts beside others."""
    return bool(_STOPS.get())


def require_going() -> None:
    """Raise Stopped in a thread that is to end."""
    if any(stop.is_set() for stop in _STOPS.get()):
        raise Stopped


def pause(seconds: float) -> None:
    """Wait; raise Stopped in a thread that is to end meanwhile."""
    stops = _STOPS.get()
    if not stops:
        time.sleep(seconds)
        return
    end = time.monotonic() + seconds
    longest = seconds if len(stops) == 1 else LONGEST_WAIT
    while True:
        if stops[-1].wait(max(0.0, min(longest, end - time.monotonic()))):
            raise Stopped
        require_going()
        if time.monotonic() >= end:
            return
