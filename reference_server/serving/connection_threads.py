"""The threads that answer connections, each one connection at a time."""

from __future__ import annotations

from contextvars import Context
from queue import SimpleQueue
from threading import Lock, Thread
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

MOST_WAITING = 8
"""Threads that wait for a connection at once; others end."""


class ConnectionThreads:
    """Threads that `answer` a connection each, as many as there are connections.

    A thread that is done waits for another connection: to start one takes a fifth of the time of a small answer. No
    context variable outlives its connection.
    """

    def __init__(self, answer: Callable[..., None]) -> None:
        self._answer = answer
        self._lock = Lock()
        self._waiting = 0
        self._ended = False
        self._given: SimpleQueue[tuple[Any, ...] | None] = SimpleQueue()

    def give(self, *connection: Any) -> None:
        """Let a thread answer a connection; a new one where none waits."""
        with self._lock:
            is_awaited = self._waiting > 0
            self._waiting -= is_awaited
        if not is_awaited:
            Thread(target=self._run, daemon=True).start()
        self._given.put(connection)

    def end(self) -> None:
        """End the threads that wait; those that answer end afterwards."""
        with self._lock:
            waiting, self._waiting, self._ended = self._waiting, 0, True
        for _ in range(waiting):
            self._given.put(None)

    def _run(self) -> None:
        connection = self._given.get()
        while connection is not None:
            Context().run(self._answer, *connection)
            connection = None  # a thread that waits holds none
            if self._may_wait():
                connection = self._given.get()

    def _may_wait(self) -> bool:
        with self._lock:
            if self._ended or self._waiting == MOST_WAITING:
                return False
            self._waiting += 1
            return True
