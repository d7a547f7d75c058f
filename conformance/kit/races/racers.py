"""Threads that start at the same moment."""

from __future__ import annotations

import time
from threading import Barrier, Thread
from typing import TYPE_CHECKING, Generic, TypeVar

from conformance.verdicts import Deviation, NotJudged
from conformance.wire import Unreachable

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from conformance.target.registry_client import RegistryClient

T = TypeVar("T")


DEADLINE = 90.0
"""Seconds until every action has to end: more than one request may take."""


class Racer(Thread, Generic[T]):
    """A thread that keeps what its action returned or raised."""

    returned: T

    def __init__(
        self, action: Callable[[RegistryClient], T], lane: RegistryClient, line: Barrier | None = None
    ) -> None:
        super().__init__(daemon=True)
        self._action = action
        self._lane = lane
        self._line = line
        self.raised: BaseException | None = None

    def run(self) -> None:
        """Run the action, and keep what it returns or raises."""
        try:
            if self._line is not None:
                self._line.wait(DEADLINE)
            self.returned = self._action(self._lane)
        except BaseException as error:  # noqa: BLE001 - carried to the thread that waits for it
            self.raised = error


def wait_for_all(racers: Sequence[Racer[T]]) -> None:
    """Wait for all of them. Raises what they raised, and Unreachable when one does not end."""
    deadline = time.monotonic() + DEADLINE
    for racer in racers:
        racer.join(max(0.0, deadline - time.monotonic()))
    if any(racer.is_alive() for racer in racers):
        raise Unreachable(f"no end within {DEADLINE:.0f} s of requests that were sent at the same moment")
    raised = [racer.raised for racer in racers if racer.raised is not None]
    for kind in (NotJudged, Deviation, BaseException):
        for error in raised:
            if isinstance(error, kind):
                raise error
