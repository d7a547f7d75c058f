"""Faults in reading the field Host."""

from __future__ import annotations

from abc import abstractmethod
from typing import TYPE_CHECKING

from werkzeug import Response

from reference_server.faults.fault import Fault
from reference_server.http.host import has_valid_host

if TYPE_CHECKING:
    from reference_server.http.request import Request


class TakesHost(Fault):
    """Takes one kind of requests that are refused for their Host."""

    def respond(self, request: Request, response: Response) -> Response:
        """Answer as a page does."""
        host = request.environ.get("HTTP_HOST", "")
        if has_valid_host(request.environ) or not self.takes(host):
            return response
        return Response("an index of packages", content_type="text/plain")

    @abstractmethod
    def takes(self, host: str) -> bool:
        """Return whether a request with this Host is answered, several being joined with a comma."""


class HostNotNeeded(TakesHost):
    """Answers requests of HTTP/1.1 without Host."""

    caught_by = ("http.host",)

    def takes(self, host: str) -> bool:
        return not host


class SecondHostIgnored(TakesHost):
    """Answers requests with two Hosts."""

    caught_by = ("http.host",)

    def takes(self, host: str) -> bool:
        return "," in host


class AnyHostTaken(TakesHost):
    """Answers requests whose Host is no host."""

    caught_by = ("http.host",)

    def takes(self, host: str) -> bool:
        return bool(host) and "," not in host
