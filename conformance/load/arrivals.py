"""Open load: visits begin at a rate of their own, however long the responses to earlier ones take."""

from __future__ import annotations

import time
from collections import defaultdict
from typing import TYPE_CHECKING

import gevent

from conformance.load.behaviours import BEHAVIOURS
from conformance.verdicts import NotJudged
from conformance.wire.budget import Throttled

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from random import Random

    from gevent import Greenlet

    from conformance.load.behaviours import Behaviour
    from conformance.load.mixes import Share
    from conformance.load.visitor import Visitor


class Arrivals:
    """Lets clients arrive: a Poisson process with `rate` visits a second, of which each is a client of its own.

    A client that has left comes back with its connection and its cache. While `most` are here, no other one begins a
    visit. `arrived` is called for each, with whether its visit begins. `visitor` returns a new client, and `give_up`
    ends the load.
    """

    def __init__(
        self,
        mix: Mapping[str, Share],
        *,
        rate: float,
        most: int,
        random: Random,
        visitor: Callable[[str], Visitor],
        give_up: Callable[[NotJudged], None],
        arrived: Callable[[bool], None],
    ) -> None:
        self._names, self._shares = [*mix], [each.share for each in mix.values()]
        self._rate = rate
        self._most = most
        self._random = random
        self._visitor = visitor
        self._give_up = give_up
        self._arrived = arrived
        self._due = time.monotonic()
        self._away: defaultdict[str, list[Behaviour]] = defaultdict(list)
        self._here: set[Greenlet] = set()

    def arrive(self) -> None:
        """Let a client begin its visit."""
        begins = len(self._here) < self._most
        self._arrived(begins)
        if not begins:
            return
        name = self._random.choices(self._names, self._shares)[0]
        visit = gevent.spawn(self._visit, name)
        self._here.add(visit)
        visit.link(self._here.discard)

    def pause(self) -> float:
        """Return the seconds until the next client arrives. One that is late delays no other."""
        self._due += self._random.expovariate(self._rate)
        return max(0.0, self._due - time.monotonic())

    def wait(self, seconds: float) -> None:
        """Wait for the end of all visits."""
        gevent.joinall([*self._here], timeout=seconds)

    def _visit(self, name: str) -> None:
        away = self._away[name]
        behaves = away.pop() if away else BEHAVIOURS[name](self._visitor(name))
        try:
            behaves.visit()
        except Throttled:
            pass  # this visit is over: the registry takes no more for now
        except NotJudged as error:
            self._give_up(error)
        away.append(behaves)


def share_of(users: int, sources: int, place: int) -> int:
    """Return how many of the clients one of the sources may have at once. The first ones have the remainder."""
    return users // sources + (place < users % sources)
