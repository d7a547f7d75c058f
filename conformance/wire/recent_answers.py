"""Answers that are kept for later readers, as many as a certain memory holds."""

from __future__ import annotations

from threading import Lock
from typing import TYPE_CHECKING, Generic, TypeVar

from conformance.wire.body import kept
from conformance.wire.stopping import is_stoppable

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterable

    from conformance.wire.answer import Answer

MOST_KEPT = 80 * 1024 * 1024
"""The size of all bodies that are kept. The list of 750,000 projects has 40 MiB, in each of two forms."""

Key = TypeVar("Key", bound="Hashable")

BY_OTHERS = frozenset({403, 409, 423, 425, 429})
"""Statuses that other requests at the same moment may have caused."""


class RecentAnswers(Generic[Key]):
    """The answers that were used last, and at least one, by key. A body that several answers share counts once.

    A server error that came while other checks ran is not kept: the registry may answer otherwise to one alone.
    Safe to use from several threads.
    """

    def __init__(self, most: int = MOST_KEPT) -> None:
        self._most = most
        self._lock = Lock()
        self._answers: dict[Key, Answer] = {}
        self._size = 0
        """At least the bytes that are kept: what is forgotten or shared counts until there is too much."""

    def __contains__(self, key: Key) -> bool:
        return key in self._answers

    def __getitem__(self, key: Key) -> Answer:
        answer = self.get(key)
        if answer is None:
            raise KeyError(key)
        return answer

    def get(self, key: Key) -> Answer | None:
        """Return the answer with a key; None where it is not kept."""
        with self._lock:
            answer = self._answers.pop(key, None)
            if answer is not None:
                self._answers[key] = answer  # it is the last again
            return answer

    def __setitem__(self, key: Key, answer: Answer) -> None:
        if is_stoppable() and (answer.is_server_error or answer.status in BY_OTHERS):
            return
        with self._lock:
            self._answers.pop(key, None)
            self._answers[key] = answer
            self._size += len(kept(answer))
            while len(self._answers) > 1 and self._size > self._most and self._counted() > self._most:
                self._answers.pop(next(iter(self._answers)))

    def forget(self, keys: Iterable[Key]) -> None:
        """Remove the answers with these keys, where there are any."""
        with self._lock:
            for key in keys:
                self._answers.pop(key, None)

    def _counted(self) -> int:
        self._size = sum({id(body): len(body) for body in map(kept, self._answers.values())}.values())
        return self._size
