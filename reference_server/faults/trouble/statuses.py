"""Wrong and temporary statuses."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from werkzeug import Response

from reference_server.faults.building.responses import ChangesHeaders
from reference_server.faults.fault import Trouble
from reference_server.http.json_responses import json_answer

if TYPE_CHECKING:
    from reference_server.http.request import Request


class _AnswersStatus(Trouble):
    """Base: answers every request with one status."""

    status: ClassVar[int]
    text: ClassVar[str]

    def __init__(self, *, retry_after: int = 1) -> None:
        self.retry_after = retry_after

    def handle(self, request: Request) -> Response | None:
        headers = {"Retry-After": str(self.retry_after)} if self.retry_after else None
        return json_answer({"message": self.text}, status=self.status, headers=headers)


class TooManyRequests(_AnswersStatus):
    """Answers 429 with Retry-After, or without it if `retry_after` is 0."""

    status, text = 429, "429 Too Many Requests"


class Unavailable(_AnswersStatus):
    """Answers 503 with Retry-After, or without it if `retry_after` is 0."""

    status, text = 503, "503 Service Unavailable"


class InternalErrors(Trouble):
    """Answers 500."""

    def handle(self, request: Request) -> Response | None:
        return json_answer({"message": "500 Internal Server Error"}, status=500)


class BadGateway(Trouble):
    """Answers 502 with an HTML page, as a proxy without its server does."""

    def handle(self, request: Request) -> Response | None:
        page = "<html><head><title>502 Bad Gateway</title></head><body><h1>502 Bad Gateway</h1></body></html>"
        return Response(page, status=502, mimetype="text/html")


class UploadsStoredAndFailed(Trouble):
    """Stores an upload and answers 500."""

    acts_on = ("upload",)

    def respond(self, request: Request, response: Response) -> Response:
        if request.endpoint not in self.acts_on:
            return response
        return json_answer({"message": "500 Internal Server Error"}, status=500)


class LoginPage(Trouble):
    """Answers 200 with an HTML login page, as captive portals do."""

    def handle(self, request: Request) -> Response | None:
        page = "<!DOCTYPE html><html><head><title>Sign in</title></head><body><form></form></body></html>"
        return Response(page, status=200, mimetype="text/html")


class EndlessRedirect(Trouble):
    """Redirects every read to the same URL, for ever."""

    def handle(self, request: Request) -> Response | None:
        if request.method not in {"GET", "HEAD"}:
            return None
        return Response(status=302, headers={"Location": request.path})


class ChallengeForgotten(ChangesHeaders, Trouble):
    """Answers 401 without a challenge."""

    removes = ("WWW-Authenticate",)
