"""Several requests at once to a target that a run mostly waits for."""

from __future__ import annotations

from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextvars import copy_context
from threading import Event
from typing import TYPE_CHECKING, Generic, TypeVar

from conformance.verdicts import NotJudged
from conformance.wire import Unreachable
from conformance.wire.lanes import seated, seats_here
from conformance.wire.stopping import is_stoppable, stoppable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

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
    `processes` of a run. A process that is the last of several `instead_of` them all sends as many at once as they did.
    """

    def __init__(
        self, session: Session, settling: Settling, *, processes: int = 1, instead_of: int = 1
    ) -> None:
        self._session = session
        self._settling = settling
        self._most = max(1, min(session.at_once * instead_of, MOST // processes))

    @property
    def width(self) -> int:
        """How many actions run at once: one in an action that runs beside others, unless it shares their seats."""
        waits = is_waited_for(self._settling, self._session.usual_wait)
        is_one_of_others = is_stoppable() and seats_here() is None
        return self._most if waits and self._session.budget.is_sound and not is_one_of_others else 1

    def each(
        self, action: Callable[[Item], Found], items: Iterable[Item], *, reads: bool = False
    ) -> list[Found]:
        """Return what an action returns for each item, in their order.

        The first item is tried alone, unless the action only `reads`, then as many at once as `width` allows: the next
        one begins when one of them ends. Raises, when those under way have ended, their first error that blames the
        target, and the first one where none does.
        """
        rest = list(items)
        found: list[Found] = []
        try:
            if not reads and rest:
                found.append(action(rest.pop(0)))
            while rest:
                if self.width == 1 or len(rest) == 1:
                    found.append(action(rest.pop(0)))
                else:
                    found += _Acts(self, action).of(rest)
        finally:
            self._session.close_surplus()
        return found


class _Acts(Generic[Item, Found]):
    """Actions that run at once. What runs beside others takes a free seat for each but the first."""

    def __init__(self, overlap: Overlap, action: Callable[[Item], Found]) -> None:
        self._overlap = overlap
        self._action = action
        self._seats = seats_here()
        self._taken = 0
        self._failed = False
        self._stop = Event()

    def of(self, rest: list[Item]) -> list[Found]:
        """Act upon items, and take them from `rest`, until all are done, one failed, or only one is to be at once.

        Returns when all that was begun is over; where this thread is interrupted, soon.
        """
        acts: list[Future[Found]] = []
        running: set[Future[Found]] = set()
        threads = ThreadPoolExecutor(min(self._overlap.width, len(rest)))
        try:
            while rest and not self._failed and self._overlap.width > 1:
                while rest and self._has_room(len(running)):
                    context = copy_context()
                    acts.append(threads.submit(context.run, self._act, rest.pop(0)))
                    running.add(acts[-1])
                done, running = wait(running, return_when=FIRST_COMPLETED)
                self._failed = any(act.exception() for act in done)
                self._leave_all_but(len(running) - 1)
            wait(running)
        except BaseException:
            self._stop.set()
            raise
        finally:
            threads.shutdown(cancel_futures=True)
            self._leave_all_but(0)
        _raise_worst(acts)
        return [act.result() for act in acts]

    def _act(self, item: Item) -> Found:
        with seated(None), stoppable(self._stop):
            return self._action(item)

    def _has_room(self, running: int) -> bool:
        if running >= self._overlap.width:
            return False
        if not running or self._seats is None:
            return True
        is_taken = self._seats.take_free()
        self._taken += is_taken
        return is_taken

    def _leave_all_but(self, number: int) -> None:
        """Give back the seats that were taken beyond a number."""
        if self._seats is not None and (more := self._taken - max(0, number)) > 0:
            self._seats.leave(more)
            self._taken -= more


def _raise_worst(acts: Iterable[Future[Found]]) -> None:
    """Raise the first error that no limit of the run and no lost connection explains; else the first one."""
    errors = [error for act in acts if (error := act.exception()) is not None]
    for error in errors:
        if not isinstance(error, NotJudged | Unreachable):
            raise error
    if errors:
        raise errors[0]
