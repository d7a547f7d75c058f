"""Bases of faults that change responses."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, ClassVar

from werkzeug import Response

from reference_server.faults.fault import Fault
from reference_server.http.json_responses import refusal
from reference_server.model.errors import NotFoundError

if TYPE_CHECKING:
    from collections.abc import Collection

    from reference_server.http.request import Request


class ChangesHeaders(Fault):
    """Sets a header field, or removes some, of the responses that `applies_to` chooses.

    By default those are the responses to `acts_on` with one of `statuses`; empty means all.
    """

    statuses: ClassVar[Collection[int]] = ()
    sets: ClassVar[tuple[str, str] | None] = None
    removes: ClassVar[Collection[str]] = ()

    def applies_to(self, request: Request, response: Response) -> bool:
        """Whether to change this response."""
        on_route = not self.acts_on or request.endpoint in self.acts_on
        return on_route and (not self.statuses or response.status_code in self.statuses)

    def respond(self, request: Request, response: Response) -> Response:
        if self.applies_to(request, response):
            if self.sets:
                response.headers[self.sets[0]] = self.sets[1]
            for name in self.removes:
                response.headers.pop(name, None)
        return response


class LeavesBytes(Fault):
    """Answers a client's next request with 400 if the exchange before it left bytes behind.

    As behind a proxy that keeps one connection per client address: this server loses no byte of its own.
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


class ChangesDuplicates(Fault):
    """Changes the rejection of a second upload."""

    taken: ClassVar[re.Pattern[bytes]] = re.compile(rb"already (been taken|exist)", re.IGNORECASE)

    def respond(self, request: Request, response: Response) -> Response:
        if request.endpoint == "upload" and self.taken.search(response.data):
            self.change(response)
        return response

    def change(self, response: Response) -> None:
        """Change the response in place."""
        raise NotImplementedError


class FailsAtFirst(Fault):
    """Answers 404 to the first request for something."""

    def __init__(self) -> None:
        self._requested: set[str] = set()

    def missing(self, request: Request) -> str:
        """Return what fails at first; empty for requests that never fail."""
        raise NotImplementedError

    def handle(self, request: Request) -> Response | None:
        missing = self.missing(request)
        if not missing or missing in self._requested:
            return None
        self._requested.add(missing)
        return refusal(NotFoundError())
