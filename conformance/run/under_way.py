"""What each process of a run does beside others now. A process that dies takes its share with it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from conformance.wire.account import PROCESSES, Cell, Share

if TYPE_CHECKING:
    from conformance.wire.account import Account

WORKER = "gw"
"""What pytest-xdist calls a worker, before its number."""


class UnderWay:
    """How many checks the processes of a run have under way beside others, and how many of them want none to be.

    `worker` is the id that pytest-xdist gave this process; empty in a run of one process.
    """

    def __init__(self, account: Account, worker: str = "") -> None:
        self._account = account
        self._number = _number(worker)

    def count(self, number: int) -> None:
        """Add to how many checks this process has under way."""
        self._add(Share.BESIDE, number)

    def want_quiet(self, number: int) -> None:
        """Add to how often this process wants no check to be under way."""
        self._add(Share.QUIET, number)

    @property
    def checks(self) -> int:
        """How many checks all processes have under way."""
        return self._sum(Share.BESIDE)

    @property
    def is_to_be_quiet(self) -> bool:
        """Whether some process wants no check to be under way."""
        return self._sum(Share.QUIET) > 0

    def begin_turn(self) -> None:
        """Record that this process judges a check that the last ones wait for."""
        with self._account.locked() as state:
            state[Share.TURN.of(self._number)] = 1

    def end_turn(self) -> None:
        """Count the check as ended."""
        with self._account.locked() as state:
            state[Cell.ENDED] += 1
            state[Share.TURN.of(self._number)] = 0

    def forget(self, worker: str) -> None:
        """Take away what a process that has ended did. A check that it was at has ended, too."""
        with self._account.locked() as state:
            state[Cell.ENDED] += state[Share.TURN.of(_number(worker))]
            for share in Share:
                state[share.of(_number(worker))] = 0

    def _add(self, share: Share, number: int) -> None:
        with self._account.locked() as state:
            state[share.of(self._number)] += number

    def _sum(self, share: Share) -> int:
        with self._account.locked() as state:
            return int(sum(state[share.of(0) : share.of(0) + PROCESSES]))


def _number(worker: str) -> int:
    """Return the place of a process. Those beyond the last share one, which only makes others wait."""
    number = worker.removeprefix(WORKER)
    return (1 + int(number)) % PROCESSES if number.isdigit() else 0
