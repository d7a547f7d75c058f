"""Whether one order of a project's operations explains every answer.

The search of Wing and Gong, with the memory of Lowe: a set of operations that has led to a state is tried once. What
changes nothing is taken as soon as it fits.
Sources: J. M. Wing, C. Gong, Testing and verifying concurrent objects, 1993; G. Lowe, Testing for linearizability,
2017. An order per project suffices, as no operation is about two: M. P. Herlihy, J. M. Wing, Linearizability, 1990.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum
from itertools import groupby
from math import inf
from typing import TYPE_CHECKING

from conformance.histories.operation import Kind
from conformance.histories.registry_model import EMPTY, State, after

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Sequence

    from conformance.histories.operation import Operation

MOST_STEPS = 50_000
"""How many steps a search of one project may take before it ends without a verdict."""

STEPS_PER_OPERATION = 10
"""How many steps for each operation usually find an order. Without one, the files are judged one by one first."""


_Moment = tuple[float, int, int]
"""When an operation is called (0) or returns (1), and its number: of a return, -1 minus that."""


class Judgement(StrEnum):
    """What the search of one project found."""

    ORDERED = "ordered"
    """There is an order that explains every answer."""
    CONTRADICTORY = "contradictory"
    """There is none."""
    UNDECIDED = "undecided"
    """The search took too long: nothing is held against the registry."""


def judge(
    history: Iterable[Operation],
    *,
    start: State = EMPTY,
    replaces: bool = False,
    most_steps: int = MOST_STEPS,
) -> Judgement:
    """Judge the operations of one project, in any order, from the state `start` on.

    `replaces` says that the registry overwrites a file that is uploaded again: each file has an order of its own then,
    as the number of orders in which crowds may have overwritten several of them is the product of theirs.

    An operation comes after all that returned before it was called. One whose outcome is unknown comes anywhere after
    its call, or not at all.
    """
    operations = sorted(_without_the_unseen([*history]), key=lambda each: each.called)
    if replaces:
        found = {*_file_by_file(operations, start, most_steps, replaces=True)}
        worst_first = (Judgement.CONTRADICTORY, Judgement.UNDECIDED)
        return next((each for each in worst_first if each in found), Judgement.ORDERED)
    few = STEPS_PER_OPERATION * len(operations)
    judgement = _Search(operations).judge(start, min(few, most_steps))
    if judgement is not Judgement.UNDECIDED or few >= most_steps:
        return judgement
    if Judgement.CONTRADICTORY in _file_by_file(operations, start, most_steps):
        return Judgement.CONTRADICTORY
    return _Search(operations).judge(start, most_steps)


def _file_by_file(
    operations: Sequence[Operation], start: State, most_steps: int, *, replaces: bool = False
) -> Iterator[Judgement]:
    """Judge the operations on each file, as if there were no other."""
    for file in files_of(operations):
        own = frozenset(each for each in start if each[0] == file)
        its = about(operations, {file})
        yield _Search(its, replaces=replaces and _is_overwritten(its, own)).judge(own, most_steps)


def _is_overwritten(operations: Iterable[Operation], start: State) -> bool:
    """Return whether a file may have had different bytes, one after the other."""
    uploads = (each for each in operations if each.kind is Kind.UPLOAD and not each.reads)
    return len({content for _, content in start} | {each.content for each in uploads}) > 1


def _without_the_unseen(history: Sequence[Operation]) -> list[Operation]:
    """Leave out uploads without an answer whose file appears nowhere else: they need not have happened."""
    seen = set(files_of(each for each in history if not each.is_pending))
    return [each for each in history if not each.is_pending or each.file in seen]


def with_patience(history: Iterable[Operation], seconds: float) -> list[Operation]:
    """Return a history in which what only looks may show what was there some seconds before it was called.

    A registry may take its time, and each of its workers and forms its own: what took effect longer ago than that has
    to be shown by all of them. Uploads are decided at once: a page that is late says nothing about them.
    """
    return [replace(each, called=each.called - seconds) if each.reads else each for each in history]


@dataclass
class _Event:
    """A call, or a return, whose `number` is -1 minus that of its operation, with its neighbours in the list."""

    number: int
    before: int = 0
    behind: int = 0


class _Search:
    """The search for an order, depth first. The events are in a doubly linked list with an end on each side."""

    def __init__(self, operations: Sequence[Operation], *, replaces: bool = False) -> None:
        self._operations, self._replaces = operations, replaces
        moments: list[_Moment] = [
            moment
            for number, each in enumerate(operations)
            for moment in (
                (each.called, 0, number),
                *(() if each.is_pending else ((max(each.returned, each.called), 1, -1 - number),)),
            )
        ]
        moments.sort(key=lambda each: each[:2])
        if replaces:
            moments = _last_seen_last(moments, operations)
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
        self._state = EMPTY
        self._done = self._left = self._steps = 0

    def judge(self, start: State, most_steps: int) -> Judgement:
        """Search for an order from a state on."""
        self._state, self._done, self._left, self._steps = start, 0, self._unanswered, 0
        tried: set[tuple[int, State]] = set()
        taken: list[tuple[int, State, bool]] = []
        place = self._after_reads(taken)
        while self._left:
            if self._steps > most_steps:
                return Judgement.UNDECIDED
            self._steps += 1
            number = self._events[place].number
            if place != self._end and number >= 0:
                following = self._following(self._operations[number])
                key = None if following is None else (self._done | 1 << number, following)
                if key is None or key in tried:
                    place = self._events[place].behind
                    continue
                tried.add(key)
                self._take(number, key[1], taken, is_choice=True)
                place = self._after_reads(taken)
            elif not taken:
                return Judgement.CONTRADICTORY
            else:
                place = self._back(taken)
        return Judgement.ORDERED

    def _after_reads(self, taken: list[tuple[int, State, bool]]) -> int:
        """Take every operation that may come next and changes nothing, and return the first event that is left.

        What may come next and fits may always come first: it is no choice, and need not be tried later.
        """
        place = self._events[0].behind
        while place != self._end and (number := self._events[place].number) >= 0:
            self._steps += 1
            place = self._events[place].behind
            operation = self._operations[number]
            if operation.reads and self._following(operation) is not None:
                following = self._events[self._call[number]].before
                self._take(number, self._state, taken, is_choice=False)
                place = self._events[following].behind
        return self._events[0].behind

    def _following(self, operation: Operation) -> State | None:
        return after(self._state, operation, replaces=self._replaces)

    def _take(
        self, number: int, following: State, taken: list[tuple[int, State, bool]], *, is_choice: bool
    ) -> None:
        taken.append((number, self._state, is_choice))
        self._state = following
        self._done |= 1 << number
        self._left -= not self._operations[number].is_pending
        self._lift(number)

    def _back(self, taken: list[tuple[int, State, bool]]) -> int:
        """Undo the last choice and what followed from it; return the event to go on with."""
        is_choice = False
        number = 0
        while taken and not is_choice:
            number, self._state, is_choice = taken.pop()
            self._done &= ~(1 << number)
            self._left += not self._operations[number].is_pending
            self._put_back(number)
        return self._events[self._call[number]].behind if is_choice else self._end

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


def _last_seen_last(moments: Sequence[_Moment], operations: Sequence[Operation]) -> list[_Moment]:
    """Return the moments with each run of calls in the order in which the bytes of the uploads were seen last.

    Calls without a return between them may change places. Of a crowd that overwrites one file, the order that explains
    what is seen later is tried among the first then.
    """
    seen: dict[tuple[str, str], float] = {}
    for each in operations:
        shown = (each.listed or {}).items() if each.kind is Kind.LIST else ((each.file, each.content),)
        for file_and_content in shown if each.reads else ():
            seen[file_and_content] = max(each.returned, seen.get(file_and_content, 0.0))

    def last_seen(moment: _Moment) -> float:
        operation = operations[moment[2]]
        return seen.get((operation.file, operation.content), -inf)

    return [
        moment
        for is_return, run in groupby(moments, key=lambda each: each[1])
        for moment in (run if is_return else sorted(run, key=last_seen))
    ]


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
