"""Random histories of one project, and the judgement of all their orders, one after the other."""

from __future__ import annotations

from dataclasses import replace
from itertools import combinations, permutations
from math import inf
from random import Random
from typing import TYPE_CHECKING

from conformance.histories.operation import Kind, Operation, Outcome

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

FILES, CONTENTS = ("a", "b"), ("1", "2")
MOST = 6
"""Operations of a history: all orders of them are tried."""


def random_history(seed: int, *, replaces: bool = False) -> list[Operation]:
    """Return what clients of a registry may be answered that is right, or nearly: a third is changed afterwards.

    `replaces` is a registry that overwrites a file that is uploaded again.
    """
    random = Random(seed)  # noqa: S311 - nothing secret
    stored: dict[str, str] = {}
    used: set[str] = set()
    history = []
    clock = 0.0
    for number in range(random.randint(1, MOST)):
        clock += random.choice((0.0, 1.0, 2.0))
        happens = clock + random.uniform(0, 4)
        returned = happens + random.uniform(0, 2)
        taken = set() if replaces else used
        answered = _answered(random, stored, taken, called=clock, returned=returned)
        history.append(replace(answered, who=str(number)))
    if random.random() < 0.6:
        place = random.randrange(len(history))
        history[place] = _changed(random, history[place])
    return history


def _answered(
    random: Random, stored: dict[str, str], used: set[str], *, called: float, returned: float
) -> Operation:
    """Carry one operation out, unless it gets lost; return it as its client saw it."""
    kind = random.choices((*Kind,), weights=(4, 1, 3, 2))[0]
    file, content = random.choice(FILES), random.choice(CONTENTS)
    made = Operation(kind=kind, project="p", called=called, returned=returned)
    if kind is Kind.LIST:
        return replace(made, listed={each: random.choice(("", stored[each])) for each in stored})
    if kind is Kind.DOWNLOAD:
        there = stored.get(file)
        outcome = Outcome.REFUSED if there is None else Outcome.DONE
        return replace(made, file=file, content=there or "", outcome=outcome)
    made = replace(made, file=file, content=content if kind is Kind.UPLOAD else "")
    lost = random.random() < 0.2
    if kind is Kind.DELETE:
        allowed = file in stored
    else:
        allowed = file not in used or (file not in stored and random.random() < 0.5)
    if allowed and not (lost and random.random() < 0.5):
        used.add(file)
        if kind is Kind.DELETE:
            del stored[file]
        else:
            stored[file] = content
    if lost:
        return replace(made, returned=inf, outcome=Outcome.UNKNOWN)
    return replace(made, outcome=Outcome.DONE if allowed else Outcome.REFUSED)


def _changed(random: Random, operation: Operation) -> Operation:
    if operation.kind is Kind.LIST:
        some = {file: random.choice(CONTENTS) for file in FILES if random.random() < 0.5}
        return replace(operation, listed=some)
    if operation.is_pending:
        return operation
    other = {Outcome.DONE: Outcome.REFUSED, Outcome.REFUSED: Outcome.DONE}[operation.outcome]
    return replace(operation, outcome=other, content=operation.content or random.choice(CONTENTS))


def some_order_explains(history: Sequence[Operation], *, replaces: bool = False) -> bool:
    """Tell whether one of all orders of the operations, with and without the unknown ones, explains every answer."""
    pending = [each for each in history if each.is_pending]
    rest = [each for each in history if not each.is_pending]
    return any(
        _in_time(order) and _explained(order, replaces=replaces)
        for number in range(len(pending) + 1)
        for happened in combinations(pending, number)
        for order in permutations([*rest, *happened])
    )


def _in_time(order: Sequence[Operation]) -> bool:
    return all(
        order[later].returned >= order[earlier].called
        for earlier in range(len(order))
        for later in range(earlier + 1, len(order))
    )


def _explained(order: Iterable[Operation], *, replaces: bool) -> bool:
    """Carry the operations out on a dictionary: a second model, which shares no line with the first."""
    stored: dict[str, str] = {}
    deleted: set[str] = set()
    for each in order:
        there = stored.get(each.file)
        refused = each.outcome is Outcome.REFUSED
        if each.kind is Kind.LIST:
            listed = each.listed or {}
            right = stored.keys() == listed.keys() and all(
                listed[file] in ("", stored[file]) for file in stored
            )
        elif each.kind is Kind.DOWNLOAD:
            right = (there is None or replaces) if refused else there == each.content
        elif each.kind is Kind.DELETE:
            right = (there is None) == refused
            if right and not refused:
                del stored[each.file]
                deleted.add(each.file)
        elif refused:
            right = there is not None or each.file in deleted
        else:
            right = replaces or there in (None, each.content)
            stored[each.file] = each.content
        if not right:
            return False
    return True
