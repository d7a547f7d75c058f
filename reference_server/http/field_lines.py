"""The lines of a request's header section. Source: RFC 9112, sections 2.2 and 5."""

from __future__ import annotations

import io
import re

_FIELD = re.compile(rb"[!#$%&'*+.^_`|~0-9A-Za-z-]+:[^\x00-\x08\x0a-\x1f\x7f]*\r?\n")
ENDS = (b"\r\n", b"\n")
"""The empty line, as a recipient may take it."""

FIELD_NAMES = "reference_server.http.field_names"
"""The key of the WSGI environment with the names of the header fields as they were sent."""


class FieldLines(io.BufferedIOBase):
    """Reads lines from a connection, and knows whether each is a field line or the end of the header section.

    A parser of e-mail takes a lone CR for the end of a line, and a line without a colon for the end of the header
    section: it finds other fields than a proxy in front of it.
    """

    def __init__(self, connection: io.BufferedIOBase) -> None:
        self._connection = connection
        self.are_well_formed = True

    def readline(self, size: int | None = -1, /) -> bytes:
        """Read one line of at most so many bytes."""
        line = self._connection.readline(-1 if size is None else size)
        self.are_well_formed &= line in ENDS or _FIELD.fullmatch(line) is not None
        return line
