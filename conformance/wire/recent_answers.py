"""Answers that are kept for later readers, as many as a certain memory holds."""

from __future__ import annotations

from typing import TYPE_CHECKING, Generic, TypeVar

from conformance.wire.body import kept

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable

    from conformance.wire.answer import Answer

MOST_KEPT = 80 * 1024 * 1024
"""The size of all bodies that are kept. The list of 750,000 projects has 40 MiB, in each of two forms."""

Key = TypeVar("Key", bound="Hashable")


class RecentAnswers(Generic[Key]):
    """The answers that were used last, and at least one, by key. A body that several answers share counts once."""

    def __init__(self, most: int = MOST_KEPT) -> None:
        self._most = most
        self._answers: dict[Key, Answer] = {}

    def __contains__(self, key: Key) -> bool:
        return key in self._answers

    def __getitem__(self, key: Key) -> Answer:
        answer = self._answers.pop(key)
        self._answers[key] = answer  # it is the last again
        return answer

    def __setitem__(self, key: Key, answer: Answer) -> None:
        self._answers.pop(key, None)
        self._answers[key] = answer
        while len(self._answers) > 1 and self._size() > self._most:
            self._answers.pop(next(iter(self._answers)))

    def forget(self, is_old: Callable[[Key], bool]) -> None:
        """Remove the answers whose keys are old."""
        self._answers = {key: answer for key, answer in self._answers.items() if not is_old(key)}

    def _size(self) -> int:
        return sum({id(body): len(body) for body in map(kept, self._answers.values())}.values())
