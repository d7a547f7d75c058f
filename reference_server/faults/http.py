"""Faults in what HTTP itself promises: parts, conditions, caches, connections."""

# ruff: noqa: ARG002 - a seam is described in `Fault`, a fault by its own docstring; not each needs all

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

from werkzeug import Response

from reference_server.faults import Fault
from reference_server.faults.reading import gitlab_project_of

if TYPE_CHECKING:
    from reference_server.http.request import Request

JSON = "application/vnd.pypi.simple.v1+json"
PAGES = frozenset({"project_page", "root_page"})


class HeadRefusedOnPages(Fault):
    """Answers HEAD on a page with 405."""

    caught_by = ("http.head", "negotiation.head-same")

    def respond(self, request: Request, response: Response) -> Response:
        refused = request.method == "HEAD" and request.endpoint in PAGES and response.status_code == 200
        return Response(status=405, headers={"Allow": "GET"}) if refused else response


class HeadRefusedOnFiles(Fault):
    """Answers HEAD on a file with 405, as Azure Artifacts does."""

    incident = "uv #1371"
    caught_by = ("http.head", "http.head.file")

    def respond(self, request: Request, response: Response) -> Response:
        refused = request.method == "HEAD" and request.endpoint == "file"
        return Response(status=405, headers={"Allow": "GET"}) if refused else response


class FilesWithoutLength(Fault):
    """Sends files in chunks, without a Content-Length."""

    incident = "uv #4993"
    caught_by = ("http.content-length",)

    def respond(self, request: Request, response: Response) -> Response:
        if request.endpoint == "file" and request.method == "GET" and response.status_code == 200:
            response.headers.pop("Content-Length", None)
        return response


class SdistsUnpackedOnTheWay(Fault):
    """Says of sdists that gzip is their coding, to clients that take gzip."""

    incident = "pip #1419"
    caught_by = ("http.files.no-content-encoding",)

    def respond(self, request: Request, response: Response) -> Response:
        takes_gzip = "gzip" in request.headers.get("Accept-Encoding", "")
        if request.endpoint == "file" and request.path.endswith(".tar.gz") and takes_gzip:
            response.headers["Content-Encoding"] = "gzip"
        return response


class FilesSentAsHTML(Fault):
    """Sends files as text/html."""

    caught_by = ("http.files.content-type",)

    def respond(self, request: Request, response: Response) -> Response:
        if request.endpoint == "file" and response.status_code == 200:
            response.content_type = "text/html"
        return response


class FilesNegotiated(Fault):
    """Answers 406 for a file whose client also wants pages: negotiation that knows only pages."""

    caught_by = ("http.files.accept-any",)

    def handle(self, request: Request) -> Response | None:
        wants_pages = "application/vnd.pypi.simple" in request.headers.get("Accept", "")
        return Response(status=406) if request.endpoint == "file" and wants_pages else None


class FilesKeptAsLongAsPages(Fault):
    """Lets caches keep pages and files for ten minutes alike."""

    caught_by = ("http.files.long-cache",)

    def respond(self, request: Request, response: Response) -> Response:
        response.headers["Cache-Control"] = "max-age=600"
        return response


class NoETagInJSON(Fault):
    """Sends JSON pages without an ETag."""

    caught_by = ("http.pages.etag",)

    def respond(self, request: Request, response: Response) -> Response:
        if request.endpoint in PAGES and response.mimetype == JSON:
            response.headers.pop("ETag", None)
        return response


class IfNoneMatchIgnored(Fault):
    """Sends every page whole, whatever ETag the client has."""

    caught_by = ("http.pages.304",)

    def handle(self, request: Request) -> Response | None:
        request.environ.pop("HTTP_IF_NONE_MATCH", None)
        return None


class FirstETagOnly(Fault):
    """Reads the first ETag of a list, and not the rest."""

    caught_by = ("http.pages.304",)

    def handle(self, request: Request) -> Response | None:
        if tags := request.headers.get("If-None-Match"):
            request.environ["HTTP_IF_NONE_MATCH"] = tags.partition(",")[0]
        return None


class NotModifiedWithoutVary(Fault):
    """Leaves Vary out of 304."""

    caught_by = ("http.pages.304", "negotiation.vary")

    def respond(self, request: Request, response: Response) -> Response:
        if response.status_code == 304:
            response.headers.pop("Vary", None)
        return response


class ETagOfTheStart(Fault):
    """Sends the ETag that pages had when the server was started."""

    caught_by = ("http.pages.304", "http.pages.etag-changes")

    def respond(self, request: Request, response: Response) -> Response:
        if request.endpoint in PAGES and "ETag" in response.headers:
            started = f'"{response.mimetype}'
            response.headers["ETag"] = re.sub(r'"[0-9a-f]+', started, response.headers["ETag"])
        return response


class ETagOfTheFiles(Fault):
    """Sends an ETag that tells how many files there are, whatever else has changed."""

    caught_by = ("http.pages.304", "http.pages.etag-changes")

    def respond(self, request: Request, response: Response) -> Response:
        if request.endpoint == "project_page" and "ETag" in response.headers:
            files = f'"{response.mimetype}-{response.get_data().count(b"/files/")}'
            response.headers["ETag"] = re.sub(r'"[0-9a-f]+', files, response.headers["ETag"])
        return response


class ETagOfTheState(Fault):
    """Sends one strong ETag for every form of a page: the number of its last change."""

    caught_by = ("http.pages.304", "http.pages.etag-per-type")

    def respond(self, request: Request, response: Response) -> Response:
        if request.endpoint == "project_page" and "ETag" in response.headers:
            response.headers["ETag"] = f'"{_serial(request)}"'
        return response


class LastModifiedOnly(Fault):
    """Sends Last-Modified, and does not know If-Modified-Since."""

    caught_by = ("http.pages.last-modified",)

    def respond(self, request: Request, response: Response) -> Response:
        if request.endpoint in PAGES:
            response.headers["Last-Modified"] = "Sun, 01 Nov 2026 00:00:00 GMT"
        return response


class EverythingKeptForADay(Fault):
    """Lets caches keep pages for a day."""

    caught_by = ("http.pages.cache-control",)

    def respond(self, request: Request, response: Response) -> Response:
        response.headers["Cache-Control"] = "max-age=86400"
        return response


class NoCacheControl(Fault):
    """Does not say how long pages may be kept, so that caches guess."""

    caught_by = ("http.pages.cache-control",)

    def respond(self, request: Request, response: Response) -> Response:
        if request.endpoint in PAGES:
            response.headers.pop("Cache-Control", None)
        return response


class VaryWithoutEncoding(Fault):
    """Compresses pages and does not tell caches."""

    caught_by = ("http.pages.gzip",)

    def respond(self, request: Request, response: Response) -> Response:
        if "Accept-Encoding" in response.headers.get("Vary", ""):
            response.headers["Vary"] = "Accept"
        return response


class AnotherPageWhenCompressed(Fault):
    """Sends another page to those who take gzip."""

    incident = "warehouse #4698"
    caught_by = ("http.pages.gzip",)

    def respond(self, request: Request, response: Response) -> Response:
        takes_gzip = "gzip" in request.headers.get("Accept-Encoding", "")
        if request.endpoint == "project_page" and response.status_code == 200 and takes_gzip:
            response.set_data(response.get_data() + b"\n")
        return response


class UnknownCodingsCrash(Fault):
    """Answers 500 when no known content coding is acceptable."""

    caught_by = ("http.pages.identity-q0",)

    def handle(self, request: Request) -> Response | None:
        codings = request.headers.get("Accept-Encoding", "identity")
        known = re.search(r"(gzip|identity|\*)(?!;q=0)", codings)
        return None if known else Response(status=500)


class ConstantSerial(Fault):
    """Sends a serial that never changes, as Pulp does."""

    caught_by = ("http.serial-header",)

    def respond(self, request: Request, response: Response) -> Response:
        if request.endpoint == "project_page" and response.status_code == 200:
            response.headers["X-PyPI-Last-Serial"] = "1000000000"
            if response.mimetype == JSON:
                page = json.loads(response.get_data())
                page["meta"]["_last-serial"] = 1000000000
                response.set_data(json.dumps(page))
        return response


class CORSForHTMLOnly(Fault):
    """Lets other origins read HTML, and neither JSON nor errors."""

    caught_by = ("http.cors",)

    def respond(self, request: Request, response: Response) -> Response:
        if request.endpoint in PAGES and response.mimetype == "text/html":
            response.headers["Access-Control-Allow-Origin"] = "*"
        return response


class FrontPageForWrongURLs(Fault):
    """Answers 200 with its front page where a URL makes no sense, as single-page applications do."""

    caught_by = ("http.errors-status",)

    def respond(self, request: Request, response: Response) -> Response:
        if request.endpoint == "file" and len(request.arguments["sha256"]) != 64:
            return Response("<!DOCTYPE html><title>Welcome</title>", content_type="text/html")
        return response


class ErrorsWithoutType(Fault):
    """Does not say what the body of an error is."""

    caught_by = ("http.errors-content-type", "negotiation.content-type.always")

    def respond(self, request: Request, response: Response) -> Response:
        if response.status_code == 404:
            response.headers.pop("Content-Type", None)
        return response


class NotAllowedWithoutAllow(Fault):
    """Answers 405 and does not say which methods there are."""

    caught_by = ("http.method-not-allowed",)

    def respond(self, request: Request, response: Response) -> Response:
        if response.status_code == 405:
            response.headers.pop("Allow", None)
        return response


class UnknownPathsCrash(Fault):
    """Answers 500 for a path that no route knows."""

    caught_by = ("http.trailing-junk",)

    def respond(self, request: Request, response: Response) -> Response:
        crashes = not request.endpoint and response.status_code in {400, 404}
        return Response(status=500) if crashes else response


class SlashAddedWithoutThePort(Fault):
    """Adds the slash by a redirect to the host without its port, as GitLab's links once lost it."""

    incident = "pip #11640"
    caught_by = ("http.absolute-links-proxy", "simple.url.redirect-keeps-origin")

    def respond(self, request: Request, response: Response) -> Response:
        if response.status_code == 301 and not request.path.endswith("/"):
            host, query = request.host.partition(":")[0], request.query_string.decode("latin-1")
            location = f"{request.scheme}://{host}{request.path}/"
            response.headers["Location"] = f"{location}?{query}" if query else location
            response.autocorrect_location_header = False
        return response


class BodyAfterHead(Fault):
    """Sends a body with an error for HEAD, which is taken for the answer to the next request."""

    caught_by = ("http.http2-1.1",)

    def __init__(self) -> None:
        self._left_over = False

    def handle(self, request: Request) -> Response | None:
        left_over, self._left_over = self._left_over, False
        return Response(status=400) if left_over else None

    def respond(self, request: Request, response: Response) -> Response:
        self._left_over = request.method == "HEAD" and response.status_code == 404
        return response


class RefusedBodyReadAsRequest(Fault):
    """Reads what is left of a large upload that it refused as the next request."""

    caught_by = ("http.connection-after-error",)

    def __init__(self) -> None:
        self._left_over = False

    def handle(self, request: Request) -> Response | None:
        left_over, self._left_over = self._left_over, False
        return Response(status=400) if left_over else None

    def respond(self, request: Request, response: Response) -> Response:
        large = (request.content_length or 0) > 64 * 1024
        self._left_over = request.endpoint == "upload" and response.status_code == 401 and large
        return response


class PoetryRedirected(Fault):
    """Redirects installers that it does not know by their User-Agent, as devpi does."""

    caught_by = ("http.user-agent-independent",)

    def handle(self, request: Request) -> Response | None:
        unknown = request.endpoint == "project_page" and "poetry" in request.headers.get("User-Agent", "")
        return Response(status=302, headers={"Location": "../"}) if unknown else None


def _serial(request: Request) -> int:
    """Give the number of the last change of a project."""
    name = request.registry.rules.normalize(request.arguments["name"])
    return request.registry.store.serial(gitlab_project_of(request).id, name)
