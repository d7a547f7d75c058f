"""Threads that are to end early: what they wait for, they stop waiting for, and they send nothing more."""

from __future__ import annotations

import time
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from threading import Event

_STOP: ContextVar[Event | None] = ContextVar("stop", default=None)


class Stopped(BaseException):
    """The action of this thread is not wanted any more. No check catches it."""


@contextmanager
def stoppable(stop: Event) -> Iterator[None]:
    """Let this thread send no request once `stop` is set."""
    token = _STOP.set(stop)
    try:
        require_going()
        yield
    finally:
        _STOP.reset(token)


def is_stoppable() -> bool:
    """Tell whether this thread acts beside others."""
    return _STOP.get() is not None


def require_going() -> None:
    """Raise Stopped in a thread that is to end."""
    stop = _STOP.get()
    if stop is not None and stop.is_set():
        raise Stopped


def pause(seconds: float) -> None:
    """Wait; raise Stopped in a thread that is to end meanwhile."""
    stop = _STOP.get()
    if stop is None:
        time.sleep(seconds)
    elif stop.wait(max(0.0, seconds)):
        raise Stopped
