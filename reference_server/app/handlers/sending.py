"""Answers to reading requests, with conditions, ranges and compression."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import IO, TYPE_CHECKING, TypeVar

from werkzeug import Response
from werkzeug.http import http_date

from reference_server.http.go_ranges import go_byte_range
from reference_server.http.json_responses import json_answer
from reference_server.http.preconditions import precondition, range_holds
from reference_server.http.ranges import UnsatisfiableRangeError, byte_range
from reference_server.rendering.html import CONTENT_TYPE
from reference_server.rendering.large_page import PackedPage
from reference_server.rules.negotiation import SIMPLE_JSON, TEXT_HTML, accepts_gzip

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from datetime import datetime

    from reference_server.app.handlers.call import ReadingCall
    from reference_server.http.request import Request
    from reference_server.model.blob import Blob
    from reference_server.rendering.page_cache import RenderedPage

CHUNK = 64 * 1024
SERIAL = "X-PyPI-Last-Serial"
"""The header field of a serial. Source: Warehouse's documentation, "Index API"."""
R = TypeVar("R", bound=Response)


@dataclass(frozen=True, slots=True, kw_only=True)
class Content:
    """Immutable bytes under a URL. `etag` has no quotes. The answer closes the stream, which is that of `source`."""

    source: Blob | bytes
    stream: IO[bytes]
    size: int
    etag: str
    last_modified: datetime
    content_type: str
    headers: Mapping[str, str] = field(default_factory=dict)


class LastingAnswer(Response):
    """An answer that depends on nothing but the request and the state.

    Its body is all of `source`, or else it has its body itself.
    """

    source: Blob | bytes | None = None


class PageAnswer(LastingAnswer):
    """A page that is compressed last, so that alterations can read its body before."""

    rendered: RenderedPage | None = None

    def compress(self) -> None:
        """Compress the current body, if this was negotiated."""
        if self.rendered is None or "Content-Encoding" in self.headers:
            return
        body = self.get_data()
        same = body == self.rendered.body
        self.set_data(self.rendered.gzipped if same else type(self.rendered)(body, "").gzipped)
        self.headers["Content-Encoding"] = "gzip"


def page_answer(
    call: ReadingCall, rendered: RenderedPage | PackedPage, *, vary: str, serial: int | None = None
) -> Response:
    """Send a page, compressed if the client prefers that and the page is large enough. It states a serial if given."""
    minimum = call.registry.rules.gzips_from
    wanted = minimum is not None and accepts_gzip(call.request.headers.get("Accept-Encoding"))
    gzips = wanted and (rendered.size is None or rendered.size >= (minimum or 0))
    weakly = "W/" if call.request.flavour.compares_etags_as_text else ""
    etag = f'{weakly}"{rendered.digest}-gzip"' if gzips else f'{weakly}"{rendered.digest}"'
    varies = ", ".join(filter(None, (vary, "" if minimum is None else "Accept-Encoding")))
    headers = {"ETag": etag} | ({"Vary": varies} if varies else {})
    if serial is not None:
        headers[SERIAL] = str(serial)
    if call.request.flavour.compares_etags_as_text:
        refused = _unchanged(headers) if call.request.headers.get("If-None-Match") == etag else None
    else:
        refused = _failed_precondition(call.request, headers, etag=etag)
    if refused:
        return refused
    content_type = CONTENT_TYPE if rendered.media_type == TEXT_HTML else rendered.media_type
    content_type += call.request.flavour.json_parameters if rendered.media_type == SIMPLE_JSON else ""
    if isinstance(rendered, PackedPage):
        return _unpacked(rendered, content_type, headers, gzips=gzips)
    answer = PageAnswer(rendered.body, content_type=content_type, headers=headers)
    answer.rendered = rendered if gzips else None
    return answer


def _unpacked(page: PackedPage, content_type: str, headers: Mapping[str, str], *, gzips: bool) -> Response:
    """Send a large page as it is made or kept, or unpack it meanwhile."""
    if gzips:
        headers = {**headers, "Content-Encoding": "gzip"}
        return Response(page.gzipped(), content_type=content_type, headers=headers)
    if page.size is not None:
        headers = {**headers, "Content-Length": str(page.size)}
    return Response(page.pieces(), content_type=content_type, headers=headers)


def content_answer(call: ReadingCall, content: Content) -> Response:
    """Send a file or the requested range of it, never compressed."""
    request = call.request
    last_modified = content.last_modified.replace(microsecond=0)
    etag = f'"{content.etag}"'
    headers = {
        **content.headers,
        "ETag": etag,
        "Last-Modified": http_date(last_modified),
        "Accept-Ranges": "bytes",
    }
    refused = _failed_precondition(request, headers, etag=etag, last_modified=last_modified)
    if refused:
        content.stream.close()
        if isinstance(refused, LastingAnswer):
            refused.source = content.source
        return refused
    asks = request.method == "GET" and range_holds(request.headers, etag=etag, last_modified=last_modified)
    try:
        wanted = request.headers.get("Range") if asks else None
        part_of = go_byte_range if request.flavour.rejects_other_ranges else byte_range
        part = part_of(wanted, content.size)
    except UnsatisfiableRangeError:
        content.stream.close()
        return _unsatisfiable(content.size)
    if part is None:
        answer = _sent(content, range(content.size), headers, kind=LastingAnswer)
        answer.source = content.source
        return answer
    headers["Content-Range"] = f"bytes {part.start}-{part.stop - 1}/{content.size}"
    return _sent(content, part, headers, kind=Response, status=206)


def _sent(
    content: Content, part: range, headers: Mapping[str, str], *, kind: type[R], status: int = 200
) -> R:
    answer = kind(
        _read(content.stream, part),
        status=status,
        content_type=content.content_type,
        headers={**headers, "Content-Length": str(len(part))},
    )
    answer.call_on_close(content.stream.close)
    return answer


def not_acceptable(offered: Sequence[str], *, vary: str) -> Response:
    """Answer 406 with the offered media types."""
    lines = "".join(f"{media_type}\n" for media_type in offered)
    return Response(
        f"406 Not Acceptable. This is available as:\n{lines}",
        status=406,
        headers={"Vary": vary},
        content_type="text/plain; charset=utf-8",
    )


def _failed_precondition(
    request: Request, headers: Mapping[str, str], *, etag: str, last_modified: datetime | None = None
) -> Response | None:
    status = precondition(request.headers, etag=etag, last_modified=last_modified)
    if status == 200:
        return None
    if status == 304:
        return _unchanged(headers)
    return json_answer({"message": "412 Precondition Failed"}, status=412, headers=_kept(headers))


def _unchanged(headers: Mapping[str, str]) -> Response:
    return LastingAnswer(status=304, headers=_kept(headers))


def _kept(headers: Mapping[str, str]) -> dict[str, str]:
    return {name: value for name, value in headers.items() if name in {"ETag", "Vary", SERIAL}}


def _unsatisfiable(size: int) -> Response:
    headers = {"Content-Range": f"bytes */{size}", "Accept-Ranges": "bytes"}
    return json_answer({"message": "416 Range Not Satisfiable"}, status=416, headers=headers)


def _read(stream: IO[bytes], part: range) -> Iterator[bytes]:
    left = len(part)
    with stream:
        stream.seek(part.start)
        while left > 0 and (data := stream.read(min(CHUNK, left))):
            left -= len(data)
            yield data
