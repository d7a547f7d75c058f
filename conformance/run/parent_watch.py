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


class Watch:
    """Ends this process, and the clients that it runs, as soon as its parent has ended, for whatever reason.

    Without this a worker goes on publishing for seconds, with nothing left to clean up after it. Windows keeps the
    number of a parent that has ended, so there is nothing to look at.
    """

    def __init__(self, parent: int | None = None) -> None:
        """Watch the process with the id `parent`; without one, the present parent.

        A parent can end while its worker still imports, so a worker is handed the id.
        """
        self._parent = os.getppid() if parent is None else parent
        self._budget: Budget | None = None

    def start(self) -> None:
        """Look at both from now on, in a thread."""
        if os.name == "posix":
            threading.Thread(target=self._go_on, daemon=True).start()

    def end_with_run(self, budget: Budget) -> None:
        """Interrupt this process, as Ctrl-C does, as soon as its run is interrupted.

        The signal may have reached the first process alone, and pytest-xdist lets workers go on for five seconds.
        """
        self._budget = budget

    def look(self) -> None:
        """Look once at the parent, and at the run."""
        if os.getppid() != self._parent:
            kill_all()
            os._exit(ExitCode.HARNESS_ERROR)
        if self._budget is not None and self._budget.is_interrupted:
            self._budget = None
            os.kill(os.getpid(), signal.SIGINT)

    def _go_on(self) -> NoReturn:
        while True:
            self.look()
            time.sleep(INTERVAL)
