"""The upload form: text fields into memory, file parts into a spool, never more than is allowed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import IO, TYPE_CHECKING, cast

from werkzeug.formparser import FormDataParser
from werkzeug.http import parse_options_header

from reference_server.errors import FileTooLargeError, MalformedFormError, UnsupportedEncodingError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from reference_server.request import Request
    from reference_server.store.blobs import BlobWriter, Spool

MAX_PARTS = 20_000
MAX_FIELD = 32 * 1024 * 1024  # bytes of one text field; descriptions are the long ones
AROUND_THE_FILE = 64 * 1024 * 1024  # bytes of all that is not the file


@dataclass(frozen=True, slots=True)
class FilePart:
    """A part of the form that came with a file name."""

    filename: str
    writer: BlobWriter


@dataclass(frozen=True, slots=True)
class Form:
    """The form, each field with all its values in order."""

    fields: Mapping[str, tuple[str, ...]]
    files: Mapping[str, tuple[FilePart, ...]]

    def get(self, name: str) -> str | None:
        """Give a field's first value, or None when it is missing or empty."""
        return next(iter(self.fields.get(name, ())), None) or None


class _Bounded:
    """Reads from the body. Raises `FileTooLargeError` beyond `limit`, `MalformedFormError` when it breaks."""

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


def read_form(request: Request, spool: Spool, *, max_file_size: int | None) -> Form:
    """Read the whole form; anything that is not multipart/form-data is an empty one.

    Raises `FileTooLargeError` as soon as it is certain, `UnsupportedEncodingError`, `MalformedFormError`, and
    werkzeug's `RequestEntityTooLarge` for too many or too large text fields.
    """
    if request.headers.get("Content-Encoding", "identity").strip().lower() != "identity":
        raise UnsupportedEncodingError
    limit = None if max_file_size is None else max_file_size + AROUND_THE_FILE
    if limit is not None and (request.content_length or 0) > limit:
        raise FileTooLargeError
    mimetype, options = parse_options_header(request.content_type)
    if mimetype != "multipart/form-data":
        return Form({}, {})
    parser = FormDataParser(
        stream_factory=lambda *_args, **_options: cast("IO[bytes]", spool.writer()),
        max_form_memory_size=MAX_FIELD,
        max_form_parts=MAX_PARTS,
        silent=False,
    )
    body = cast("IO[bytes]", _Bounded(request.body, limit))
    try:
        _, fields, files = parser.parse(body, mimetype, request.content_length, options)
    except ValueError as error:
        raise MalformedFormError from error
    return Form(
        {name: tuple(values) for name, values in fields.lists()},
        {
            name: tuple(FilePart(each.filename or "", cast("BlobWriter", each.stream)) for each in parts)
            for name, parts in files.lists()
        },
    )
