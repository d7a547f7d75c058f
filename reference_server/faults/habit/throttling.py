"""Limits on the number of requests."""

from __future__ import annotations

import time
from collections import deque
from threading import Lock
from typing import TYPE_CHECKING

from reference_server.faults.fault import Habit
from reference_server.http.json_responses import json_answer

if TYPE_CHECKING:
    from werkzeug import Response

    from reference_server.http.request import Request


class Throttled(Habit):
    """Refuses requests above a number in any second with 429 and Retry-After."""

    def __init__(self, *, requests: int = 20, retry_after: int = 1) -> None:
        self.requests = requests
        self.retry_after = retry_after
        self._accepted: deque[float] = deque()
        self._lock = Lock()

    def handle(self, request: Request) -> Response | None:
        with self._lock:
            now = time.monotonic()
            while self._accepted and self._accepted[0] <= now - 1:
                self._accepted.popleft()
            if len(self._accepted) < self.requests:
                self._accepted.append(now)
                return None
        headers = {"Retry-After": str(self.retry_after)}
        return json_answer({"message": "429 Too Many Requests"}, status=429, headers=headers)
