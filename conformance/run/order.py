"""The order of the checks where several of them are judged at once, and which process has which."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from conformance.run.plan import is_alone, requirement_of
from conformance.run.together import group_of

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterator

    from conformance.run.run import Run

ALONE = frozenset({"machine", "race", "raced", "rounds", "twine_release", "watched"})
"""Fixtures of checks that run clients, or whose own requests are to meet: no other check runs beside them."""

AREAS_ALONE = frozenset({"clients", "load", "race"})

SKIPPING = ("skip", "skipif", "xfail")
"""Marks of checks that may not be meant to run: pytest finds that out in their turn."""

OF_A_UNIT = 16
"""The number of checks that a process takes at a time: fewer than have races, which take longest and begin first."""


class Order:
    """A plugin of pytest that puts first what can be judged at once, where the target is waited for."""

    def __init__(self, run: Callable[[pytest.Config], Run]) -> None:
        self._run = run

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_collection_modifyitems(
        self, config: pytest.Config, items: list[pytest.Item]
    ) -> Generator[None, None, None]:
        """Sort the checks; before that, make units for processes that take units, as pytest-xdist looks at them."""
        if getattr(config.option, "loadgroup", False) and self._is_to_overlap(config, items):
            free = [item for item in items if may_be_beside(item) and not group_of(item)]
            for number, item in enumerate(free):
                item.add_marker(pytest.mark.xdist_group(f"at once {number // OF_A_UNIT}"))
        yield
        if self._is_to_overlap(config, items):
            items.sort(key=lambda item: not may_be_beside(item))

    def _is_to_overlap(self, config: pytest.Config, items: list[pytest.Item]) -> bool:
        return any(map(requirement_of, items)) and self._run(config).overlaps


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
