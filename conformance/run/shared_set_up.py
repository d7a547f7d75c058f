"""Fixtures that several checks share and that send requests: one process of a run sets each up, and early."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from conformance.run.together import group_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    import pytest

SENDING = frozenset({"attested", "deletion", "oversized", "public_wheel", "second_upload"})
"""Fixtures for checks of several areas that send requests."""


def units(items: Iterable[pytest.Item]) -> list[list[pytest.Item]]:
    """Return checks by what they share: each of a unit has a fixture, or a group, in common with another one of it."""
    unit_with: dict[str, list[pytest.Item]] = {}
    found: list[list[pytest.Item]] = []
    for item in items:
        joined = [item]
        for unit in {
            id(unit_with[each]): unit_with[each] for each in _shared(item) if each in unit_with
        }.values():
            joined += unit
            unit.clear()
        found.append(joined)
        unit_with |= {each: joined for member in joined for each in _shared(member)}
    return [unit for unit in found if unit]


def leaders(items: Iterable[pytest.Item]) -> Iterator[pytest.Item]:
    """Yield the checks that are the first in their order, and in their group, to ask for a shared fixture."""
    seen: dict[str, set[str]] = {}
    for item in items:
        known = seen.setdefault(group_of(item), set())
        if not known.issuperset(wanted := shared_fixtures(item)):
            known |= wanted
            yield item


def shared_fixtures(item: pytest.Item) -> set[str]:
    """Return the fixtures of the session that a check shares with others of its area, by folder and name."""
    info: Any = getattr(item, "_fixtureinfo", None)  # pytest shows the fixtures of a test nowhere else
    last = (each[-1] for each in info.name2fixturedefs.values()) if info else ()
    return {
        f"{each.baseid}:{each.argname}"
        for each in last
        if each.scope == "session" and ("/" in each.baseid or each.argname in SENDING)
    }


def _shared(item: pytest.Item) -> set[str]:
    group = group_of(item)
    return {*shared_fixtures(item), *([group] if group else [])}
