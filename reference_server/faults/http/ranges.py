"""Faults in ranges of files: Range, If-Range, Accept-Ranges."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from werkzeug import Response
from werkzeug.http import parse_date

from reference_server.alterations import HangUpError
from reference_server.faults.building.responses import ChangesHeaders
from reference_server.faults.fault import Fault

if TYPE_CHECKING:
    from collections.abc import Iterable

    from reference_server.http.request import Request


class RangesAdvertisedOnly(Fault):
    """Advertises ranges but sends whole files, as Artifactory once did."""

    incident = "uv #1370"
    caught_by = ("http.range.honest", "http.range.wheel-metadata")

    def handle(self, request: Request) -> Response | None:
        request.environ.pop("HTTP_RANGE", None)
        return None


class RangesOfTheBeginningOnly(Fault):
    """Sends whole files for ranges that begin elsewhere, as a cache that keeps the beginning of each file."""

    caught_by = ("http.range.wheel-metadata",)

    def handle(self, request: Request) -> Response | None:
        if re.match(r"bytes=[1-9]", request.headers.get("Range", "")):
            request.environ.pop("HTTP_RANGE", None)
        return None


class PartsWithoutEtag(ChangesHeaders):
    """Omits ETag from parts of files."""

    caught_by = ("http.range.etag",)
    statuses = (206,)
    removes = ("ETag",)


class RangesOfHead(Fault):
    """Reads a range in HEAD requests, too, as object stores do."""

    caught_by = ("http.range.head",)

    def respond(self, request: Request, response: Response) -> Response:
        first, _, last = request.headers.get("Range", "").removeprefix("bytes=").partition("-")
        if request.endpoint == "file" and request.method == "HEAD" and first.isdigit() and last.isdigit():
            response.status_code = 206
            response.headers["Content-Range"] = f"bytes {first}-{last}/{response.headers['Content-Length']}"
            response.headers["Content-Length"] = str(int(last) - int(first) + 1)
        return response


class NoBytesAsAPart(Fault):
    """Answers 206 without a byte to a range of the last zero bytes."""

    caught_by = ("http.range.unsatisfiable",)

    def handle(self, request: Request) -> Response | None:
        is_asked = request.endpoint == "file" and request.headers.get("Range") == "bytes=-0"
        return Response(status=206, headers={"Content-Range": "bytes 1-0/1"}) if is_asked else None


class LongNumbersHangUp(Fault):
    """Resets the connection at a range whose end has more than 64 bits."""

    caught_by = ("http.range.clamp",)

    def transmit(self, request: Request, body: Iterable[bytes]) -> Iterable[bytes]:
        if not re.search(r"\d{20}", request.headers.get("Range", "")):
            return body
        request.reset()
        raise HangUpError


class OtherUnitsRefused(Fault):
    """Answers 416 to a range in any unit but bytes."""

    caught_by = ("http.range.other-unit",)

    def handle(self, request: Request) -> Response | None:
        stated = request.headers.get("Range", "bytes=")
        other = request.endpoint == "file" and not stated.startswith("bytes=")
        return Response(status=416, headers={"Content-Range": "bytes */1"}) if other else None


class ContentRangeWithoutUnit(Fault):
    """Omits the unit from Content-Range."""

    incident = "nexus-repository-apt #47"
    caught_by = (
        "http.range.single",
        "http.range.open-ended",
        "http.range.suffix",
        "http.range.clamp",
        "http.range.identity",
    )

    def respond(self, request: Request, response: Response) -> Response:
        if response.status_code == 206:
            response.headers["Content-Range"] = response.headers["Content-Range"].removeprefix("bytes ")
        return response


class LastByteLeftOut(Fault):
    """Reads the end of a closed range as the first byte that is left out, as slices do."""

    caught_by = ("http.range.single", "http.range.identity")

    def handle(self, request: Request) -> Response | None:
        if match := re.fullmatch(r"bytes=(\d+)-(\d+)", request.headers.get("Range", "")):
            first, last = int(match[1]), int(match[2])
            if first < last < 10**6:
                request.environ["HTTP_RANGE"] = f"bytes={first}-{last - 1}"
        return None


class OpenRangesOfOneByte(Fault):
    """Reads a range without an end as a single byte."""

    caught_by = ("http.range.open-ended",)

    def handle(self, request: Request) -> Response | None:
        if match := re.fullmatch(r"bytes=(\d+)-", request.headers.get("Range", "")):
            request.environ["HTTP_RANGE"] = f"bytes={match[1]}-{match[1]}"
        return None


class SuffixRangesNotFound(Fault):
    """Answers 404 to suffix ranges, as Nexus did."""

    incident = "nexus-public #346"
    caught_by = ("http.range.suffix", "http.range.unsatisfiable")

    def handle(self, request: Request) -> Response | None:
        suffix = request.endpoint == "file" and request.headers.get("Range", "").startswith("bytes=-")
        return Response(status=404) if suffix else None


class RangesBeyondTheEndRefused(Fault):
    """Answers 416 to ranges that end beyond the file, as Artifactory did."""

    incident = "conda-package-streaming #132"
    caught_by = ("http.range.clamp",)

    def respond(self, request: Request, response: Response) -> Response:
        wanted = re.fullmatch(r"bytes=\d+-(\d+)", request.headers.get("Range", ""))
        length = response.headers.get("Content-Range", "").rpartition("/")[2]
        if wanted and response.status_code == 206 and int(wanted[1]) >= int(length):
            return Response(status=416, headers={"Content-Range": f"bytes */{length}"})
        return response


class UnsatisfiableWithoutLength(ChangesHeaders):
    """Answers 416 without the length of the file."""

    caught_by = ("http.range.unsatisfiable",)
    statuses = (416,)
    removes = ("Content-Range",)


class RangesConcatenated(Fault):
    """Concatenates several ranges without multipart boundaries."""

    caught_by = ("http.range.multi",)

    def respond(self, request: Request, response: Response) -> Response:
        ranges = re.findall(r"(\d+)-(\d+)", request.headers.get("Range", ""))
        if request.endpoint == "file" and len(ranges) > 1 and response.status_code == 200:
            content = response.get_data()
            parts = b"".join(content[int(first) : int(last) + 1] for first, last in ranges)
            return Response(parts, status=206, content_type=response.content_type)
        return response


class IfRangeIgnored(Fault):
    """Ignores If-Range and resumes the download with another file's bytes."""

    caught_by = ("http.range.if-range", "http.range.if-range.date", "http.range.if-range.weak")

    def handle(self, request: Request) -> Response | None:
        request.environ.pop("HTTP_IF_RANGE", None)
        return None


class IfRangeWithLaterDates(Fault):
    """Sends the range if the file is no newer than the date in If-Range, as some frameworks do."""

    caught_by = ("http.range.if-range.date",)

    def handle(self, request: Request) -> Response | None:
        date = parse_date(request.headers.get("If-Range"))
        if date is not None and date > request.registry.now():
            request.environ.pop("HTTP_IF_RANGE")
        return None


class IfRangeWithWeakEtags(Fault):
    """Compares an ETag in If-Range weakly, as some frameworks do."""

    caught_by = ("http.range.if-range.weak",)

    def handle(self, request: Request) -> Response | None:
        if "If-Range" in request.headers:
            request.environ["HTTP_IF_RANGE"] = request.headers["If-Range"].removeprefix("W/")
        return None


class PartsCompressed(Fault):
    """Compresses ranges of files regardless of Accept-Encoding."""

    caught_by = ("http.range.identity",)

    def respond(self, request: Request, response: Response) -> Response:
        if response.status_code == 206:
            import gzip

            response.set_data(gzip.compress(response.get_data()))
            response.headers["Content-Encoding"] = "gzip"
        return response


class IfRangeNeverHolds(Fault):
    """Sends the whole file for every request with If-Range."""

    caught_by = ("http.range.if-range.current",)
    acts_on = ("file",)

    def handle(self, request: Request) -> Response | None:
        if request.endpoint == "file" and "If-Range" in request.headers:
            request.environ.pop("HTTP_RANGE", None)
        return None
