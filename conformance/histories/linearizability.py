"""Whether one order of a project's operations explains every answer.

The search of Wing and Gong, with the memory of Lowe: a set of operations that has led to a state is tried once.
Sources: J. M. Wing, C. Gong, Testing and verifying concurrent objects, 1993; G. Lowe, Testing for linearizability,
2017. An order per project suffices, as no operation is about two: M. P. Herlihy, J. M. Wing, Linearizability, 1990.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TYPE_CHECKING

from conformance.histories.operation import Kind
from conformance.histories.registry_model import EMPTY, State, after

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence

    from conformance.histories.operation import Operation

MOST_STEPS = 200_000
"""How many steps a search of one project may take before it ends without a verdict."""

STEPS_PER_OPERATION = 10
"""How many steps for each operation usually find an order. Without one, the files are judged one by one first."""


class Judgement(StrEnum):
    """What the search of one project found."""

    ORDERED = "ordered"
    """There is an order that explains every answer."""
    CONTRADICTORY = "contradictory"
    """There is none."""
    UNDECIDED = "undecided"
    """The search took too long: nothing is held against the registry."""


def judge(history: Iterable[Operation], *, start: State = EMPTY, most_steps: int = MOST_STEPS) -> Judgement:
    """Judge the operations of one project, in any order, from the state `start` on.

    An operation comes after all that returned before it was called. One whose outcome is unknown comes anywhere after
    its call, or not at all.
    """
    operations = sorted(history, key=lambda each: each.called)
    few = STEPS_PER_OPERATION * len(operations)
    judgement = _Search(operations).judge(start, min(few, most_steps))
    if judgement is not Judgement.UNDECIDED or few >= most_steps:
        return judgement
    for file in files_of(operations):
        own = frozenset(each for each in start if each[0] == file)
        if _Search(about(operations, {file})).judge(own, most_steps) is Judgement.CONTRADICTORY:
            return Judgement.CONTRADICTORY
    return _Search(operations).judge(start, most_steps)


def with_patience(history: Iterable[Operation], seconds: float) -> list[Operation]:
    """Return a history in which a change may take effect some seconds after its answer: a registry may take its time.

    What has taken effect once has to stay.
    """
    return [each if each.reads else replace(each, returned=each.returned + seconds) for each in history]


@dataclass
class _Event:
    """A call, or a return, whose `number` is -1 minus that of its operation, with its neighbours in the list."""

    number: int
    before: int = 0
    behind: int = 0


class _Search:
    """The search for an order, depth first. The events are in a doubly linked list with an end on each side."""

    def __init__(self, operations: Sequence[Operation]) -> None:
        self._operations = operations
        moments = [
            moment
            for number, each in enumerate(operations)
            for moment in (
                (each.called, 0, number),
                *(() if each.is_pending else ((max(each.returned, each.called), 1, -1 - number),)),
            )
        ]
        moments.sort(key=lambda each: each[:2])
        self._events = [_Event(0), *(_Event(number) for _, _, number in moments), _Event(0)]
        self._call: dict[int, int] = {}
        self._return: dict[int, int] = {}
        for place, event in enumerate(self._events):
            event.before, event.behind = place - 1, place + 1
            if 0 < place <= len(moments):
                (self._call if event.number >= 0 else self._return)[
                    event.number if event.number >= 0 else -1 - event.number
                ] = place
        self._end = len(self._events) - 1
        self._unanswered = sum(not each.is_pending for each in operations)

    def judge(self, start: State, most_steps: int) -> Judgement:
        state, done, place = start, 0, self._events[0].behind
        tried: set[tuple[int, State]] = set()
        taken: list[tuple[int, State]] = []
        left, steps = self._unanswered, 0
        while left:
            steps += 1
            if steps > most_steps:
                return Judgement.UNDECIDED
            number = self._events[place].number
            if place != self._end and number >= 0:
                following = after(state, self._operations[number])
                key = (done | 1 << number, following) if following is not None else None
                if key is None or following is None or key in tried:
                    place = self._events[place].behind
                    continue
                tried.add(key)
                taken.append((number, state))
                state, done = following, key[0]
                left -= not self._operations[number].is_pending
                self._lift(number)
                place = self._events[0].behind
            elif taken:
                number, state = taken.pop()
                done &= ~(1 << number)
                left += not self._operations[number].is_pending
                self._put_back(number)
                place = self._events[self._call[number]].behind
            else:
                return Judgement.CONTRADICTORY
        return Judgement.ORDERED

    def _lift(self, number: int) -> None:
        """Take an operation out of the list."""
        for place in (self._call[number], self._return.get(number)):
            if place is not None:
                event = self._events[place]
                self._events[event.before].behind = event.behind
                self._events[event.behind].before = event.before

    def _put_back(self, number: int) -> None:
        """Put the operation that was taken out last back into its place."""
        for place in (self._return.get(number), self._call[number]):
            if place is not None:
                event = self._events[place]
                self._events[event.before].behind = place
                self._events[event.behind].before = place


def files_of(history: Iterable[Operation]) -> list[str]:
    """Return the file names that a history is about, in the order of their first appearance."""
    found: dict[str, None] = {}
    for each in history:
        found |= dict.fromkeys(each.listed or ()) if each.kind is Kind.LIST else {each.file: None}
    return list(found)


def about(history: Iterable[Operation], files: Collection[str]) -> list[Operation]:
    """Return the operations on these files, and every list without the others."""
    return [
        replace(
            each, listed={file: content for file, content in (each.listed or {}).items() if file in files}
        )
        if each.kind is Kind.LIST
        else each
        for each in history
        if each.kind is Kind.LIST or each.file in files
    ]
