"""Wrong and temporary statuses."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from werkzeug import Response

from reference_server.faults.building.response_headers import ChangesHeaders
from reference_server.faults.fault import Trouble
from reference_server.http.json_responses import json_answer

if TYPE_CHECKING:
    from reference_server.http.request import Request


class _Status(Trouble):
    """A base: answers everything with one status."""

    status: ClassVar[int]
    text: ClassVar[str]

    def __init__(self, *, retry_after: int = 1) -> None:
        self.retry_after = retry_after

    def handle(self, request: Request) -> Response | None:
        del request
        headers = {"Retry-After": str(self.retry_after)} if self.retry_after else None
        return json_answer({"message": self.text}, status=self.status, headers=headers)


class TooManyRequests(_Status):
    """Answers 429, with Retry-After unless that is 0."""

    status, text = 429, "429 Too Many Requests"


class Unavailable(_Status):
    """Answers 503, with Retry-After unless that is 0; `first=2` makes it fine again."""

    status, text = 503, "503 Service Unavailable"


class InternalErrors(Trouble):
    """Answers 500."""

    def handle(self, request: Request) -> Response | None:
        del request
        return json_answer({"message": "500 Internal Server Error"}, status=500)


class BadGateway(Trouble):
    """Answers 502 with a page of HTML, as a proxy does whose server is away."""

    def handle(self, request: Request) -> Response | None:
        del request
        page = "<html><head><title>502 Bad Gateway</title></head><body><h1>502 Bad Gateway</h1></body></html>"
        return Response(page, status=502, mimetype="text/html")


class UploadsStoredAndFailed(Trouble):
    """Stores an upload, and answers 500."""

    def respond(self, request: Request, response: Response) -> Response:
        if request.endpoint != "upload":
            return response
        return json_answer({"message": "500 Internal Server Error"}, status=500)


class LoginPage(Trouble):
    """Answers 200 with a page of HTML that asks to sign in, as portals of networks do."""

    def handle(self, request: Request) -> Response | None:
        del request
        page = "<!DOCTYPE html><html><head><title>Sign in</title></head><body><form></form></body></html>"
        return Response(page, status=200, mimetype="text/html")


class EndlessRedirect(Trouble):
    """Sends every reader on to the same place, forever."""

    def handle(self, request: Request) -> Response | None:
        if request.method not in {"GET", "HEAD"}:
            return None
        return Response(status=302, headers={"Location": request.path})


class ChallengeForgotten(ChangesHeaders, Trouble):
    """Answers 401 without saying how to sign in."""

    removes = ("WWW-Authenticate",)
