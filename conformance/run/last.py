"""Checks that run after all others, whichever process has those."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from conformance.run.plan import is_last, requirement_id
from conformance.wire.account import Cell

if TYPE_CHECKING:
    import pytest

    from conformance.run.under_way import UnderWay
    from conformance.wire.budget import Budget

PAUSE = 0.05
"""Seconds between two looks at what other processes have done."""

PATIENCE = 60.0
"""Seconds in which no check ends and no request is sent, after which none is waited for: their process has ended."""


def wait_for_others(item: pytest.Item, budget: Budget, *, patience: float = PATIENCE) -> None:
    """Let a check that runs last wait until every other one has ended. Raises as `Budget.require_open` does."""
    if not is_last(item):
        return
    others = sum(1 for each in item.session.items if _is_counted(each))
    ended = spent = -1.0
    moment = time.monotonic()
    while ended < others and time.monotonic() - moment < patience:
        budget.require_open()
        before = ended, spent
        with budget.account.locked() as state:
            ended, spent = state[Cell.ENDED], state[Cell.SPENT]
        if (ended, spent) != before:
            moment = time.monotonic()
        time.sleep(PAUSE if ended < others else 0)


def has_begun(item: pytest.Item, under_way: UnderWay) -> None:
    """Record that this process judges a check, which ends with it if it dies."""
    if _is_counted(item):
        under_way.begin_turn()


def has_ended(item: pytest.Item, under_way: UnderWay) -> None:
    """Count a check that has ended."""
    if _is_counted(item):
        under_way.end_turn()


def _is_counted(item: pytest.Item) -> bool:
    return requirement_id(item) is not None and not is_last(item)
