"""Several requests at once to a target that a run mostly waits for."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, TypeVar

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
"""Requests at once of all processes of a run: fewer than a browser with three pages makes."""

MOST_OF_A_PROCESS = 8


class Overlap:
    """Runs independent actions one after the other, or several at once where each of them mostly waits.

    A registry that throttles gets one request at a time from each of the `processes` of a run.
    """

    def __init__(self, session: Session, settling: Settling, *, processes: int = 1) -> None:
        self._session = session
        self._settling = settling
        self._most = max(1, min(MOST_OF_A_PROCESS, MOST // processes))

    @property
    def width(self) -> int:
        """How many actions run at once."""
        waits = self._session.usual_wait >= FAR or self._settling.usual >= LATE
        return self._most if waits and self._session.budget.throttling is None else 1

    def each(self, action: Callable[[Item], Found], items: Iterable[Item]) -> list[Found]:
        """Return what an action returns for each item, in their order.

        Raises what the first of them raised. Later items may have been acted upon by then.
        """
        if (width := self.width) == 1:
            return [action(item) for item in items]
        with ThreadPoolExecutor(width) as threads:
            return list(threads.map(action, items))
