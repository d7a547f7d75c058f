"""Checks whose turn passes without them: what has to be alone is so with others of its kind, one after the other."""

from __future__ import annotations

from typing import Any

import pytest

MOST = 8
"""How many checks wait for each other, so that what is under way beside them ends once for all."""


class Postponed:
    """A plugin of pytest that lets the turns of some checks pass, and has them judged before another one's turn."""

    def __init__(self) -> None:
        self._waiting: list[pytest.Item] = []
        self._due: pytest.Item | None = None
        self._left_out: pytest.Item | None = None

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> bool | None:
        """Let the turn of a check pass that is judged later, or not any more."""
        is_left_out, self._left_out = item is self._left_out, None
        return True if is_left_out else None

    def __bool__(self) -> bool:
        return bool(self._waiting)

    @property
    def is_full(self) -> bool:
        """Whether no further check is to wait."""
        return len(self._waiting) >= MOST

    def is_due(self, item: pytest.Item) -> bool:
        """Tell whether a check waited, and is judged now."""
        return item is self._due

    def add(self, item: pytest.Item, nextitem: pytest.Item) -> None:
        """Let the turn of a check pass, which has come."""
        self._waiting.append(item)
        self._left_out = item
        tear_down_for(nextitem)

    def judge(self, item: pytest.Item) -> bool:
        """Judge what waited, in the turn of another check; return whether that one still has its turn.

        It has none where the session is to end, as with `-x` after a failure.
        """
        while self._waiting:
            due = self._due = self._waiting.pop(0)
            tear_down_for(due)
            due.ihook.pytest_runtest_protocol(item=due, nextitem=item)
            if item.session.shouldfail or item.session.shouldstop:
                self._left_out = item
                break
        self._due = None
        return self._left_out is not item


def tear_down_for(node: pytest.Item | pytest.Session) -> None:
    """Tear down what a node does not need: pytest has kept what the item needs that it takes for the next one."""
    state: Any = node.session._setupstate  # noqa: SLF001 - pytest has no public way to change the order of items
    state.teardown_exact(node)
