"""What a process of a load has to do, as data that is handed over on its standard input."""

from __future__ import annotations

import time
from enum import StrEnum
from typing import Any

import msgspec
from msgspec import Struct


class Role(StrEnum):
    """What a process is to the others, in Locust's words."""

    LOCAL = "local"
    MASTER = "master"
    WORKER = "worker"


class LoadSettings(Struct, frozen=True, kw_only=True):
    """How much load, of what kind, from where. Times are in seconds.

    Requests of the first `warm_up` seconds are left out of the figures, and judged all the same. `beyond` lets
    downloads go to hosts other than this machine. With `arrivals` the load is open: so many visits begin in a second,
    and `users` is how many may be there at once. `web` is the port of Locust's page on loopback, 0 for none.
    """

    users: int = 20
    arrivals: float = 0.0
    seconds: float = 60.0
    warm_up: float = 2.0
    mix: str = "registry"
    processes: int = 1
    expect_workers: int = 0
    host: str = "127.0.0.1"
    port: int = 5557
    beyond: bool = False
    web: int = 0

    @property
    def projects(self) -> int:
        """How many projects last for the whole run: a few users share each."""
        return min(200, max(3, int(self.arrivals or self.users) // 4))

    @property
    def sources(self) -> int:
        """How many processes drive clients."""
        return max(1, self.expect_workers)

    @property
    def begun_per_second(self) -> float:
        """How many users begin in a second: all of them within the warm-up."""
        return max(1.0, self.users / max(self.warm_up, 1.0))


class Task(Struct, frozen=True, kw_only=True):
    """The part of one process. It holds secrets: hand it over, do not write it down.

    `options` are packed. `forms` are the media types of pages; a worker has them from its master. `clock` is what is
    added to the machine's steady clock, so that its processes agree. `out` is the file for the record; `budget` the
    file of the account that the run shares, if it is on this machine.
    """

    role: Role
    settings: LoadSettings
    run_id: str
    target: dict[str, Any]
    embedded: bool
    options: bytes
    ledger: str
    clock: float
    forms: tuple[str, ...] = ()
    budget: str = ""
    per_deletion: int = 0
    out: str = ""
    parent: int = 0

    def packed(self) -> bytes:
        """Return the task as bytes."""
        return msgspec.msgpack.encode(self)


def unpacked(packed: bytes) -> Task:
    """Return a task that another process has packed."""
    return msgspec.msgpack.decode(packed, type=Task)


def clock_of_this_machine() -> float:
    """Return what to add to the steady clock for a time that other machines have, too."""
    return time.time() - time.monotonic()


def now(clock: float) -> float:
    """Return the time of operations: the steady clock, shifted by what its machine adds to it."""
    return time.monotonic() + clock
