"""Faults in uploads to neighbouring URLs, and in other methods on the upload URL."""

from __future__ import annotations

from typing import TYPE_CHECKING

from werkzeug import Response

from reference_server.faults.fault import Fault
from reference_server.http.json_responses import json_answer

if TYPE_CHECKING:
    from reference_server.http.request import Request


class SlashRedirectedAsGet(Fault):
    """Redirects uploads to the URL with a slash by a 301, so that they arrive as GET."""

    incident = "twine #310"
    caught_by = ("upload.url-trailing-slash",)

    def handle(self, request: Request) -> Response | None:
        if request.endpoint != "upload" or not request.path.endswith("/"):
            return None
        return Response(status=301, headers={"Location": request.base_url.rstrip("/")})


class SlashIsAServerError(Fault):
    """Fails on uploads to the URL with a slash; Pulp failed without one."""

    incident = "operate-first/support #176"
    caught_by = ("upload.url-trailing-slash",)

    def handle(self, request: Request) -> Response | None:
        if request.endpoint != "upload" or not request.path.endswith("/"):
            return None
        return json_answer({"message": "500 Internal Server Error"}, status=500)


class AnonymousUploadsSentToLogin(Fault):
    """Redirects anonymous uploads to a login form."""

    caught_by = (
        "upload.no-redirect",
        "gitlab.access.anonymous-cannot-publish",
        "gitlab.access.public-needs-token-to-publish",
        "gitlab.matrix.upload",
        "gitlab.access.open-for-pulling-only",
    )

    def handle(self, request: Request) -> Response | None:
        if request.endpoint != "upload" or "Authorization" in request.headers:
            return None
        return Response(status=302, headers={"Location": "/users/sign_in"})


class AnswersGetOnUploadUrl(Fault):
    """Answers GET at the upload URL in its own way."""

    def handle(self, request: Request) -> Response | None:
        """Replace the 405."""
        is_get = request.method == "GET" and request.routed_path.rstrip("/").endswith("/packages/pypi")
        return self.answer() if is_get else None

    def answer(self) -> Response:
        """Return the replacement."""
        raise NotImplementedError


class UploadUrlFailsAtGet(AnswersGetOnUploadUrl):
    """Fails on GET at the upload URL."""

    caught_by = ("upload.get-not-allowed",)

    def answer(self) -> Response:
        return json_answer({"message": "500 Internal Server Error"}, status=500)


class UploadUrlWithoutAllow(AnswersGetOnUploadUrl):
    """Answers 405 without Allow to GET at the upload URL."""

    caught_by = ("upload.get-not-allowed",)

    def answer(self) -> Response:
        return json_answer({"error": "405 Not Allowed"}, status=405)


class AnswersUploadsToIndex(Fault):
    """Answers uploads at the index URL in its own way."""

    def respond(self, request: Request, response: Response) -> Response:
        """Replace the 405."""
        is_astray = request.method == "POST" and request.path.endswith("/simple/")
        return self.answer(response) if is_astray else response

    def answer(self, response: Response) -> Response:
        """Return the replacement of `response`."""
        raise NotImplementedError


class UploadToTheIndexNotFound(AnswersUploadsToIndex):
    """Answers 404 to uploads at the index URL."""

    caught_by = ("upload.wrong-url-405",)

    def answer(self, response: Response) -> Response:
        response.status_code = 404
        return response


class UploadToTheIndexWithoutAllow(AnswersUploadsToIndex):
    """Answers 405 without Allow to uploads at the index URL."""

    caught_by = ("upload.wrong-url-405",)

    def answer(self, response: Response) -> Response:
        del response.headers["Allow"]
        return response


class UploadToTheIndexDropped(AnswersUploadsToIndex):
    """Answers 200 to uploads at the index URL as if they were GET, and stores nothing."""

    caught_by = ("upload.wrong-url-405",)

    def answer(self, response: Response) -> Response:
        return Response("<!DOCTYPE html><title>Simple index</title>", mimetype="text/html")
