"""Ctrl-C during a run is noticed, wherever it comes."""

from __future__ import annotations

import signal
import threading
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from types import FrameType, TracebackType


class Interruption:
    """Within `with`, knows whether the run was interrupted; as a plugin of pytest, ends it before the next check.

    Python drops an exception that comes in a destructor or in a callback of the garbage collector, KeyboardInterrupt
    as well: the run would go on unasked.
    Source: https://docs.python.org/3/library/signal.html#note-on-signal-handlers-and-exceptions
    """

    def __init__(self) -> None:
        self.came = False
        self._before = signal.getsignal(signal.SIGINT)

    def __enter__(self) -> Self:
        if self._is_ours():
            signal.signal(signal.SIGINT, self._note)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._is_ours():
            signal.signal(signal.SIGINT, self._before)

    def pytest_runtest_logstart(self) -> None:
        """End the run if an earlier interruption was dropped."""
        if self.came:
            raise KeyboardInterrupt

    def _is_ours(self) -> bool:
        """Return whether nothing else has decided about the signal.

        A program that runs the suite may have a handler of its own. A background job of a script inherits the
        signal ignored, and keeps running when its script is interrupted.
        """
        here = threading.current_thread() is threading.main_thread()
        return here and self._before is signal.default_int_handler

    def _note(self, number: int, frame: FrameType | None) -> None:
        self.came = True
        signal.default_int_handler(number, frame)
