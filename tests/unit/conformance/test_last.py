"""A check that is marked as last runs after all others, those of other processes included."""

from __future__ import annotations

from threading import Thread
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest

from conformance.run.last import has_begun, has_ended, wait_for_others
from conformance.run.under_way import UnderWay
from conformance.verdicts.options import TrafficLimits
from conformance.wire.budget import Budget

if TYPE_CHECKING:
    from collections.abc import Iterator

MARKS: dict[str, pytest.Mark | None] = {
    "other": pytest.mark.requirement("simple.root.served").mark,
    "last": pytest.mark.requirement("auth.read.nearly-right", last=True).mark,
    "test": None,
}


def items(*kinds: str) -> list[Any]:
    session = SimpleNamespace()
    found = [
        SimpleNamespace(session=session, get_closest_marker=lambda _, kind=kind: MARKS[kind])
        for kind in kinds
    ]
    session.items = found
    return [*found]


@pytest.fixture
def budget() -> Iterator[Budget]:
    budget = Budget(TrafficLimits())
    yield budget
    budget.account.close()


def test_a_check_waits_until_every_other_one_has_ended(budget: Budget) -> None:
    first, second, test, last = items("other", "other", "test", "last")
    has_ended(first, UnderWay(budget.account))
    has_ended(test, UnderWay(budget.account))
    waiting = Thread(target=wait_for_others, args=(last, budget), daemon=True)
    waiting.start()
    waiting.join(0.3)
    assert waiting.is_alive()
    has_ended(second, UnderWay(budget.account))
    waiting.join(60)
    assert not waiting.is_alive()


def test_no_other_check_waits(budget: Budget) -> None:
    first, _, last = items("other", "other", "last")
    wait_for_others(first, budget)
    wait_for_others(last, budget, patience=0)  # nor does a process that has ended keep it waiting


def test_a_check_that_sends_requests_is_waited_for(budget: Budget) -> None:
    _, last = items("other", "last")
    waiting = Thread(target=wait_for_others, args=(last, budget), kwargs={"patience": 0.4}, daemon=True)
    waiting.start()
    for _ in range(20):
        budget.take().end()
        waiting.join(0.05)
    assert waiting.is_alive()
    waiting.join(60)
    assert not waiting.is_alive()


def test_two_that_run_last_do_not_wait_for_each_other(budget: Budget) -> None:
    one, other, first = items("last", "last", "other")
    has_ended(first, UnderWay(budget.account))
    has_ended(other, UnderWay(budget.account))
    wait_for_others(one, budget)


def test_a_check_whose_process_has_died_is_not_waited_for(budget: Budget) -> None:
    crashing, other, last = items("other", "other", "last")
    has_begun(crashing, UnderWay(budget.account, "gw0"))
    has_begun(other, UnderWay(budget.account, "gw1"))
    has_ended(other, UnderWay(budget.account, "gw1"))
    waiting = Thread(target=wait_for_others, args=(last, budget), daemon=True)
    waiting.start()
    waiting.join(0.3)
    assert waiting.is_alive()
    UnderWay(budget.account).forget("gw0")
    waiting.join(60)
    assert not waiting.is_alive()


def test_a_process_that_ended_between_two_checks_takes_none_with_it(budget: Budget) -> None:
    first, second, last = items("other", "other", "last")
    worker = UnderWay(budget.account, "gw0")
    has_begun(first, worker)
    has_ended(first, worker)
    has_begun(last, worker)
    worker.forget("gw0")
    waiting = Thread(target=wait_for_others, args=(last, budget), daemon=True)
    waiting.start()
    waiting.join(0.3)
    assert waiting.is_alive()
    has_ended(second, worker)
    waiting.join(60)
    assert not waiting.is_alive()
