"""Reduces a history that no order explains to the few operations that show it.

Only what leaves every explanation standing is left out: operations that change nothing, and files as a whole, with
all operations on them and out of all lists. An order of the whole history would be one of the rest, too.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from conformance.histories.linearizability import MOST_STEPS, Judgement, about, files_of, judge

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from conformance.histories.operation import Operation

Item = TypeVar("Item")

MOST_STEPS_EACH = MOST_STEPS // 10


def shrunk(history: Iterable[Operation], *, replaces: bool = False) -> list[Operation]:
    """Return the fewest operations found that contradict each other, in the order of their calls.

    `history` has to be contradictory; `replaces` as for `judge`.
    """

    def shows(some: Iterable[Operation]) -> bool:
        return judge(some, replaces=replaces, most_steps=MOST_STEPS_EACH) is Judgement.CONTRADICTORY

    operations = sorted(history, key=lambda each: each.called)
    files = files_of(operations)
    one = next((file for file in files if shows(about(operations, {file}))), None)
    kept = [one] if one is not None else _fewest(files, lambda some: shows(about(operations, some)))
    operations = about(operations, kept)
    reading = [each for each in operations if each.reads]
    changing = [each for each in operations if not each.reads]
    needed = _fewest(reading, lambda some: shows([*changing, *some]))
    return sorted([*changing, *needed], key=lambda each: each.called)


def _fewest(items: list[Item], shows: Callable[[list[Item]], bool]) -> list[Item]:
    """Return a part of `items` that still shows it, and shows it no more without any of its chunks."""
    if not items or shows([]):
        return []
    size = (len(items) + 1) // 2
    while size:
        start = 0
        while start < len(items):
            rest = items[:start] + items[start + size :]
            if shows(rest):
                items = rest
            else:
                start += size
        size = (size + 1) // 2 if size > 1 else 0
    return items
