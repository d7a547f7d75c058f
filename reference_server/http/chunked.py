"""The body of a request in chunks. Source: RFC 9112, section 7.1."""

from __future__ import annotations

import io
import re
from typing import TYPE_CHECKING

from reference_server.http.field_lines import ENDS

if TYPE_CHECKING:
    from typing_extensions import Buffer

    from reference_server.http.expect_continue import AwaitedBody

LENGTH = re.compile(rb"([0-9A-Fa-f]{1,15})[ \t]*(?:;[^\r\n]*)?\r?\n")
_TRAILER = re.compile(rb"[^\r\n]*\r?\n")
MAX_LINE = 4096  # bytes
MAX_TRAILERS = 100  # lines, as many as in the header of a request


class ChunkedBody(io.RawIOBase):
    """Reads the content of chunks. Raises `OSError` for a broken or incomplete chunk.

    werkzeug's own reader reads beyond its buffer if a connection ends within a chunk.

    `length` is the form of the line before a chunk, and `trailers` the most lines after the last one.
    """

    def __init__(self, connection: io.BufferedIOBase | AwaitedBody) -> None:
        self.length = LENGTH
        self.trailers = MAX_TRAILERS
        self._connection = connection
        self._left = 0  # of the current chunk
        self._done = False

    def readable(self) -> bool:
        """Return True: a body can be read."""
        return True

    def readinto(self, buffer: Buffer) -> int:
        """Read from the current chunk until the buffer is full; nothing after the last chunk."""
        if self._left == 0 and not self._done:
            self._begin()
        room = memoryview(buffer).cast("B")
        data = self._connection.read(min(len(room), self._left))
        if self._left and room and not data:
            raise OSError("the connection ended within a chunk")
        room[: len(data)] = data
        self._left -= len(data)
        if data and self._left == 0:
            self._end_line()
        return len(data)

    def _begin(self) -> None:
        length = self.length.fullmatch(self._connection.readline(MAX_LINE))
        if length is None:
            raise OSError("a chunk has no length")
        self._left = int(length[1], 16)
        if self._left == 0:
            self._skip_trailers()
            self._done = True

    def _skip_trailers(self) -> None:
        """Read the lines after the last chunk, which are ignored, and the empty line."""
        for _ in range(self.trailers + 1):
            line = self._connection.readline(MAX_LINE)
            if line in ENDS:
                return
            if _TRAILER.fullmatch(line) is None:
                raise OSError("the line after the last chunk is broken, or too long")
        raise OSError("too many lines after the last chunk")

    def _end_line(self) -> None:
        if self._connection.readline(2) not in ENDS:
            raise OSError("a chunk is longer than its length")
