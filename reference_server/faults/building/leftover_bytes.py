"""Base of faults that leave bytes on a connection, which are read as the next message."""

from __future__ import annotations

from typing import TYPE_CHECKING

from werkzeug import Response

from reference_server.faults.fault import Fault

if TYPE_CHECKING:
    from reference_server.http.request import Request


class LeavesBytes(Fault):
    """Answers a client's next request with 400 if the exchange before it left bytes behind.

    As behind a proxy that keeps one connection per client address: the server itself closes each.
    """

    def __init__(self) -> None:
        self._clients: set[str | None] = set()

    def leaves_bytes(self, request: Request, response: Response) -> bool:
        """Whether this exchange leaves bytes behind."""
        raise NotImplementedError

    def handle(self, request: Request) -> Response | None:
        try:
            self._clients.remove(request.remote_addr)
        except KeyError:
            return None
        return Response(status=400)

    def respond(self, request: Request, response: Response) -> Response:
        if self.leaves_bytes(request, response):
            self._clients.add(request.remote_addr)
        return response
