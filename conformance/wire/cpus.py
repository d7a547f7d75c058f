"""Which CPUs this process runs on: one where its threads only wait for each other, all of them for what it starts."""

from __future__ import annotations

import math
import os
import sys
import threading
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

_STATE = 3
_PROCESSOR = 39
"""Numbers of fields in /proc/PID/stat, the first of them after the name. Source: proc_pid_stat(5)."""

_GIVEN: list[frozenset[int]] = []
"""The CPUs of this process before it was bound to one; empty while it is not."""


@contextmanager
def on_one_cpu() -> Iterator[None]:
    """Run all threads of this process on the CPU on which this one runs, where the system can do that.

    Of the threads of a Python process one runs at a time. Where each waits for another, as a client and a server in one
    process do, to wake one on another CPU takes longer than most of what it then does. On a busy machine nothing is
    bound: there a process has to go where there is room.
    """
    given, here = _cpus(), _this_cpu()
    if _GIVEN or len(given) < 2 or here not in given or _runnable() > len(given):
        yield
        return
    _GIVEN.append(given)
    try:
        _bind({here})
        yield
    finally:
        _bind(_GIVEN.pop())


@contextmanager
def on_all_cpus() -> Iterator[None]:
    """Let what this thread starts meanwhile run on all CPUs that this process had."""
    if not _GIVEN or sys.platform != "linux":
        yield
        return
    bound = os.sched_getaffinity(0)
    os.sched_setaffinity(0, _GIVEN[-1])
    try:
        yield
    finally:
        os.sched_setaffinity(0, bound)


def _bind(cpus: frozenset[int] | set[int]) -> None:
    if sys.platform == "linux":
        for thread in threading.enumerate():
            with suppress(OSError):  # it has ended, or the CPU was taken away
                os.sched_setaffinity(thread.native_id or 0, cpus)


def _cpus() -> frozenset[int]:
    return frozenset(os.sched_getaffinity(0)) if sys.platform == "linux" else frozenset()


def _runnable() -> float:
    """Return how many threads of the machine run or wait for a CPU, this one included; infinite where unknown."""
    try:
        return int(Path("/proc/loadavg").read_text(encoding="utf-8").split()[3].partition("/")[0])
    except (OSError, ValueError, IndexError):
        return math.inf


def _this_cpu() -> int | None:
    """Return the number of the CPU on which this thread runs; None where it cannot be known."""
    try:
        fields = Path("/proc/thread-self/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
        return int(fields[_PROCESSOR - _STATE])
    except (OSError, ValueError, IndexError):
        return None
