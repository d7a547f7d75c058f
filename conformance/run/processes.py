"""How many processes a run has: more than there are CPUs where it waits for the registry most of the time."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from conformance.target.overlap import FAR, LATE, is_waited_for

if TYPE_CHECKING:
    from conformance.target.settling import Settling

AUTO = "auto"

PER_CPU, MOST = 4, 16
"""Processes of a run that waits: with four per CPU, one can work while three wait."""


def processes_for(chosen: str | None, settling: Settling, *, usual_wait: float = 0) -> str | None:
    """Return the number of processes for a choice of `-n`, as pytest-xdist takes it.

    `usual_wait` are the seconds that an answer usually takes.
    """
    return str(_waiting()) if chosen == AUTO and is_waited_for(settling, usual_wait) else chosen


def advice(chosen: str | None, settling: Settling, *, usual_wait: float = 0) -> str:
    """Return which `-n` makes a run shorter; empty where the choice will do."""
    if chosen == AUTO or int(chosen or 1) >= _waiting():
        return ""
    if settling.usual >= LATE:
        slow = f"takes about {settling.usual:.1f} s to list an upload"
    elif usual_wait >= FAR:
        slow = f"takes about {usual_wait:.2f} s to answer"
    else:
        return ""
    return f"The registry {slow}; -n auto would wait for several at once, with {_waiting()} processes here."


def number_of(chosen: str | None) -> int:
    """Return the number of processes of a choice that is a number; 1 where it is for pytest-xdist to choose."""
    return int(chosen) if chosen and chosen.isdigit() else 1


def _waiting() -> int:
    return min(MOST, PER_CPU * _cpus())


def _cpus() -> int:
    """Return the number of CPUs that this process may use."""
    try:
        return len(os.sched_getaffinity(0))
    except AttributeError:  # it is not Linux
        return os.cpu_count() or 1
