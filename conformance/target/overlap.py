"""Several requests at once to a target that a run mostly waits for."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor, wait
from threading import Event
from typing import TYPE_CHECKING, TypeVar

from conformance.verdicts import NotJudged
from conformance.wire import Unreachable
from conformance.wire.stopping import is_stoppable, stoppable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from concurrent.futures import Future

    from conformance.target.settling import Settling
    from conformance.wire import Session

Item = TypeVar("Item")
Found = TypeVar("Found")

FAR = 0.05
"""Seconds of an answer from which on the target is waited for more than it works: it is far away, or busy."""

LATE = 0.5
"""Seconds that a page takes to show an upload, from which on the same is true."""

MOST = 16
"""Requests at once of all processes of a run, unless it has more processes: each sends one."""


def is_waited_for(settling: Settling, usual_wait: float) -> bool:
    """Tell whether a run mostly waits for its target. `usual_wait` are the seconds that an answer usually takes."""
    return settling.usual >= LATE or usual_wait >= FAR


class Overlap:
    """Runs independent actions one after the other, or several at once where each of them mostly waits.

    A registry that throttles, or that left a request without a complete answer, gets one at a time from each of the
    `processes` of a run.
    """

    def __init__(self, session: Session, settling: Settling, *, processes: int = 1) -> None:
        self._session = session
        self._settling = settling
        self._most = max(1, min(session.at_once, MOST // processes))

    @property
    def width(self) -> int:
        """How many actions run at once: one in an action that runs beside others."""
        waits = is_waited_for(self._settling, self._session.usual_wait)
        return self._most if waits and self._session.budget.is_sound and not is_stoppable() else 1

    def each(
        self, action: Callable[[Item], Found], items: Iterable[Item], *, reads: bool = False
    ) -> list[Found]:
        """Return what an action returns for each item, in their order.

        The first item is tried alone, unless the action only `reads`, then as many at once as `width` allows, and so
        on. Raises the first error of those tried at once that blames the target, and the first one where none does.
        """
        rest = list(items)
        found: list[Found] = []
        width = self.width if reads else 1
        try:
            while rest:
                some, rest = rest[:width], rest[width:]
                found += [action(some[0])] if len(some) == 1 else _at_once(action, some)
                width = self.width
        finally:
            self._session.close_surplus()
        return found


def _at_once(action: Callable[[Item], Found], items: Sequence[Item]) -> list[Found]:
    """Act upon all items at once, and return when all is over; where this thread is interrupted, soon."""
    stop = Event()

    def stoppable_action(item: Item) -> Found:
        with stoppable(stop):
            return action(item)

    threads = ThreadPoolExecutor(len(items))
    try:
        acts = [threads.submit(stoppable_action, item) for item in items]
        wait(acts)
    except BaseException:
        stop.set()
        raise
    finally:
        threads.shutdown(cancel_futures=True)
    _raise_worst(acts)
    return [act.result() for act in acts]


def _raise_worst(acts: Iterable[Future[Found]]) -> None:
    """Raise the first error that no limit of the run and no lost connection explains; else the first one."""
    errors = [error for act in acts if (error := act.exception()) is not None]
    for error in errors:
        if not isinstance(error, NotJudged | Unreachable):
            raise error
    if errors:
        raise errors[0]
