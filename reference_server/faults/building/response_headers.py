"""Base of faults that set or remove header fields of responses."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from reference_server.faults.fault import Fault

if TYPE_CHECKING:
    from collections.abc import Collection

    from werkzeug import Response

    from reference_server.http.request import Request


class ChangesHeaders(Fault):
    """Sets a header field, or removes some, of the responses that `applies_to` chooses.

    By default those are the responses to `routes` with one of `statuses`; empty means all.
    """

    routes: ClassVar[Collection[str]] = ()
    statuses: ClassVar[Collection[int]] = ()
    sets: ClassVar[tuple[str, str] | None] = None
    removes: ClassVar[Collection[str]] = ()

    def applies_to(self, request: Request, response: Response) -> bool:
        """Whether to change this response."""
        on_route = not self.routes or request.endpoint in self.routes
        return on_route and (not self.statuses or response.status_code in self.statuses)

    def respond(self, request: Request, response: Response) -> Response:
        if self.applies_to(request, response):
            if self.sets:
                response.headers[self.sets[0]] = self.sets[1]
            for name in self.removes:
                response.headers.pop(name, None)
        return response
