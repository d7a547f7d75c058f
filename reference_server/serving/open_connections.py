"""Connections that are used again, and end with their server."""

from __future__ import annotations

from contextlib import suppress
from socket import SHUT_RDWR
from threading import Lock, Thread, current_thread
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from socket import socket

SENDING = 0.1
"""Seconds that a client may take for the end of an answer when the server stops."""


class OpenConnections:
    """The connections of a server whose requests are answered, each with its thread. Safe to use from several threads.

    A client that has its answer may stop the server at once, and start it again: then no connection may be left on
    which it would send the next request. So an answer's end counts before it is sent.
    """

    def __init__(self) -> None:
        self._lock = Lock()
        self._answered: dict[Thread, socket] = {}
        self._waiting: set[Thread] = set()
        self._is_closed = False

    def answered(self, connection: socket) -> None:
        """Note that this thread sends the end of an answer."""
        with self._lock:
            self._answered[current_thread()] = connection

    def begin(self) -> bool:
        """Note that this thread waits for the next request. Return False where it must not."""
        with self._lock:
            if not self._is_closed:
                self._waiting.add(current_thread())
            return not self._is_closed

    def end(self) -> bool:
        """Note that this thread waits no longer. Return False where it must not answer."""
        with self._lock:
            self._forget(current_thread())
            return not self._is_closed

    def close(self) -> None:
        """End all of them. A server that stops does not wait for the requests that it still answers."""
        with self._lock:
            self._is_closed = True
            answered = dict(self._answered)
            for thread in self._waiting:
                _end(answered[thread])
        for thread, connection in answered.items():
            thread.join(SENDING)
            if thread.is_alive():
                _end(connection)

    def discard(self) -> None:
        """Forget the connection of this thread."""
        with self._lock:
            self._forget(current_thread())

    def _forget(self, thread: Thread) -> None:
        self._waiting.discard(thread)
        self._answered.pop(thread, None)


def _end(connection: socket) -> None:
    with suppress(OSError):  # the client has closed it
        connection.shutdown(SHUT_RDWR)
