"""What several threads want at the same moment is done once for all of them."""

from __future__ import annotations

from concurrent.futures import Future
from threading import Lock
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable


class Flights:
    """Shares work between threads, by a key.

    Threads that come while the work runs wait for it, and share a `failure`: each would wait as long for its own. A
    result that was asked for before they came may be old; they share the next one.
    """

    def __init__(self, failure: type[Exception]) -> None:
        self._failure = failure
        self._lock = Lock()
        self._running: dict[Hashable, Future[bool]] = {}

    def share(self, key: Hashable, work: Callable[[], bool]) -> None:
        """Do the work, or wait for it. Raises what it raises.

        `work` returns whether its result is good for those who came while it ran.
        """
        began_before = True
        while True:
            with self._lock:
                flight = self._running.get(key)
                if flight is None:
                    mine = self._running[key] = Future()
                    break
            if self._is_enough(flight, began_before=began_before):
                return
            began_before = False
        try:
            result = work()
        except BaseException as error:
            self._end(key)
            mine.set_exception(error)
            raise
        self._end(key)
        mine.set_result(result)

    def _end(self, key: Hashable) -> None:
        """Let those who come now begin anew. Those who wait get the result afterwards, and so never get it twice."""
        with self._lock:
            del self._running[key]

    def _is_enough(self, flight: Future[bool], *, began_before: bool) -> bool:
        try:
            return flight.result() or not began_before
        except self._failure:
            raise
        except Exception:
            if began_before:
                return False
            raise
