"""Ctrl-C and SIGTERM during a run are noticed, wherever they come."""

from __future__ import annotations

import signal
import threading
from typing import TYPE_CHECKING, Any, Self

if TYPE_CHECKING:
    from types import FrameType, TracebackType

_DEFAULTS: dict[signal.Signals, Any] = {
    signal.SIGINT: signal.default_int_handler,
    signal.SIGTERM: signal.SIG_DFL,
}
"""The signals that interrupt a run, and what Python does about them by default."""


class Interruption:
    """Within `with`, knows whether the run was interrupted; as a plugin of pytest, ends it before the next check.

    SIGTERM counts as SIGINT: the run ends, cleans up and writes its result.

    Python drops an exception that comes in a destructor or in a callback of the garbage collector, KeyboardInterrupt
    as well: the run would go on unasked.
    Source: https://docs.python.org/3/library/signal.html#note-on-signal-handlers-and-exceptions
    """

    def __init__(self) -> None:
        self.came = False
        self._patient = False
        self._before = {number: signal.getsignal(number) for number in _DEFAULTS}

    def __enter__(self) -> Self:
        for number in self._ours():
            signal.signal(number, self._note)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for number in self._ours():
            signal.signal(number, self._before[number])

    def pytest_runtest_logstart(self) -> None:
        """End the run if an earlier interruption was dropped."""
        if self.came:
            raise KeyboardInterrupt

    def begin_clean_up(self) -> None:
        """Let the first signal from here on pass: the run is ending already. A second one breaks the clean-up off."""
        self._patient = True

    def _ours(self) -> list[signal.Signals]:
        """Return the signals that nothing else has decided about.

        A program that runs the suite may have a handler of its own. A background job of a script inherits the
        signal ignored, and keeps running when its script is interrupted.
        """
        if threading.current_thread() is not threading.main_thread():
            return []
        return [number for number, default in _DEFAULTS.items() if self._before[number] is default]

    def _note(self, number: int, frame: FrameType | None) -> None:
        self.came = True
        if self._patient:
            self._patient = False
        else:
            signal.default_int_handler(number, frame)
