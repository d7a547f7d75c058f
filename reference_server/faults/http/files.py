"""Faults in the header fields of files."""

from __future__ import annotations

import gzip
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from werkzeug import Response

from reference_server.faults.building.responses import ChangesHeaders
from reference_server.faults.fault import Fault

if TYPE_CHECKING:
    from reference_server.http.request import Request


class FilesWithoutLength(ChangesHeaders):
    """Sends files in chunks, without Content-Length."""

    incident = "uv #4993"
    caught_by = ("http.content-length",)
    removes = ("Content-Length",)

    def applies_to(self, request: Request, response: Response) -> bool:
        return request.endpoint == "file" and request.method == "GET" and response.status_code == 200


class SdistsUnpackedOnTheWay(ChangesHeaders):
    """Serves sdists with `Content-Encoding: gzip` to clients that accept gzip."""

    incident = "pip #1419"
    caught_by = ("http.files.no-content-encoding",)
    sets = ("Content-Encoding", "gzip")

    def applies_to(self, request: Request, response: Response) -> bool:
        takes_gzip = "gzip" in request.headers.get("Accept-Encoding", "")
        return request.endpoint == "file" and request.path.endswith(".tar.gz") and takes_gzip


class FilesCompressedUnderOneEtag(Fault):
    """Compresses wheels for clients that accept gzip, and leaves their ETag as it is."""

    caught_by = ("http.files.etag-per-coding",)
    acts_on = ("file",)

    def respond(self, request: Request, response: Response) -> Response:
        takes_gzip = "gzip" in request.headers.get("Accept-Encoding", "")
        is_whole = request.endpoint == "file" and response.status_code == 200
        if is_whole and takes_gzip and request.method == "GET" and request.path.endswith(".whl"):
            response.direct_passthrough = False
            response.set_data(gzip.compress(response.get_data(), mtime=0))
            response.headers["Content-Encoding"] = "gzip"
        return response


class FilesSentAsHTML(ChangesHeaders):
    """Serves files as text/html."""

    caught_by = ("http.files.content-type",)
    acts_on, statuses = ("file",), (200,)
    sets = ("Content-Type", "text/html")


class AnotherExtendedName(Fault):
    """Names files in `filename*` of Content-Disposition without their version, as browsers save them."""

    caught_by = ("http.files.disposition",)

    def respond(self, request: Request, response: Response) -> Response:
        if request.endpoint == "file" and "Content-Disposition" in response.headers:
            filename = request.arguments["filename"]
            shorter = f"{filename.partition('-')[0]}{PurePosixPath(filename).suffix}"
            response.headers["Content-Disposition"] = (
                f"attachment; filename=\"{filename}\"; filename*=UTF-8''{shorter}"
            )
        return response


class HyphensInDisposition(Fault):
    """Names files in Content-Disposition with `-` for `_`."""

    caught_by = ("http.files.disposition",)
    acts_on = ("file",)

    def respond(self, request: Request, response: Response) -> Response:
        if request.endpoint == "file" and response.status_code == 200:
            name = request.arguments["filename"].replace("_", "-")
            response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
        return response


class FilesNegotiated(Fault):
    """Answers 406 to downloads whose Accept lists the types of pages."""

    caught_by = ("http.files.accept-any",)

    def handle(self, request: Request) -> Response | None:
        wants_pages = "application/vnd.pypi.simple" in request.headers.get("Accept", "")
        return Response(status=406) if request.endpoint == "file" and wants_pages else None


class FilesKeptAsLongAsPages(ChangesHeaders):
    """Lets caches keep files for ten minutes only, as long as pages."""

    caught_by = ("http.files.long-cache",)
    sets = ("Cache-Control", "max-age=600")
