"""A worker process ends with the process that started it, and with the run."""

from __future__ import annotations

import os
import signal
import threading
import time
from typing import TYPE_CHECKING, NoReturn

from conformance.clients.process_group import kill_all
from conformance.errors import ExitCode

if TYPE_CHECKING:
    from conformance.wire import Budget

INTERVAL = 0.2
"""Seconds between two looks at the parent, and at the run."""


def end_with_parent() -> None:
    """End this process, and the clients that it runs, as soon as its parent has ended, for whatever reason.

    Without this a worker goes on publishing for seconds, with nothing left to clean up after it. Windows keeps the
    number of a parent that has ended, so there is nothing to look at.
    """
    if os.name == "posix":
        threading.Thread(target=_watch, args=(os.getppid(),), daemon=True).start()


def _watch(parent: int) -> NoReturn:
    while os.getppid() == parent:
        time.sleep(INTERVAL)
    kill_all()
    os._exit(ExitCode.HARNESS_ERROR)


def end_with_run(budget: Budget) -> None:
    """Interrupt this process, as Ctrl-C does, as soon as its run is interrupted.

    The signal may have reached the first process alone, and pytest-xdist lets workers go on for five seconds.
    """
    if os.name == "posix":
        threading.Thread(target=_await_interruption, args=(budget,), daemon=True).start()


def _await_interruption(budget: Budget) -> None:
    while not budget.is_interrupted:
        time.sleep(INTERVAL)
    os.kill(os.getpid(), signal.SIGINT)
