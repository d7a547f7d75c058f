"""Base of faults that leave bytes on a connection, which the server reads as the next request."""

from __future__ import annotations

from typing import TYPE_CHECKING
from weakref import WeakSet

from werkzeug import Response

from reference_server.faults.fault import Fault

if TYPE_CHECKING:
    from socket import socket

    from reference_server.http.request import Request


class LeavesBytes(Fault):
    """Answers the next request on a connection with 400 if the previous response left bytes there."""

    def __init__(self) -> None:
        self._connections: WeakSet[socket] = WeakSet()

    def leaves_bytes(self, request: Request, response: Response) -> bool:
        """Whether this exchange leaves bytes behind."""
        raise NotImplementedError

    def handle(self, request: Request) -> Response | None:
        connection = request.connection
        if connection is None or connection not in self._connections:
            return None
        self._connections.discard(connection)
        return Response(status=400)

    def respond(self, request: Request, response: Response) -> Response:
        if request.connection is not None and self.leaves_bytes(request, response):
            self._connections.add(request.connection)
        return response
