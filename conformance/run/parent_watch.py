"""A worker process ends with the process that started it."""

from __future__ import annotations

import os
import threading
import time
from typing import NoReturn

from conformance.clients.process_group import kill_all
from conformance.errors import ExitCode

INTERVAL = 0.2
"""Seconds between two looks at the parent."""


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
