"""Faults in conditional requests for files."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from werkzeug import Response
from werkzeug.exceptions import InternalServerError

from reference_server.faults.building.responses import ChangesHeaders
from reference_server.faults.fault import Fault
from reference_server.http.json_responses import router_refusal

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment
    from werkzeug.datastructures import Headers

    from reference_server.http.request import Request


class IgnoresFieldForFiles(Fault):
    """Ignores a header field of requests for files."""

    acts_on = ("file",)
    ignored: ClassVar[str]

    def handle(self, request: Request) -> Response | None:
        """Remove the header field."""
        if request.endpoint == "file":
            request.environ.pop(f"HTTP_{self.ignored}", None)
        return None


class FilesSentAgain(IgnoresFieldForFiles):
    """Ignores If-None-Match of files, and sends each one again."""

    caught_by = ("http.files.304",)
    ignored = "IF_NONE_MATCH"


class MetadataSentAgain(Fault):
    """Ignores If-None-Match of metadata files, and sends each one again."""

    caught_by = ("http.files.304",)
    acts_on = ("metadata_file",)

    def handle(self, request: Request) -> Response | None:
        if request.endpoint == "metadata_file":
            request.environ.pop("HTTP_IF_NONE_MATCH", None)
        return None


class FilesNotModifiedWithoutEtag(ChangesHeaders):
    """Omits ETag from the 304 for a file."""

    caught_by = ("http.files.304",)
    acts_on, statuses = ("file",), (304,)
    removes = ("ETag",)


class _EmptyAnswer(Response):
    """An answer whose header has the length of its body: werkzeug leaves it out of a 304."""

    def get_wsgi_headers(self, environ: WSGIEnvironment) -> Headers:
        """Return the header fields, with the length."""
        headers = super().get_wsgi_headers(environ)
        headers["Content-Length"] = "0"
        return headers


class NotModifiedIsEmpty(Fault):
    """States the length 0 in a 304, as a server that counts the bytes of what it sends."""

    caught_by = ("http.files.304", "http.pages.304")

    def respond(self, request: Request, response: Response) -> Response:
        return _EmptyAnswer(status=304, headers=response.headers) if response.status_code == 304 else response


class FilesSentAgainByDate(IgnoresFieldForFiles):
    """Ignores If-Modified-Since of files."""

    caught_by = ("http.files.304.date",)
    ignored = "IF_MODIFIED_SINCE"


class DatesBeforeEtags(Fault):
    """Goes by If-Modified-Since where a request for a file has an ETag as well."""

    caught_by = ("http.files.304",)
    acts_on = ("file",)

    def handle(self, request: Request) -> Response | None:
        if request.endpoint == "file" and "If-Modified-Since" in request.headers:
            request.environ.pop("HTTP_IF_NONE_MATCH", None)
        return None


class IfMatchIgnored(IgnoresFieldForFiles):
    """Ignores If-Match of files."""

    caught_by = ("http.files.412",)
    ignored = "IF_MATCH"


class IfMatchOfOneEtag(Fault):
    """Compares If-Match with the ETag of a file as one text, lists and `*` included."""

    caught_by = ("http.files.412",)
    acts_on = ("file",)

    def handle(self, request: Request) -> Response | None:
        text = request.headers.get("If-Match", "")
        if request.endpoint == "file" and ("," in text or text == "*"):
            request.environ["HTTP_IF_MATCH"] = '"of-no-file"'
        return None


class WeakEtagsMatch(Fault):
    """Compares If-Match weakly."""

    caught_by = ("http.files.412",)
    acts_on = ("file",)

    def handle(self, request: Request) -> Response | None:
        if request.endpoint == "file" and "If-Match" in request.headers:
            request.environ["HTTP_IF_MATCH"] = request.headers["If-Match"].replace("W/", "")
        return None


class AbsentNotModified(Fault):
    """Answers 304 to `If-None-Match: *`, whatever exists."""

    caught_by = ("http.absent.conditional",)

    def respond(self, request: Request, response: Response) -> Response:
        conditional = request.headers.get("If-None-Match", "").strip() == "*"
        is_absent = request.endpoint == "project_page" and response.status_code == 404
        return Response(status=304) if conditional and is_absent else response


class ObsoleteDatesUnread(Fault):
    """Fails on a date as RFC 850 or asctime write it."""

    caught_by = ("http.files.304.date",)

    def handle(self, request: Request) -> Response | None:
        date = request.headers.get("If-Modified-Since", "")
        is_obsolete = date != "" and date[3:5] != ", "
        return router_refusal(InternalServerError()) if is_obsolete else None


class IfUnmodifiedSinceIgnored(IgnoresFieldForFiles):
    """Ignores If-Unmodified-Since of files."""

    caught_by = ("http.files.412.date",)
    ignored = "IF_UNMODIFIED_SINCE"
