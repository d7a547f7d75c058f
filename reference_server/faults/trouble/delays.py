"""Slow servers."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from reference_server.alterations import HangUpError
from reference_server.faults.fault import Trouble

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from reference_server.http.request import Request


class Latency(Trouble):
    """Waits before it answers."""

    def __init__(self, *, seconds: float = 2.0) -> None:
        self.seconds = seconds

    def transmit(self, request: Request, body: Iterable[bytes]) -> Iterable[bytes]:
        time.sleep(self.seconds)
        return body


class Silence(Trouble):
    """Accepts the request, sends nothing for a long time, and closes the connection."""

    def __init__(self, *, seconds: float = 60.0) -> None:
        self.seconds = seconds

    def transmit(self, request: Request, body: Iterable[bytes]) -> Iterable[bytes]:
        time.sleep(self.seconds)
        raise HangUpError


class SlowDrip(Trouble):
    """Sends bodies in small pieces with a pause before each."""

    def __init__(self, *, bytes_at_once: int = 256, seconds: float = 0.05) -> None:
        self.bytes_at_once = bytes_at_once
        self.seconds = seconds

    def transmit(self, request: Request, body: Iterable[bytes]) -> Iterator[bytes]:
        for piece in body:
            for start in range(0, len(piece), self.bytes_at_once):
                time.sleep(self.seconds)
                yield piece[start : start + self.bytes_at_once]
