"""The order of the checks where several of them are judged at once, and which process has which."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, TypeVar

import pytest

from conformance.run.plan import is_alone, is_last, requirement_id, requirement_of
from conformance.run.shared_set_up import leaders, shared_fixtures, units
from conformance.run.together import assign, group_of
from conformance.run.usual_requests import usual_requests

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterable, Iterator, Sequence

    from conformance.run.run import Run

Item = TypeVar("Item")

ALONE = frozenset({"machine", "race", "raced", "rounds", "twine_release", "watched"})
"""Fixtures of checks that run clients, or whose own requests are to meet: no other check runs beside them."""

AREAS_ALONE = frozenset({"clients", "load", "race"})

SKIPPING = ("skip", "skipif", "xfail")
"""Marks of checks that may not be meant to run: pytest finds that out in their turn."""

LONG = 25
"""Requests of a check that begins before all others."""


class Order:
    """A plugin of pytest that puts first what can be judged at once, the longest checks before shorter ones.

    Each of several processes has its share of them from the start: so it is certain of many that it can begin, and does
    not wait for the last one of a small unit. What has to be alone is for whichever process comes to it.
    """

    def __init__(self, run: Callable[[pytest.Config], Run]) -> None:
        self._run = run

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_collection_modifyitems(
        self, config: pytest.Config, items: list[pytest.Item]
    ) -> Generator[None, None, None]:
        """Sort the checks; before that, make a share for each process, as pytest-xdist looks at them."""
        processes = getattr(config, "workerinput", {}).get("workercount", 0)
        if processes and self._is_to_overlap(config, items):
            share_out([item for item in items if may_be_beside(item)], processes)
        yield
        if self._is_to_overlap(config, items):
            items.sort(key=_turn)
            beside = [item for item in items if may_be_beside(item)]
            items[: len(beside)] = _with_set_ups_between(beside)

    def _is_to_overlap(self, config: pytest.Config, items: list[pytest.Item]) -> bool:
        return any(map(requirement_of, items)) and self._run(config).overlaps


def share_out(items: Sequence[pytest.Item], processes: int) -> None:
    """Give each process about as many requests of checks that can be judged at once.

    Those that share what is set up for them stay together.
    """
    shares = [0] * processes
    for unit in sorted(units(items), key=_requests_of, reverse=True):
        share = shares.index(min(shares))
        shares[share] += _requests_of(unit)
        for item in unit:
            assign(item, f"at once {share}")


def _requests_of(unit: Iterable[pytest.Item]) -> int:
    return sum(usual_requests(requirement_id(item) or "") for item in unit)


def _turn(item: pytest.Item) -> tuple[bool, bool, bool, int]:
    """Return the place of a check: those that can be judged at once, then others, clients, and what is to be last.

    Of each the longest come first.
    """
    name = requirement_id(item) or ""
    return not may_be_beside(item), is_last(item), name.startswith("clients."), -usual_requests(name)


def _with_set_ups_between(items: Sequence[pytest.Item]) -> Iterator[pytest.Item]:
    """Yield checks in another order: what one share of them sets up is spread among what needs no such thing.

    One fixture is set up after the other. Meanwhile other checks are to run.
    """
    shares: defaultdict[str, list[pytest.Item]] = defaultdict(list)
    for item in items:
        shares[group_of(item)].append(item)
    for share in shares.values():
        early = {*leaders(share)}
        long = [item for item in share if _requests_of([item]) >= LONG]
        setting_up = [item for item in share if item in early and item not in long]
        free = [item for item in share if item not in long and not shared_fixtures(item)]
        yield from long
        yield from spread(setting_up, free)
        first = {*long, *setting_up, *free}
        yield from (item for item in share if item not in first)


def spread(some: Sequence[Item], others: Sequence[Item]) -> Iterator[Item]:
    """Yield all of both, in their order, with as many of the others after each of some."""
    parts = max(len(some), 1)
    for number in range(parts):
        yield from some[number : number + 1]
        yield from others[number * len(others) // parts : (number + 1) * len(others) // parts]


def may_be_beside(item: pytest.Item) -> bool:
    """Tell whether a check can be judged beside others of its process."""
    requirement = requirement_of(item)
    return (
        requirement is not None
        and isinstance(item, pytest.Function)
        and not is_alone(item)
        and requirement.area not in AREAS_ALONE
        and ALONE.isdisjoint(item.fixturenames)
        and not any(map(item.get_closest_marker, SKIPPING))
    )


def unit_of(item: pytest.Item, nextitem: pytest.Item | None) -> Iterator[pytest.Item]:
    """Yield the checks from this one on that this process is certain to judge, in their order.

    Several processes each have whole groups, the one of `nextitem` among them.
    """
    items = item.session.items
    if not hasattr(item.config, "workerinput"):
        yield from items[items.index(item) :]
        return
    for first in (item, nextitem):
        if first is None or (first is nextitem and group_of(first) == group_of(item)):
            continue
        yield first
        if group := group_of(first):
            yield from (each for each in items[items.index(first) + 1 :] if group_of(each) == group)
