"""Checks that share what is costly to set up: one process of a run has all of them, and sets it up once."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from conformance.run.plan import requirement_id

if TYPE_CHECKING:
    from collections.abc import Mapping

COSTLY: Mapping[str, str] = {
    "raced": "races",
    "watched": "races",
    "matrix": "matrix",
    "hostile": "hostile uploads",
    "named_like_paths": "hostile uploads",
    "named_twice": "hostile uploads",
    "named_with_controls": "hostile uploads",
    "with_odd_specifiers": "hostile uploads",
    "with_markup_in_file_names": "hostile uploads",
    "with_odd_json_values": "hostile uploads",
}
"""Fixtures of a session that send dozens of requests, and the group of the checks that use them."""


def group_of(item: pytest.Item) -> str:
    """Return the group of a check; empty for none."""
    mark = item.get_closest_marker("xdist_group")
    return str(mark.args[0]) if mark else ""


def assign(item: pytest.Item, group: str) -> None:
    """Put a check into a group, in place of the one that it has."""
    item.own_markers[:] = [mark for mark in item.own_markers if mark.name != "xdist_group"]
    item.add_marker(pytest.mark.xdist_group(group))


class Together:
    """A plugin of pytest that marks the checks of a group, for pytest-xdist."""

    def pytest_itemcollected(self, item: pytest.Item) -> None:
        """Mark a check that uses a costly fixture, where processes take groups."""
        if not getattr(item.config.option, "loadgroup", False) or not requirement_id(item):
            return
        for name in getattr(item, "fixturenames", ()):
            if name in COSTLY:
                item.add_marker(pytest.mark.xdist_group(COSTLY[name]))
                return
