"""Faults in uploads to neighbouring URLs, and in other methods on the upload URL."""

from __future__ import annotations

from typing import TYPE_CHECKING

from werkzeug import Response

from reference_server.faults.fault import Fault
from reference_server.http.json_responses import json_answer

if TYPE_CHECKING:
    from reference_server.http.request import Request


class SlashRedirectedAsGet(Fault):
    """Sends an upload to the URL with a slash on with 301, so that it arrives as GET."""

    incident = "twine #310"
    caught_by = ("upload.url-trailing-slash",)

    def handle(self, request: Request) -> Response | None:
        if request.endpoint != "upload" or not request.path.endswith("/"):
            return None
        return Response(status=301, headers={"Location": request.base_url.rstrip("/")})


class SlashIsAServerError(Fault):
    """Fails at an upload to the upload URL with a slash, as Pulp did without."""

    incident = "operate-first/support #176"
    caught_by = ("upload.url-trailing-slash",)

    def handle(self, request: Request) -> Response | None:
        if request.endpoint != "upload" or not request.path.endswith("/"):
            return None
        return json_answer({"message": "500 Internal Server Error"}, status=500)


class NobodySentToLogin(Fault):
    """Sends nobody's uploads to a page with a form to log in."""

    caught_by = (
        "upload.no-redirect",
        "gitlab.access.anonymous-cannot-publish",
        "gitlab.access.public-needs-token-to-publish",
        "gitlab.matrix.upload",
    )

    def handle(self, request: Request) -> Response | None:
        if request.endpoint != "upload" or "Authorization" in request.headers:
            return None
        return Response(status=302, headers={"Location": "/users/sign_in"})


class GetOnUploadUrl(Fault):
    """Answers GET on the upload URL in its own way."""

    def handle(self, request: Request) -> Response | None:
        """Give what comes instead of 405."""
        is_asked = request.method == "GET" and request.routed_path.rstrip("/").endswith("/packages/pypi")
        return self.answer() if is_asked else None

    def answer(self) -> Response:
        """Give the answer."""
        raise NotImplementedError


class UploadUrlFailsAtGet(GetOnUploadUrl):
    """Fails at a GET that looks for the upload's form."""

    caught_by = ("upload.get-not-allowed",)

    def answer(self) -> Response:
        return json_answer({"message": "500 Internal Server Error"}, status=500)


class UploadUrlWithoutAllow(GetOnUploadUrl):
    """Refuses GET on the upload URL, and does not say what there is instead."""

    caught_by = ("upload.get-not-allowed",)

    def answer(self) -> Response:
        return json_answer({"error": "405 Not Allowed"}, status=405)


class UploadsToTheIndex(Fault):
    """Answers an upload to the index's URL in its own way."""

    def respond(self, request: Request, response: Response) -> Response:
        """Give what comes instead of 405."""
        is_astray = request.method == "POST" and request.path.endswith("/simple/")
        return self.answer(response) if is_astray else response

    def answer(self, response: Response) -> Response:
        """Give the answer that takes the place of `response`."""
        raise NotImplementedError


class UploadToTheIndexNotFound(UploadsToTheIndex):
    """Says of an upload to the index's URL that there is no such URL."""

    caught_by = ("upload.wrong-url-405",)

    def answer(self, response: Response) -> Response:
        response.status_code = 404
        return response


class UploadToTheIndexWithoutAllow(UploadsToTheIndex):
    """Refuses an upload to the index's URL, and does not say what may be done there."""

    caught_by = ("upload.wrong-url-405",)

    def answer(self, response: Response) -> Response:
        del response.headers["Allow"]
        return response


class UploadToTheIndexDropped(UploadsToTheIndex):
    """Answers an upload to the index's URL as if it were GET, so that the client takes it for done."""

    caught_by = ("upload.wrong-url-405",)

    def answer(self, response: Response) -> Response:
        del response
        return Response("<!DOCTYPE html><title>Simple index</title>", mimetype="text/html")
