"""What the processes of a run share, in memory and without a server: its budget, and how its target settles."""

from __future__ import annotations

import mmap
import os
import sys
import tempfile
import weakref
from contextlib import contextmanager
from enum import IntEnum
from pathlib import Path
from threading import Lock
from typing import IO, TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

TURNS = 1024
"""How many of the last turns are kept. No rate above it is limited exactly: a run is slower."""

PROCESSES = 256
"""How many processes have numbers of their own."""


class Cell(IntEnum):
    """The numbers of an account, by position. Moments are those of `time.monotonic`, which is system-wide."""

    SPENT = 0
    """Requests so far."""
    OWED = 1
    """Requests that the clean-up will need."""
    REFUSED = 2
    """Requests that the registry refused because there were too many."""
    PAUSED = 3
    """Seconds of all pauses that the registry asked for."""
    QUIET_UNTIL = 4
    """The end of the current pause."""
    GIVEN_UP = 5
    """The moment until which no check sends a request: one was refused to the end, and none was accepted since."""
    PACE = 6
    """Requests per second that the registry seems to accept; 0 where nothing is known."""
    NEXT_START = 7
    """The earliest start of the next request."""
    DEADLINE = 8
    """The moment after which no check starts; 0 for none."""
    SETTLED_AFTER = 9
    """The most seconds that a page has taken to show a change."""
    NEVER_SHOWN = 10
    """How many changes no page has shown in time."""
    WAITS = 11
    """How many times a check waited for the registry to show or to do something."""
    WAITED = 12
    """Seconds of all these waits, of all processes together."""
    SETTLED_USUALLY = 13
    """The seconds that changes have usually taken, of those that took any; 0 where none did."""
    INTERRUPTED = 14
    """1 where the run is to end now."""
    IN_VAIN = 15
    """Seconds of the pauses after which a request was refused all the same."""
    RECEIVED = 16
    """Bytes of the bodies of all answers, after decompression."""
    LOST = 17
    """Seconds of requests that no complete answer came to."""
    LOST_UNTIL = 18
    """The moment until which these seconds are counted: requests that were lost at the same time count once."""
    ENDED = 19
    """How many checks have ended, but for those that run last."""
    STRAINED = 20
    """How many checks deviated beside others, and passed alone: the registry does not take many requests at once."""
    TAKEN = 21
    """Turns so far. The moments of their ends follow, in a ring."""


RING = len(Cell)


class Share(IntEnum):
    """Numbers that each process has one of, after the ring."""

    BESIDE = 0
    """How many checks of the process run beside others at the moment."""
    QUIET = 1
    """How often the process wants no check to run beside others at the moment."""
    TURN = 2
    """1 while the process judges a check that the last ones wait for."""

    def of(self, process: int) -> int:
        """Return the position of a process's number."""
        return RING + TURNS + self * PROCESSES + process


_SIZE = 8 * (RING + TURNS + len(Share) * PROCESSES)


class Account:
    """Numbers that processes change one at a time, as doubles: `Cell`s, the ends of the last turns, `Share`s.

    An account begins in the memory of its process. `share` moves it to a temporary file, and `Account(path)` in
    another process has the same numbers. The file goes with the account that made it.
    """

    def __init__(self, path: Path | None = None) -> None:
        self._threads = Lock()
        self._file: IO[bytes] | None = None
        self._end: Callable[[], object] | None = None
        self._numbers = memoryview(mmap.mmap(-1, _SIZE)).cast("d")
        if path is not None:
            self._open(path)

    @contextmanager
    def locked(self) -> Iterator[memoryview[float]]:
        """Let no other thread or process read or write, and give the numbers."""
        with self._threads:
            if self._file is None:
                yield self._numbers
                return
            _lock(self._file)
            try:
                yield self._numbers
            finally:
                _unlock(self._file)

    def share(self) -> Path:
        """Return the file of the account, made on the first call. No other thread may use it meanwhile."""
        if self._file is None:
            handle, name = tempfile.mkstemp(prefix="registry-conformance-", suffix=".budget")
            with open(handle, "wb") as file:  # noqa: PTH123 - it is a descriptor
                file.write(self._numbers)
            self._open(Path(name), ours=True)
        assert self._file is not None  # noqa: S101 - opened above
        return Path(self._file.name)

    def close(self) -> None:
        """Close the file, and remove it if this account made it. The numbers can still be read."""
        with self._threads:
            self._file = None
            if self._end is not None:
                self._end()

    def _open(self, path: Path, *, ours: bool = False) -> None:
        self._file = path.open("r+b", buffering=0)
        self._numbers = memoryview(mmap.mmap(self._file.fileno(), _SIZE)).cast("d")
        self._end = weakref.finalize(self, _end, self._file, path if ours else None)


def _end(file: IO[bytes], path: Path | None) -> None:
    file.close()
    if path is not None:
        path.unlink(missing_ok=True)


if sys.platform == "win32":
    import msvcrt

    def _lock(file: IO[bytes]) -> None:
        os.lseek(file.fileno(), 0, os.SEEK_SET)
        msvcrt.locking(file.fileno(), msvcrt.LK_LOCK, 1)

    def _unlock(file: IO[bytes]) -> None:
        os.lseek(file.fileno(), 0, os.SEEK_SET)
        msvcrt.locking(file.fileno(), msvcrt.LK_UNLCK, 1)

else:
    import fcntl

    def _lock(file: IO[bytes]) -> None:
        fcntl.flock(file, fcntl.LOCK_EX)  # a process that dies gives it back

    def _unlock(file: IO[bytes]) -> None:
        fcntl.flock(file, fcntl.LOCK_UN)
