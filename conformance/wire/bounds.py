"""Limits on one answer: seconds, bytes on the wire, bytes of its header, informational answers."""

from __future__ import annotations

import io
import time
from http.client import HTTPException, HTTPResponse, LineTooLong
from typing import TYPE_CHECKING, Any, cast

from conformance.verdicts import Deviation
from conformance.wire.broken_answers import BROKEN_OFF

if TYPE_CHECKING:
    import socket
    from typing import NoReturn

    from _typeshed import WriteableBuffer

MIB = 1024 * 1024

MOST_BYTES = 64 * MIB
"""The largest body of an answer, on the wire and decompressed. The list of 750,000 projects has 40 MiB."""

MOST_HEADER_BYTES = MIB
"""The largest header of an answer, with those of the informational answers before it."""

MOST_INFORMATIONAL = 100
"""The number of informational answers (1xx) before an answer."""

_LONGEST_LINE = 64 * 1024
_KEPT = 100
_SWITCHING_PROTOCOLS = 101


class BadAnswer(Deviation):
    """An answer cannot be read to its end, and that is the registry's doing. `where` names the request."""


class EndlessAnswer(BadAnswer):
    """An answer breaks a limit of size or time."""


class BrokenAnswer(BadAnswer):
    """An answer is no HTTP, or its body is not what its header says."""


class Meter:
    """The limits of one answer at a time, counted from `start` on. Belongs to one thread.

    `seconds` is the time for the whole answer, from the first byte of the request on; `patience` the time for
    each read, in seconds.
    """

    def __init__(self, *, seconds: float, patience: float, most_bytes: int = MOST_BYTES) -> None:
        self._seconds = seconds
        self._patience = patience
        self._most_bytes = most_bytes
        self.start()

    def start(self) -> None:
        """Begin a new answer."""
        self._deadline = time.monotonic() + self._seconds
        self._bytes = self._decoded = self._informational = 0
        self._most = MOST_HEADER_BYTES

    def start_body(self) -> None:
        """End the header of the answer."""
        self._bytes, self._most = 0, self._most_bytes

    def remaining(self) -> float:
        """Return the number of seconds for the next step. Raises EndlessAnswer when none is left."""
        left = self._deadline - time.monotonic()
        if left <= 0:
            self.expired()
        return min(left, self._patience)

    def expired(self) -> NoReturn:
        """Raise EndlessAnswer for an answer that takes too long."""
        _refuse(f"the answer to end within {self._seconds:g} s", f"no end after {self._seconds:g} s")

    @property
    def received(self) -> int:
        """The size of the body so far, in bytes, on the wire or decompressed, whichever is more."""
        return max(self._bytes, self._decoded)

    @property
    def is_late(self) -> bool:
        """Whether the time for the answer is over."""
        return time.monotonic() >= self._deadline

    def count(self, received: int) -> None:
        """Count bytes on the wire. Raises EndlessAnswer."""
        self._bytes += received
        if self._bytes > self._most:
            what = "a header" if self._most == MOST_HEADER_BYTES else "a body"
            _refuse(f"{what} of at most {_size(self._most)}", "more than that")

    def check_decoded(self, decoded: int) -> None:
        """Check the size of a body after its content codings were undone. Raises EndlessAnswer."""
        self._decoded = decoded
        if decoded > self._most_bytes:
            _refuse(f"a body of at most {_size(self._most_bytes)} after decompression", "more than that")

    def count_informational(self) -> None:
        """Count an informational answer. Raises EndlessAnswer."""
        self._informational += 1
        if self._informational > MOST_INFORMATIONAL:
            expected = f"at most {MOST_INFORMATIONAL} informational answers (1xx) before the answer"
            _refuse(expected, "more than that")


class BoundedResponse(HTTPResponse):
    """An answer whose header is read within limits. Skips every informational answer.

    Source: RFC 9110, 15.2: a client must be able to read informational answers that it did not expect.
    """

    def __init__(self, sock: Any, *args: Any, meter: Meter, opened: Any = None, **kwargs: Any) -> None:
        self._meter = meter
        connection: Any = opened or _Opened(sock, meter)
        super().__init__(connection, *args, **kwargs)

    def begin(self) -> None:
        """Read the header. Raises BadAnswer, and what `HTTPResponse` raises."""
        reader = self.fp
        try:
            super().begin()
        except HTTPException as error:
            if isinstance(error, LineTooLong) or type(error) is HTTPException:  # too many fields
                _refuse("a header that ends", str(error))
            raise
        if getattr(reader, "is_cut", False):  # `HTTPResponse` takes what came for the whole header
            raise BrokenAnswer(expected="a header that ends", found=f"a part of it, {BROKEN_OFF}", where="")
        self._require_one_length()
        self._meter.start_body()

    def _require_one_length(self) -> None:
        """Raise BrokenAnswer for lengths that differ, before `urllib3` does and leaves the connection open."""
        lengths = ",".join(self.headers.get_all("Content-Length") or ())
        if not self.chunked and len({each.strip() for each in lengths.split(",")}) > 1:
            raise BrokenAnswer(expected="one Content-Length", found=lengths[:_KEPT], where="")

    def _read_status(self) -> tuple[str, int, str]:
        while True:
            line = cast("Any", super())._read_status()  # noqa: SLF001 - the one place between two answers
            version, status, reason = line
            if not 100 <= status < 200:
                return version, status, reason
            self._meter.count_informational()
            if status in {100, _SWITCHING_PROTOCOLS}:
                return version, status, reason  # `HTTPResponse` skips 100 itself
            while self.fp.readline(_LONGEST_LINE).strip():
                pass


class _Opened:
    """What `HTTPResponse` takes for a socket: it only calls `makefile`."""

    def __init__(self, connection: socket.socket, meter: Meter) -> None:
        self._connection = connection
        self._meter = meter

    def makefile(self, _mode: str) -> io.BufferedReader:
        return metered(self._connection, self._meter)


def wait_at_most(connection: socket.socket, seconds: float) -> None:
    """Set the time limit of a connection, if it is another one: to set it takes a system call."""
    if connection.gettimeout() != seconds:
        connection.settimeout(seconds)


def metered(connection: socket.socket, meter: Meter) -> io.BufferedReader:
    """Return the receiving side of a connection. Reading raises EndlessAnswer when the meter's limits are broken."""
    return _Lines(_MeteredFile(connection, meter))


class _Lines(io.BufferedReader):
    """Knows whether the connection has ended before a line did."""

    is_cut = False

    def readline(self, size: int | None = -1) -> bytes:
        line = super().readline(size)
        if not line.endswith(b"\n") and len(line) != size:
            self.is_cut = True
        return line


class _MeteredFile(io.RawIOBase):
    def __init__(self, connection: socket.socket, meter: Meter) -> None:
        self._connection = connection
        self._meter = meter
        self._file = connection.makefile("rb", buffering=0)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: WriteableBuffer) -> int | None:
        wait_at_most(self._connection, self._meter.remaining())
        try:
            received = self._file.readinto(buffer)
        except TimeoutError:
            if self._meter.is_late:
                self._meter.expired()
            raise
        self._meter.count(received or 0)
        return received

    def close(self) -> None:
        if not self.closed:
            self._file.close()
        super().close()


def _refuse(expected: str, found: str) -> NoReturn:
    raise EndlessAnswer(expected=expected, found=found, where="")


def _size(number: int) -> str:
    return f"{number // MIB} MiB" if number >= MIB else f"{number} bytes"
