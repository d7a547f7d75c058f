"""Base of faults whose pages have another validator, or another age, than those of the server."""

from __future__ import annotations

from typing import TYPE_CHECKING

from werkzeug import Response

from reference_server.faults.building.requests import PAGES
from reference_server.faults.fault import Fault
from reference_server.http.preconditions import precondition

if TYPE_CHECKING:
    from reference_server.http.request import Request

CONDITIONS = ("HTTP_IF_MATCH", "HTTP_IF_NONE_MATCH")


class EvaluatesConditions(Fault):
    """Hides the conditions of requests for pages from the server, to evaluate them on the final response."""

    acts_on = PAGES

    def handle(self, request: Request) -> Response | None:
        environ = request.environ
        request.notes[self] = {name: environ.pop(name) for name in CONDITIONS if name in environ}
        return None

    def evaluated(self, request: Request, response: Response) -> Response:
        """Return the response, or 304 or 412 where the conditions and its ETag ask for it."""
        request.environ.update(request.notes.get(self, {}))
        etag = response.headers.get("ETag")
        if response.status_code != 200 or etag is None:
            return response
        status = precondition(request.headers, etag=etag)
        if status == 200:
            return response
        kept = [(name, value) for name, value in response.headers if not name.startswith("Content-")]
        return Response(status=status, headers=kept)
