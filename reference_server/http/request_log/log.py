"""The log of a running registry."""

from __future__ import annotations

from collections import deque
from threading import Lock
from typing import TYPE_CHECKING

from reference_server.http.request_log.entry import Entry
from reference_server.http.request_log.requests import Requests

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from datetime import datetime

    from reference_server.http.request import Request

KEPT = 500


class RequestLog(Requests):
    """The last `limit` requests, oldest first. Safe to use from several threads.

    `on_end` is called with each entry at the end of its answer.
    """

    def __init__(self, limit: int = KEPT, *, on_end: Callable[[Entry], None] | None = None) -> None:
        super().__init__()
        self._kept: deque[Entry] = deque(maxlen=limit)
        self._lock = Lock()
        self._before_clear = self._last = 0
        self.on_end = on_end

    def entries(self) -> tuple[Entry, ...]:
        """Return the kept requests."""
        with self._lock:
            return tuple(self._kept)

    @property
    def total(self) -> int:
        """The number of requests since the start, or since `clear`: those that are no longer kept included."""
        with self._lock:
            return self._last - self._before_clear

    @property
    def dropped(self) -> int:
        """The number of requests that are no longer kept."""
        with self._lock:
            return self._last - self._before_clear - len(self._kept)

    def clear(self) -> None:
        """Forget all requests. Numbers go on."""
        with self._lock:
            self._kept.clear()
            self._before_clear = self._last

    def begin(self, now: datetime, request: Request) -> Entry:
        """Add a request that has arrived, and count what is read of its body."""
        environ = request.environ
        with self._lock:  # the order in the log is that of the numbers
            self._last += 1
            entry = Entry(self._last, now, environ)
            self._kept.append(entry)
        if environ.get("CONTENT_LENGTH", "0") not in {"", "0"} or environ.get("wsgi.input_terminated"):
            request.body = _Noted(request.body, entry)  # type: ignore[assignment]  # the one method that is used
        return entry

    def begin_again(self, now: datetime, arrived: float, equal: Entry) -> Entry:
        """Add a request that arrived without a body, at this reading of `perf_counter`, and that equals another."""
        with self._lock:
            self._last += 1
            entry = equal.again(self._last, now, arrived)
            self._kept.append(entry)
        return entry

    def end(self, entry: Entry) -> None:
        """Note the end of an answer."""
        entry.ended()
        if self.on_end is not None:
            self.on_end(entry)

    def broken_off(self, entry: Entry) -> None:
        """Note that the connection was closed before the end of the answer."""
        entry.broken_off = True
        self.end(entry)


class Counted:
    """The body of an answer. Counts its bytes before they are sent, and notes its end."""

    def __init__(self, body: Iterable[bytes], entry: Entry, log: RequestLog) -> None:
        self._body = body
        self._pieces = iter(body)
        self._entry = entry
        self._log = log

    def __iter__(self) -> Iterator[bytes]:
        return self

    def __next__(self) -> bytes:
        """Return the next piece. Raises what the body raises, as `HangUpError`."""
        try:
            piece = next(self._pieces)
        except ConnectionError:
            self._entry.broken_off = True
            raise
        self._entry.sent += len(piece)
        return piece

    def close(self) -> None:
        """Close the body."""
        try:
            close = getattr(self._body, "close", None)
            if close is not None:
                close()
        finally:
            self._log.end(self._entry)


class Whole(Counted):
    """The body of an answer in one piece."""

    def __init__(self, body: bytes, entry: Entry, log: RequestLog) -> None:
        self._whole = [body]
        super().__init__(self._whole, entry, log)

    def at_once(self) -> list[bytes]:
        """Return the body as a list, and note its end."""
        self._entry.sent = len(self._whole[0])
        self._log.end(self._entry)
        return self._whole


class _Noted:
    """The body of a request, which notes what is read."""

    def __init__(self, body: object, entry: Entry) -> None:
        self._read = body.read  # type: ignore[attr-defined]
        self._entry = entry

    def read(self, size: int = -1) -> bytes:
        data: bytes = self._read(size)
        self._entry.read(data)
        return data
