"""Regular expressions on paths that take time in proportion to the path, whatever they are.

Python's `re` tries every way to match, of which `((a+)+)+$` has exponentially many. Here a set of states goes through
the path once. Groups, alternatives, classes, escapes, anchors, and `*`, `+` and `?` are supported; nothing else.
Source: Ken Thompson, "Regular Expression Search Algorithm", 1968.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import lru_cache

MAX_LENGTH = 500  # characters of an expression
MAX_DEPTH = 20  # groups within groups
_ATOM = re.compile(r"\[\^?\]?(?:\\.|[^\]\\])*\]|\\[dDwWsS]|\\[^A-Za-z0-9]|[^\\\[(){}|*+?]", re.DOTALL)
_FREE = re.compile(r"[^\\.^$*+?{}\[\]|()]*")
_START, _END = "^", "$"


class PatternError(ValueError):
    """The text is not a supported regular expression."""


@dataclass(frozen=True, slots=True)
class PathPattern:
    """A pattern. Raises `PatternError`."""

    text: str
    _states: _States = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_states", _States.of(self.text))

    def is_in(self, path: str) -> bool:
        """Return whether a part of the path matches."""
        if _FREE.fullmatch(self.text):
            return self.text in path
        return self._states.match_within(path)


@lru_cache(maxsize=1000)
def pattern(text: str) -> PathPattern:
    """Return the pattern of a text. Raises `PatternError`."""
    return PathPattern(text)


class _States:
    """States by number: what a character has to match, or None, and the next states. The last one is the match."""

    def __init__(self) -> None:
        self.tests: list[re.Pattern[str] | str | None] = []
        self.following: list[list[int]] = []

    @classmethod
    def of(cls, text: str) -> _States:
        """Read an expression."""
        if len(text) > MAX_LENGTH:
            raise PatternError(f"it has more than {MAX_LENGTH} characters")
        states = cls()
        states.add(None)
        rest, ends = _Reader(states, text).alternatives(0, [0], 0)
        if rest != len(text):
            raise PatternError(f"unexpected {text[rest]!r} at position {rest}")
        states.connect(ends, states.add(None))
        return states

    def add(self, test: re.Pattern[str] | str | None) -> int:
        """Add a state, and return its number."""
        self.tests.append(test)
        self.following.append([])
        return len(self.tests) - 1

    def connect(self, before: list[int], after: int) -> None:
        """Let states lead to another one."""
        for each in before:
            self.following[each].append(after)

    def match_within(self, path: str) -> bool:
        """Go through the path with the set of all states that are possible."""
        current: set[int] = set()
        for at in range(len(path) + 1):
            self._enter(0, current, at, len(path))
            if len(self.tests) - 1 in current:
                return True
            if at < len(path):
                previous, current = current, set()
                for state in previous:
                    test = self.tests[state]
                    if isinstance(test, re.Pattern) and test.fullmatch(path[at]):
                        for after in self.following[state]:
                            self._enter(after, current, at + 1, len(path))
        return False

    def _enter(self, state: int, states: set[int], at: int, length: int) -> None:
        """Add a state, and those that it leads to without a character."""
        waiting = [state]
        while waiting:
            each = waiting.pop()
            if each in states:
                continue
            states.add(each)
            test = self.tests[each]
            if test is None or (test == _START and at == 0) or (test == _END and at == length):
                waiting.extend(self.following[each])


@dataclass(frozen=True, slots=True)
class _Reader:
    """Reads parts of an expression. Each method takes a position and the states before it, and returns those after."""

    states: _States
    text: str

    def alternatives(self, at: int, before: list[int], depth: int) -> tuple[int, list[int]]:
        """Read sequences between `|`."""
        if depth > MAX_DEPTH:
            raise PatternError("too many groups within groups")
        at, ends = self._sequence(at, before, depth)
        while self.text[at : at + 1] == "|":
            at, more = self._sequence(at + 1, before, depth)
            ends = [*ends, *more]
        return at, ends

    def _sequence(self, at: int, before: list[int], depth: int) -> tuple[int, list[int]]:
        while at < len(self.text) and self.text[at] not in "|)":
            at, before = self._repeated(at, before, depth)
        return at, before

    def _repeated(self, at: int, before: list[int], depth: int) -> tuple[int, list[int]]:
        start = self.states.add(None)
        self.states.connect(before, start)
        at, inner = self._single(at, [start], depth)
        sign = self.text[at : at + 1]
        if not sign or sign not in "*+?":
            return at, inner
        end = self.states.add(None)
        self.states.connect(inner, end)
        if sign in "*+":
            self.states.connect([end], start)
        if sign in "*?":
            self.states.connect([start], end)
        at += 1
        return at + (self.text[at : at + 1] == "?"), [end]  # whether it is greedy makes no difference

    def _single(self, at: int, before: list[int], depth: int) -> tuple[int, list[int]]:
        if self.text[at] == "(":
            at += 3 if self.text.startswith("(?:", at) else 1
            at, inner = self.alternatives(at, before, depth + 1)
            if self.text[at : at + 1] != ")":
                raise PatternError("a group is not closed")
            return at + 1, inner
        found = _ATOM.match(self.text, at)
        if found is None:
            raise PatternError(f"unexpected {self.text[at]!r} at position {at}")
        state = self.states.add(found[0] if found[0] in {_START, _END} else _compiled(found[0]))
        self.states.connect(before, state)
        return found.end(), [state]


def _compiled(atom: str) -> re.Pattern[str]:
    try:
        return re.compile(atom, re.DOTALL)
    except re.error as error:
        raise PatternError(str(error)) from None
