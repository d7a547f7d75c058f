"""Faults in headers as such: the case of names, and where an answer ends."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from reference_server.faults.building.requests import PAGES
from reference_server.faults.fault import Fault

if TYPE_CHECKING:
    from werkzeug import Response

    from reference_server.http.request import Request


class ReadsNameByCase(Fault):
    """Ignores one field where its name is written in another way than usual."""

    field: ClassVar[str]

    def handle(self, request: Request) -> Response | None:
        """Forget the field, and go on."""
        others = {name for name in request.field_names if name.lower() == self.field.lower()} - {self.field}
        if others:
            key = self.field.upper().replace("-", "_")
            request.environ.pop(key if key.startswith("CONTENT_") else f"HTTP_{key}", None)
        return None


class AcceptByCase(ReadsNameByCase):
    """Reads Accept under this spelling of its name alone."""

    caught_by = ("http.field-names",)
    field = "Accept"


class RangeByCase(ReadsNameByCase):
    """Reads Range under this spelling of its name alone."""

    caught_by = ("http.field-names",)
    field = "Range"


class IfNoneMatchByCase(ReadsNameByCase):
    """Reads If-None-Match under this spelling of its name alone."""

    caught_by = ("http.field-names",)
    field = "If-None-Match"


class AuthorizationByCase(ReadsNameByCase):
    """Reads Authorization under this spelling of its name alone."""

    caught_by = ("http.field-names", "http.field-names.upload")
    field = "Authorization"


class ContentTypeByCase(ReadsNameByCase):
    """Reads Content-Type under this spelling of its name alone."""

    caught_by = ("http.field-names.upload",)
    field = "Content-Type"


class SendsBodyAfterHeader(Fault):
    """Sends a body behind an answer that ends with its header, and closes the connection."""

    def respond(self, request: Request, response: Response) -> Response:
        """Send it when the answer is sent."""
        if self.is_changed(request, response):
            response.headers["Connection"] = "close"
            response.call_on_close(lambda: request.write_raw(b"<!DOCTYPE html>"))
        return response

    def is_changed(self, request: Request, response: Response) -> bool:
        """Return whether a body follows."""
        raise NotImplementedError


class HeadOfPagesWithBody(SendsBodyAfterHeader):
    """Sends a body in answer to HEAD of a page."""

    caught_by = ("http.head.no-body",)

    def is_changed(self, request: Request, response: Response) -> bool:
        return request.method == "HEAD" and request.endpoint in PAGES and response.status_code == 200


class HeadOfFilesWithBody(SendsBodyAfterHeader):
    """Sends a body in answer to HEAD of a file."""

    caught_by = ("http.head.no-body",)

    def is_changed(self, request: Request, response: Response) -> bool:
        return request.method == "HEAD" and request.endpoint == "file"


class HeadOfAbsentPagesWithBody(SendsBodyAfterHeader):
    """Sends its error page in answer to HEAD, too."""

    caught_by = ("http.head.no-body",)

    def is_changed(self, request: Request, response: Response) -> bool:
        return request.method == "HEAD" and response.status_code == 404


class NotModifiedWithBody(SendsBodyAfterHeader):
    """Sends a body behind a 304."""

    caught_by = ("http.head.no-body",)

    def is_changed(self, request: Request, response: Response) -> bool:
        return response.status_code == 304
