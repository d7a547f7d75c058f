"""The threads of the server in this process: as many as there are connections, and few between them."""

from __future__ import annotations

import threading
import time
from contextvars import ContextVar
from functools import partial
from queue import SimpleQueue
from threading import Barrier, Event, Thread, current_thread
from typing import TYPE_CHECKING

import requests

from reference_server import ReferenceServer
from reference_server.serving.connection_threads import MOST_WAITING, ConnectionThreads

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

PATIENCE = 60.0
MARK: ContextVar[str] = ContextVar("MARK")


def until(holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE
    while not holds():
        assert time.monotonic() < deadline


def alive(threads: Iterable[Thread]) -> int:
    """Return how many of these threads have not ended."""
    return sum(each.is_alive() for each in threads)


def at_most(number: int, threads: Iterable[Thread]) -> bool:
    return alive(threads) <= number


def test_a_thread_answers_one_connection_after_the_other() -> None:
    answered: SimpleQueue[Thread] = SimpleQueue()
    threads = ConnectionThreads(lambda: answered.put(current_thread()))
    seen: list[Thread] = []

    def is_met_again() -> bool:
        threads.give()
        seen.append(answered.get())
        return len(set(seen)) < len(seen)

    until(is_met_again)
    threads.end()


def test_no_connection_waits_for_another() -> None:
    together = Barrier(5 * MOST_WAITING)
    answered: SimpleQueue[Thread] = SimpleQueue()

    def answer() -> None:
        together.wait()
        answered.put(current_thread())

    threads = ConnectionThreads(answer)
    for _ in range(2):
        for _ in range(together.parties):
            threads.give()
        used = {answered.get() for _ in range(together.parties)}
        assert len(used) == together.parties
        until(partial(at_most, MOST_WAITING, used))
    threads.end()


def test_no_thread_is_left_at_the_end() -> None:
    ready, leave = Barrier(3), Event()
    used: list[Thread] = []

    def answer(waits: bool) -> None:  # noqa: FBT001 - a connection, as the server has it
        used.append(current_thread())
        ready.wait()
        if waits:
            leave.wait()

    threads = ConnectionThreads(answer)
    for waits in (True, False):
        threads.give(waits)
    ready.wait()
    threads.end()
    until(lambda: alive(used) == 1)
    leave.set()
    until(lambda: alive(used) == 0)


def test_no_thread_outlives_its_server() -> None:
    before = set(threading.enumerate())
    with ReferenceServer() as server:
        for _ in range(3):
            assert requests.get(server.index_url, timeout=10).status_code == 401
        of_server = set(threading.enumerate()) - before
        assert of_server
    until(partial(at_most, 0, of_server))


def test_no_context_variable_outlives_its_connection() -> None:
    found: SimpleQueue[tuple[Thread, str]] = SimpleQueue()

    def answer() -> None:
        found.put((current_thread(), MARK.get("nothing")))
        MARK.set("what the last connection left")

    threads = ConnectionThreads(answer)
    seen: list[tuple[Thread, str]] = []

    def is_met_again() -> bool:
        threads.give()
        seen.append(found.get())
        return len({thread for thread, _ in seen}) < len(seen)

    until(is_met_again)
    threads.end()
    assert {mark for _, mark in seen} == {"nothing"}
