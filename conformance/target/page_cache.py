"""Pages that were read, until something is published under the name of their project."""

from __future__ import annotations

from collections import defaultdict
from threading import Lock
from typing import TYPE_CHECKING, NamedTuple

from conformance.wire import RecentAnswers

if TYPE_CHECKING:
    from conformance.wire import Answer


class Key(NamedTuple):
    """What an answer was given for. The root page is that of a project without a name."""

    project: str
    url: str
    accept: str
    credential: str


class PageCache:
    """The answers for pages; very large ones only while there is room. Safe to use from several threads."""

    def __init__(self) -> None:
        self._answers = RecentAnswers[Key]()
        self._keys: defaultdict[str, set[Key]] = defaultdict(set)
        self._lock = Lock()
        self.forgotten = 0
        """How many times pages were removed."""

    def get(self, key: Key) -> Answer | None:
        """Return an answer that is kept."""
        return self._answers.get(key)

    def keep(self, key: Key, answer: Answer, *, forgotten: int) -> None:
        """Keep an answer, unless a thread has published since `forgotten` was what it is given as.

        A server error is not kept: the next request may reach another server behind a load balancer.
        """
        with self._lock:
            if forgotten == self.forgotten and not answer.is_server_error:
                self._answers[key] = answer
                self._keys[key.project].add(key)

    def forget(self, *projects: str) -> None:
        """Remove the pages of projects."""
        with self._lock:
            self.forgotten += 1
            for project in projects:
                self._answers.forget(self._keys.pop(project, ()))
