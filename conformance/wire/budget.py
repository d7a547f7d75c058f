"""Limits on the number and the rate of requests, one set for all processes of a run."""

from __future__ import annotations

import math
import time
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from conformance.verdicts import NotJudged
from conformance.verdicts.counting import counted
from conformance.wire.account import RING, TURNS, Account, Cell
from conformance.wire.stopping import require_going
from conformance.wire.throttling import LONGEST_PAUSE

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from conformance.verdicts.options import TrafficLimits

LEAST_FOR_LISTS = 10
"""The least number of requests that the clean-up keeps for finding what it deletes; else a tenth of the deletions."""

SHORTEST_LOOK, LONGEST_LOOK = 0.001, 0.05
"""Seconds between two looks at whether a turn has come."""

BELOW = 0.8
"""The part of a rate that was refused at which a run goes on."""

TELLING = 5
"""Requests in a second from which on a refusal is put down to the rate of this run."""


MOST_IN_VAIN = 300.0
"""Seconds of a run's pauses that no accepted request followed; from then on a refused request is not sent again."""

MOST_PAUSED = 3600.0
"""Seconds of all pauses of a run that a registry may ask for."""

MOST_LOST = 5
"""How many times the time limit of an answer a run spends on requests that no complete answer comes to."""

TELLING_LOSS = 1.0
"""Seconds of such requests from which on a run sends one at a time; a host that is not there takes less."""

FOR_THE_END = 1.25
"""How many times these limits hold for the clean-up."""

MEGABYTE = 1_000_000


class BudgetSpent(NotJudged):
    """The run has used up its budget of requests or bytes."""

    by = "budget"


class TimeUp(NotJudged):
    """The run has used up its time."""

    by = "time"


class Throttled(NotJudged):
    """The registry refused a request because there were too many, and did so to the end.

    `repeatable` says that the request could not be sent again, but its check can be run again.
    """

    by = "throttling"

    def __init__(self, message: str, *, repeatable: bool = False) -> None:
        super().__init__(message)
        self.repeatable = repeatable


@dataclass(frozen=True, kw_only=True)
class Throttling:
    """How a registry throttled a run: refused requests, seconds of pauses, and a rate that it seems to accept."""

    refused: int
    paused: float
    rate: int | None


class Budget:
    """Counts and paces the requests of a run. Safe to use from several threads and, when shared, processes.

    It keeps `per_deletion` requests for the clean-up of each distribution that is announced, and at least 10 more;
    none if it is 0.
    """

    def __init__(
        self, limits: TrafficLimits, *, per_deletion: int = 0, account: Account | None = None
    ) -> None:
        self._limits = limits
        self._per_deletion = per_deletion
        self._at_the_end = False
        self.account = account or Account()
        """What the processes of the run share."""
        if account is None and limits.max_time is not None:
            with self.account.locked() as state:
                state[Cell.DEADLINE] = time.monotonic() + limits.max_time

    def share(self) -> Path:
        """Return the path under which another process takes part: `Budget(…, account=Account(path))`."""
        return self.account.share()

    def close(self) -> None:
        """Remove the file that processes shared, if there is one."""
        self.account.close()

    @contextmanager
    def turn(self, requests: int = 1, *, seconds: float | None = None) -> Iterator[None]:
        """Take requests from the budget, wait for their turn, and send them inside. See `take`."""
        turn = self.take(requests, seconds=seconds)
        try:
            yield
        finally:
            turn.end()

    def take(self, requests: int = 1, *, seconds: float | None = None) -> Turn:
        """Take requests from the budget and wait for their turn, through a pause that the registry asked for.

        The turn lasts until its `end`, at most `seconds` (default: the time limit of a response). A request counts
        for the rate until its turn has ended: no earlier is it certain to have arrived.
        Raises BudgetSpent, and Throttled once the registry has refused a request to the end; Stopped in a thread
        that is to end.
        """
        while True:
            require_going()
            with self.account.locked() as state:
                self._require(state, requests)
                now = time.monotonic()
                due = self._due(state, requests)
                if due <= now:
                    lasts = self._limits.timeout if seconds is None else seconds
                    return self._booked(state, requests, now, now + lasts)
            time.sleep(min(max(due - now, SHORTEST_LOOK), LONGEST_LOOK))

    def require_open(self) -> None:
        """Raise BudgetSpent, TimeUp or Throttled where no further check can be judged."""
        with self.account.locked() as state:
            self._require(state, 1)
            if self._seconds_left(state) <= 0:
                limit = self._limits.max_time
                raise TimeUp(f"the {limit:g} s of this run are over; raise --max-time")

    def owe(self) -> None:
        """Keep a request for deleting a distribution, before it is sent."""
        with self.account.locked() as state:
            state[Cell.OWED] += 1

    def settle(self) -> None:
        """Keep a request less: the distribution was refused."""
        with self.account.locked() as state:
            state[Cell.OWED] -= 1

    def begin_clean_up(self) -> None:
        """Let this process spend what was kept, whatever the time."""
        self._at_the_end = True

    def pause(self, seconds: float, *, refused: bool) -> None:
        """Let no process start a request for some time; `refused` counts a request that the registry refused."""
        with self.account.locked() as state:
            now = time.monotonic()
            before = max(now, state[Cell.QUIET_UNTIL])
            if refused:
                state[Cell.REFUSED] += 1
                if before == now:  # the first refusal of a burst
                    state[Cell.PACE] = self._slower(state, now)
            state[Cell.PAUSED] += max(0.0, now + seconds - before)
            state[Cell.QUIET_UNTIL] = max(before, now + seconds)

    def obey(self, seconds: float, *, waited: float = 0) -> bool:
        """Count a refused request, and pause as the registry asks, if the run waits for that; return whether it does.

        `waited` are the seconds of earlier pauses of the request.
        """
        is_waited_for = self.has_time_for(seconds, waited=waited)
        self.pause(seconds if is_waited_for else 0, refused=True)
        if is_waited_for and self._at_the_end:
            # What is kept for the end is one request for each deletion, however often it waits.
            with self.account.locked() as state:
                state[Cell.SPENT] -= 1
        return is_waited_for

    def has_time_for(self, seconds: float, *, waited: float = 0) -> bool:
        """Return whether a pause of a request, after `waited` seconds of others, is one that the run waits for.

        It has to end before the run has to, to be no longer than `LONGEST_PAUSE`, and not to follow many that were
        in vain.
        """
        with self.account.locked() as state:
            in_vain = state[Cell.IN_VAIN] + waited + seconds
            hopeful = seconds <= LONGEST_PAUSE and in_vain <= MOST_IN_VAIN
            return hopeful and (self._at_the_end or seconds < self._seconds_left(state))

    def give_up(self, seconds: float, *, waited: float = 0) -> None:
        """Send nothing more for so long: the registry has refused a request to the end, after `waited` seconds."""
        with self.account.locked() as state:
            state[Cell.GIVEN_UP] = time.monotonic() + seconds
            state[Cell.IN_VAIN] += waited

    def waste(self, seconds: float) -> None:
        """Count a pause whose request cannot be sent again: whether it is in vain, only the next one shows."""
        with self.account.locked() as state:
            state[Cell.IN_VAIN] += seconds

    def receive(self, size: int) -> None:
        """Count the bytes of an answer."""
        with self.account.locked() as state:
            state[Cell.RECEIVED] += size

    def lose(self, seconds: float) -> None:
        """Count the seconds of a request that no complete answer came to, up to now.

        Those of requests that were lost at the same time count once: it is what a run has waited.
        """
        with self.account.locked() as state:
            now = time.monotonic()
            state[Cell.LOST] += max(0.0, now - max(now - seconds, state[Cell.LOST_UNTIL]))
            state[Cell.LOST_UNTIL] = now

    @property
    def has_lost(self) -> bool:
        """Whether a request of the run was left without a complete answer, and took some time."""
        with self.account.locked() as state:
            return state[Cell.LOST] >= TELLING_LOSS

    @property
    def is_sound(self) -> bool:
        """Whether the registry has taken all that the run has sent: it neither throttled nor lost a request.

        Nor did it answer one otherwise because of others that it got at the same time.
        """
        return self.throttling is None and not self.has_lost and not self.strained

    @property
    def strained(self) -> int:
        """How many checks the registry failed while others ran, and passed alone."""
        with self.account.locked() as state:
            return int(state[Cell.STRAINED])

    def strain(self) -> None:
        """Count a check that the registry failed while others ran, and passed alone."""
        with self.account.locked() as state:
            state[Cell.STRAINED] += 1

    def accept(self) -> None:
        """Record that the registry accepts requests."""
        with self.account.locked() as state:
            state[Cell.GIVEN_UP] = 0

    def interrupt(self) -> None:
        """Let every process of the run end now."""
        with self.account.locked() as state:
            state[Cell.INTERRUPTED] = 1

    @property
    def is_interrupted(self) -> bool:
        """Whether the run is to end now."""
        with self.account.locked() as state:
            return bool(state[Cell.INTERRUPTED])

    @property
    def throttling(self) -> Throttling | None:
        """How the registry has throttled the run; None where it has not."""
        with self.account.locked() as state:
            if not state[Cell.REFUSED] and not state[Cell.PAUSED]:
                return None
            rate = int(state[Cell.PACE]) or None
            return Throttling(
                refused=int(state[Cell.REFUSED]), paused=round(state[Cell.PAUSED], 1), rate=rate
            )

    def end(self, turns: range) -> None:
        """Record the end of turns, unless the ring has gone round since."""
        with self.account.locked() as state:
            now = time.monotonic()
            for number in turns:
                if number >= state[Cell.TAKEN] - TURNS:
                    state[RING + number % TURNS] = now

    def _require(self, state: memoryview[float], requests: int) -> None:
        limit = self._limits.max_requests
        kept = 0 if self._at_the_end else int(self._kept(state))
        if state[Cell.SPENT] + requests > limit - kept:
            for_later = f" ({kept} of them are kept for the clean-up)" if kept else ""
            raise BudgetSpent(
                f"the budget of {counted(limit, 'request')} is spent; raise --max-requests{for_later}"
            )
        self._require_sound_answers(state)
        if self._at_the_end:
            return
        if time.monotonic() < state[Cell.GIVEN_UP] or state[Cell.PAUSED] > MOST_PAUSED:
            raise Throttled("the registry throttles this run, and did not stop; run later, or use --rate")

    def _require_sound_answers(self, state: memoryview[float]) -> None:
        """Raise BudgetSpent or TimeUp for a registry whose answers have taken too much memory or time together."""
        more = FOR_THE_END if self._at_the_end else 1
        megabytes, answer_time = self._limits.max_megabytes, self._limits.answer_time
        if state[Cell.RECEIVED] > megabytes * MEGABYTE * more:
            raise BudgetSpent(
                f"the responses to this run have {megabytes:g} MB together; raise --max-megabytes"
            )
        if state[Cell.LOST] > MOST_LOST * answer_time * more:
            raise TimeUp(
                f"this run has spent {state[Cell.LOST]:.0f} s on requests without a complete answer; "
                f"it ends after {MOST_LOST} times --answer-time"
            )

    def _kept(self, state: memoryview[float]) -> float:
        owed = self._per_deletion * state[Cell.OWED]
        return owed + max(LEAST_FOR_LISTS, owed // 10) if owed > 0 else 0

    def _seconds_left(self, state: memoryview[float]) -> float:
        deadline = state[Cell.DEADLINE]
        return deadline - time.monotonic() if deadline else math.inf

    def _rate(self, state: memoryview[float]) -> float:
        """Return the requests per second that are allowed; infinite without a limit."""
        return min(self._limits.rate or math.inf, state[Cell.PACE] or math.inf)

    def _due(self, state: memoryview[float], requests: int) -> float:
        """Return the moment at which the next requests may start, as far as is known.

        At most N turns begin or last in any second, for a rate of N; a rate of 0.5 is one turn in two seconds.
        """
        due, rate = state[Cell.QUIET_UNTIL], self._rate(state)
        if math.isinf(rate):
            return due
        most = min(math.ceil(rate), TURNS)
        window = max(1.0, most / rate)
        taken = int(state[Cell.TAKEN])
        before = range(max(0, taken - most), taken + min(requests, most) - most)
        ends = [state[RING + number % TURNS] + window for number in before]
        return max([due, state[Cell.NEXT_START], *ends])

    def _booked(self, state: memoryview[float], requests: int, now: float, until: float) -> Turn:
        taken = int(state[Cell.TAKEN])
        turns = range(taken, taken + min(requests, TURNS))
        for number in turns:
            state[RING + number % TURNS] = until
        state[Cell.TAKEN] = turns.stop
        state[Cell.SPENT] += requests
        state[Cell.NEXT_START] = now + len(turns) / self._rate(state)
        return Turn(self, turns)

    def _slower(self, state: memoryview[float], now: float) -> float:
        """Return the pace after a refusal: less than the requests of the last second, if they were many."""
        taken = int(state[Cell.TAKEN])
        numbers = range(max(0, taken - TURNS), taken)
        lately = sum(state[RING + number % TURNS] > now - 1 for number in numbers) - 1
        if lately < TELLING:
            return state[Cell.PACE]
        return min(lately * BELOW, state[Cell.PACE] or math.inf)


class Turn:
    """The right to send some requests, until its end."""

    def __init__(self, budget: Budget, turns: range) -> None:
        self._budget = budget
        self._turns = turns

    def end(self) -> None:
        """End the turn: the requests have been answered, or never will be."""
        self._budget.end(self._turns)
