"""An upload form on its way through the proxy: its distribution is noted in the log, and nothing of it is kept."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from multipart import MultipartError, MultipartSegment, PushMultipartParser
from werkzeug.http import parse_options_header

from reference_server.app.handlers.form import MAX_PART_HEADER, MAX_PARTS, named
from reference_server.http.request_log.entry import LONGEST_FORM_VALUE, MOST_FIELDS
from reference_server.model.errors import MalformedFormError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from reference_server.http.request import Request

CONTENT = "content"
"""The field of the distribution."""


class PassingForm:
    """Reads the pieces of a request's body. What is no upload form, or a broken one, is of no concern here."""

    def __init__(self, request: Request) -> None:
        mimetype, options = parse_options_header(request.content_type)
        self._entry = request.entry
        self._parser: PushMultipartParser | None = None
        self._fields: dict[str, list[str]] = defaultdict(list)
        self._field, self._text, self._filename, self._size = "", bytearray(), "", 0
        if mimetype == "multipart/form-data" and options.get("boundary"):
            self._parser = PushMultipartParser(
                options["boundary"], max_header_size=MAX_PART_HEADER, max_segment_count=MAX_PARTS
            )

    def passing(self, pieces: Iterator[bytes]) -> Iterator[bytes]:
        """Yield the pieces as they are. At the end, the log has the upload."""
        for piece in pieces:
            self._see(piece)
            yield piece
        if self._filename:
            self._entry.uploads(self._filename, self._size, self._fields)

    def _see(self, piece: bytes) -> None:
        if self._parser is None or self._parser.closed:
            return
        try:
            for event in self._parser.parse(piece):
                self._take(event)
        except (MultipartError, MalformedFormError, UnicodeError):
            self._parser = None

    def _take(self, event: MultipartSegment | bytes | bytearray | None) -> None:
        if isinstance(event, MultipartSegment):
            self._text.clear()
            self._field, filename = named(event)
            if self._field == CONTENT and filename:
                self._filename, self._size = filename, 0
        elif event is None:
            if self._field != CONTENT and len(self._fields) < MOST_FIELDS:
                self._fields[self._field].append(self._text.decode("utf-8", errors="replace"))
        elif self._field == CONTENT:
            self._size += len(event)
        else:
            self._text += event[: max(0, LONGEST_FORM_VALUE * 4 - len(self._text))]
