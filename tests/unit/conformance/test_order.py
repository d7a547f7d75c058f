"""The order of checks that are judged at once, and the shares of several processes."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from conformance.catalogue import catalogue
from conformance.run.order import LONG, Order, share_out, spread, unit_of
from conformance.run.together import group_of
from conformance.run.usual_requests import FEW, MANY

FIRST, SECOND, THIRD = (
    f"gitlab.page.{name}" for name in ("hash", "requires-python", "lists-exactly-the-uploads")
)


def check_item(name: str, *marks: Any, fixtures: tuple[str, ...] = (), shared: tuple[str, ...] = ()) -> Any:
    """Return a check with marks and fixtures; those it `shares` are of the session, each as its folder and its name."""
    item: Any = pytest.Function.__new__(pytest.Function)
    every = item.own_markers = [pytest.mark.requirement(name).mark, *(mark.mark for mark in marks)]
    item.fixturenames = fixtures
    places = (each.split(":") for each in shared)
    made = {name: [SimpleNamespace(baseid=folder, argname=name, scope="session")] for folder, name in places}
    item._fixtureinfo = SimpleNamespace(name2fixturedefs=made)
    item._nodeid = name
    item.get_closest_marker = lambda wanted: next((mark for mark in every if mark.name == wanted), None)
    item.add_marker = lambda mark: every.append(mark.mark)
    return item


def ordered(items: list[Any], *, overlaps: bool = True, processes: int = 2) -> list[Any]:
    run: Any = SimpleNamespace(overlaps=overlaps)
    config: Any = SimpleNamespace(workerinput={"workercount": processes})
    for _ in Order(lambda _: run).pytest_collection_modifyitems(config, items):
        pass
    return items


def test_each_process_has_its_share_of_what_may_be_beside_others() -> None:
    long = next(name for name in MANY if MANY[name] >= LONG and not name.startswith("race."))
    items = [*(check_item(FIRST) for _ in range(2 * MANY[long] // FEW)), check_item(long)]
    share_out(items, 2)
    shares = [[item for item in items if group_of(item) == f"at once {number}"] for number in range(2)]
    assert sorted(map(len, shares)) == sorted([len(items) - len(shares[0]), len(shares[0])])
    sums = [
        sum(MANY.get(each.get_closest_marker("requirement").args[0], FEW) for each in of) for of in shares
    ]
    assert abs(sums[0] - sums[1]) <= FEW, sums
    assert min(map(len, shares)) > 1


def test_what_shares_a_fixture_is_judged_by_one_process() -> None:
    items = [check_item(FIRST, shared=(f"checks/area:{number % 3}",)) for number in range(30)]
    share_out(items, 2)
    for number in range(3):
        assert len({group_of(each) for each in items[number::3]}) == 1
    assert len({*map(group_of, items)}) == 2


def test_a_group_takes_the_place_of_the_one_before() -> None:
    item = check_item(FIRST, pytest.mark.xdist_group("hostile uploads"))
    share_out([item], 1)
    assert [mark.args[0] for mark in item.own_markers if mark.name == "xdist_group"] == ["at once 0"]


def test_the_longest_checks_come_first_and_what_is_set_up_is_spread() -> None:
    long = next(name for name in MANY if MANY[name] >= LONG and not name.startswith("race."))
    alone = check_item("race.no-server-error", fixtures=("race",))
    first, second = (check_item(FIRST, shared=("checks/area:one",)) for _ in range(2))
    free = [check_item(SECOND) for _ in range(4)]
    other = check_item(THIRD, shared=("checks/area:other",))
    longest = check_item(long)
    found = ordered([alone, *free, first, second, other, longest], processes=0)
    assert found == [longest, first, *free[:2], other, *free[2:], second, alone]


@pytest.mark.parametrize(
    ("some", "others", "found"),
    [
        ("ab", "1234", "a12b34"),
        ("abc", "1", "abc1"),
        ("", "12", "12"),
        ("ab", "", "ab"),
        ("ab", "123", "a1b23"),
    ],
)
def test_some_are_spread_among_others(some: str, others: str, found: str) -> None:
    assert "".join(spread(some, others)) == found


def test_the_longest_checks_are_checks_of_the_catalogue() -> None:
    assert {*MANY} <= {row.id for row in catalogue()}
    assert min(MANY.values()) > FEW


def test_checks_of_a_near_target_stay_in_their_order() -> None:
    items = [check_item("race.no-server-error", fixtures=("race",)), check_item(FIRST)]
    assert ordered([*items], overlaps=False) == items
    assert not any(map(group_of, items))


def test_a_process_looks_ahead_in_the_shares_that_it_has() -> None:
    items = ordered([check_item(FIRST) for _ in range(30)], processes=3)
    session = SimpleNamespace(items=items)
    for item in items:
        item.session, item.config = session, SimpleNamespace(workerinput={})
    one, other, _ = ([each for each in items if group_of(each) == f"at once {number}"] for number in range(3))
    assert [*unit_of(one[2], one[3])] == one[2:]
    assert [*unit_of(one[-1], other[0])] == [one[-1], *other]
    for item in items:
        item.config = SimpleNamespace()
    assert [*unit_of(items[2], items[3])] == items[2:]
