"""In an open load visits begin at their own rate: what is not answered delays no one, and is bounded."""

from __future__ import annotations

import time
from random import Random
from typing import TYPE_CHECKING, Any, cast

import pytest
from gevent import sleep
from gevent.event import Event

from conformance.load import arrivals
from conformance.load.arrivals import Arrivals, share_of
from conformance.load.mixes import mix
from conformance.verdicts import NotJudged
from conformance.wire.budget import Throttled

if TYPE_CHECKING:
    from collections.abc import Callable

    from conformance.load.visitor import Visitor


class Clients:
    """Clients whose visits end when they are answered, and what became of them."""

    def __init__(self) -> None:
        self.new: list[str] = []
        self.begun = 0
        self.arrived: list[bool] = []
        self.ended: list[str] = []
        self.answered = Event()
        self.error: Exception | None = None

    def visitor(self, behaviour: str) -> Visitor:
        self.new.append(behaviour)
        return cast("Visitor", self)

    def visit(self) -> None:
        self.begun += 1
        self.answered.wait()
        if self.error:
            raise self.error

    def arrivals(self, *, rate: float = 10, most: int = 3) -> Arrivals:
        return Arrivals(
            {"pip": mix("registry")["pip"]},
            rate=rate,
            most=most,
            random=Random(1),  # noqa: S311 - nothing secret
            visitor=self.visitor,
            give_up=lambda error: self.ended.append(str(error)),
            arrived=self.arrived.append,
        )


@pytest.fixture
def clients(monkeypatch: pytest.MonkeyPatch) -> Clients:
    def same(visitor: Any) -> Clients:
        assert isinstance(visitor, Clients)
        return visitor

    behaviours: dict[str, Callable[[Any], Any]] = {"pip": same}
    monkeypatch.setattr(arrivals, "BEHAVIOURS", behaviours)
    return Clients()


def test_visits_begin_whether_others_are_answered_or_not_up_to_a_limit(clients: Clients) -> None:
    arriving = clients.arrivals(most=3)
    for _ in range(5):
        arriving.arrive()
    sleep(0)
    assert (clients.begun, clients.arrived) == (3, [True] * 3 + [False] * 2)
    clients.answered.set()
    arriving.wait(60)
    arriving.arrive()
    arriving.wait(60)
    assert (clients.begun, len(clients.new)) == (4, 3)


def test_the_rate_holds_however_late_a_visit_begins(
    clients: Clients, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = 100.0
    monkeypatch.setattr(time, "monotonic", lambda: now)
    arriving = clients.arrivals(rate=50)
    dues = [now + arriving.pause() for _ in range(5_000)]
    assert dues == sorted(dues)
    assert 5_000 / (dues[-1] - now) == pytest.approx(50, rel=0.1)
    now += 1_000
    assert arriving.pause() == 0.0


@pytest.mark.parametrize(
    ("error", "ended"), [(Throttled("later"), []), (NotJudged("no budget"), ["no budget"])]
)
def test_a_throttled_visit_is_over_and_an_exhausted_run_is_too(
    error: Exception, ended: list[str], clients: Clients
) -> None:
    clients.error = error
    clients.answered.set()
    arriving = clients.arrivals()
    arriving.arrive()
    arriving.wait(60)
    assert clients.ended == ended


@pytest.mark.parametrize(("users", "sources"), [(7, 3), (3, 3), (1000, 7), (5, 1)])
def test_the_clients_of_an_open_load_are_shared_by_its_processes(users: int, sources: int) -> None:
    shares = [share_of(users, sources, place) for place in range(sources)]
    assert sum(shares) == users
    assert max(shares) - min(shares) <= 1
