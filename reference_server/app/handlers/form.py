"""Reads the upload form within limits: text fields into memory, file parts into a spool."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import IO, TYPE_CHECKING

from multipart import MultipartError, MultipartSegment, ParserLimitReached, PushMultipartParser
from werkzeug.exceptions import RequestEntityTooLarge
from werkzeug.http import parse_options_header

from reference_server.model.errors import FileTooLargeError, MalformedFormError, UnsupportedEncodingError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from reference_server.http.request import Request
    from reference_server.store.blobs import BlobWriter, Spool

MAX_PARTS = 20_000
MAX_FILES = 20  # parts with a file name; each may be a file on disk
MAX_FIELDS = 32 * 1024 * 1024  # bytes of all text fields; descriptions are the long ones
MAX_PART_HEADER = 16 * 1024  # bytes of one line
CHUNK = 64 * 1024
AROUND_THE_FILE = 64 * 1024 * 1024  # bytes of everything else than the file


@dataclass(frozen=True, slots=True)
class FilePart:
    """A part of the form with a file name."""

    filename: str
    writer: BlobWriter


@dataclass(frozen=True, slots=True)
class Form:
    """The form: each field with all its values in order."""

    fields: Mapping[str, tuple[str, ...]]
    files: Mapping[str, tuple[FilePart, ...]]

    def get(self, name: str) -> str | None:
        """Return a field's first value, or None if it is missing or empty."""
        return next(iter(self.fields.get(name, ())), None) or None


class _Bounded:
    """Reads from the body. Raises `FileTooLargeError` beyond `limit`, and `MalformedFormError` for a broken body."""

    def __init__(self, body: IO[bytes], limit: int | None) -> None:
        self._body = body
        self._left = limit

    def read(self, size: int) -> bytes:
        try:
            data = self._body.read(size)
        except OSError as error:  # such as a chunk without its length
            raise MalformedFormError from error
        if self._left is not None:
            self._left -= len(data)
            if self._left < 0:
                raise FileTooLargeError
        return data

    def exhaust(self) -> None:
        """Read everything after the form."""
        while self.read(CHUNK):
            pass


def read_form(request: Request, spool: Spool, *, max_file_size: int | None) -> Form:
    """Read the whole form. A body of another type than multipart/form-data is an empty form.

    Raises `FileTooLargeError` as early as possible, `UnsupportedEncodingError`, `MalformedFormError`, and
    werkzeug's `RequestEntityTooLarge` for too many or too large text fields.
    """
    if request.headers.get("Content-Encoding", "identity").strip().lower() != "identity":
        raise UnsupportedEncodingError
    limit = None if max_file_size is None else max_file_size + AROUND_THE_FILE
    if limit is not None and (request.content_length or 0) > limit:
        raise FileTooLargeError
    mimetype, options = parse_options_header(request.content_type)
    if mimetype.lower() != "multipart/form-data":
        return Form({}, {})
    reading = _Reading(spool)
    body = _Bounded(request.body, limit)
    try:
        with PushMultipartParser(
            options.get("boundary", ""), max_header_size=MAX_PART_HEADER, max_segment_count=MAX_PARTS
        ) as parser:
            while not parser.closed:
                for event in parser.parse(body.read(CHUNK)):
                    reading.take(event)
            body.exhaust()
    except ParserLimitReached as error:
        raise RequestEntityTooLarge from error
    except (MultipartError, UnicodeError) as error:
        raise MalformedFormError from error
    return reading.form()


@dataclass
class _Reading:
    """The part of the form read so far.

    Raises `RequestEntityTooLarge` for too much text or too many files, and `MalformedFormError`.
    """

    spool: Spool
    fields: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    files: dict[str, list[FilePart]] = field(default_factory=lambda: defaultdict(list))
    _name: str = ""
    _text: bytearray = field(default_factory=bytearray)
    _writer: BlobWriter | None = None
    _room: int = MAX_FIELDS
    _files_left: int = MAX_FILES

    def take(self, event: MultipartSegment | bytes | bytearray | None) -> None:
        """Handle an event of the parser: the beginning of a part, a piece of it, or its end."""
        if isinstance(event, MultipartSegment):
            self._begin(event)
        elif event is None:
            self._end()
        elif self._writer is not None:
            self._writer.write(event)
        else:
            self._room -= len(event)
            if self._room < 0:
                raise RequestEntityTooLarge
            self._text += event

    def form(self) -> Form:
        """Return the whole form."""
        return Form(
            {name: tuple(values) for name, values in self.fields.items()},
            {name: tuple(parts) for name, parts in self.files.items()},
        )

    def _begin(self, part: MultipartSegment) -> None:
        self._name, filename = named(part)
        if filename is None:
            self._writer, self._text = None, bytearray()
        else:
            self._files_left -= 1
            if self._files_left < 0:
                raise RequestEntityTooLarge
            self._writer = self.spool.writer()
            self.files[self._name].append(FilePart(filename, self._writer))

    def _end(self) -> None:
        if self._writer is None:
            self.fields[self._name].append(self._text.decode("utf-8", errors="replace"))


def named(part: MultipartSegment) -> tuple[str, str | None]:
    """Return the unchanged name and file name of a part. Raises `MalformedFormError`."""
    disposition = part.header("Content-Disposition") or ""
    if "filename" not in disposition:
        name, filename = part.name, None
    else:  # strictly: keeps the folders that old browsers send, and reads filename*
        _, options = parse_options_header(disposition)
        name, filename = options.get("name"), options.get("filename")
    if name is None:
        raise MalformedFormError
    return name, filename
