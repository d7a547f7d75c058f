"""Faults in how uploads are answered: the second of a name, those that are refused, those that went astray."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING
from urllib.parse import unquote

from werkzeug import Response

from reference_server.faults import Fault
from reference_server.faults.reading import body_of
from reference_server.http.json_responses import json_answer, refusal
from reference_server.model.errors import FileNameTakenError, NotFoundError

if TYPE_CHECKING:
    from reference_server.http.request import Request
    from reference_server.model import PackageFile, Upload
    from reference_server.rendering.pages import RootPage
    from reference_server.rules import Rules

TAKEN = re.compile(rb"already (been taken|exist)", re.IGNORECASE)
PURE = "-py3-none-any.whl"
_NAME = re.compile(rb'name="name"\r\n(?:[^\r]+\r\n)*\r\n([^\r]*)')


def name_in(request: Request) -> str:
    """Give the project's name that an upload's form has, or nothing."""
    found = _NAME.search(body_of(request))
    return found[1].decode(errors="replace") if found else ""


def is_refused_upload(request: Request, response: Response) -> bool:
    """Tell whether this answers an upload that was wrong in itself."""
    return request.endpoint == "upload" and response.status_code == 400


class DuplicatesForbidden(Fault):
    """Refuses a second upload with 403, as Artifactory does."""

    incident = "twine #1251, uv #7917"
    caught_by = ("upload.dup.different", "gitlab.duplicate.refused")

    def respond(self, request: Request, response: Response) -> Response:
        if request.endpoint == "upload" and TAKEN.search(response.data):
            response.status_code = 403
        return response


class OverwrittenBeforeRefused(Fault):
    """Writes a file to its place before it notices that one was there."""

    caught_by = (
        "upload.dup.different",
        "gitlab.duplicate.keeps-first",
        "clients.twine.duplicate-changes-nothing",
    )

    _noticed = False

    def rules(self, rules: Rules) -> Rules:
        def is_duplicate(existing: PackageFile, upload: Upload) -> bool:
            found = rules.is_duplicate(existing, upload)
            self._noticed = self._noticed or found
            return found

        return replace(rules, is_duplicate=is_duplicate, duplicates="replace")

    def handle(self, request: Request) -> Response | None:
        del request
        self._noticed = False
        return None

    def respond(self, request: Request, response: Response) -> Response:
        if request.endpoint == "upload" and response.status_code < 300 and self._noticed:
            return refusal(FileNameTakenError())
        return response


class OneWheelPerRelease(Fault):
    """Takes no wheel for a platform once a release has a wheel."""

    caught_by = ("upload.add-wheel-later",)

    def rules(self, rules: Rules) -> Rules:
        return replace(
            rules,
            is_duplicate=lambda existing, upload: (
                rules.is_duplicate(existing, upload)
                or (existing.filename.endswith(".whl") and is_for_a_platform(upload.filename))
            ),
        )


def is_for_a_platform(filename: str) -> bool:
    """Tell whether a file is a wheel that does not run everywhere."""
    return filename.endswith(".whl") and not filename.endswith(PURE)


class FilesComeLater(Fault):
    """Lists a file before it is in its place: who asks first does not get it."""

    caught_by = (
        "upload.visible-after-success",
        "upload.dup.different",
        "upload.action-missing",
        "upload.large-file",
        "upload.metadata-version.newer-minor",
        "upload.metadata-version.required",
        "upload.nul-bytes",
        "upload.post-multipart",
        "upload.protocol-version",
        "upload.text-field-as-file",
    )

    def __init__(self) -> None:
        self._asked: set[str] = set()

    def handle(self, request: Request) -> Response | None:
        if request.endpoint != "file" or request.path in self._asked:
            return None
        self._asked.add(request.path)
        return refusal(NotFoundError())


class ProjectCreatedByARefusal(Fault):
    """Creates the project before it compares the file's digest, and leaves it there when that is wrong."""

    caught_by = ("upload.reject-is-atomic",)

    def __init__(self) -> None:
        self._created: set[str] = set()

    def handle(self, request: Request) -> Response | None:
        self._name = name_in(request) if request.endpoint == "upload" else ""
        return None

    def respond(self, request: Request, response: Response) -> Response:
        if is_refused_upload(request, response) and b"Digest" in response.data:
            self._created.add(self._name)
        is_empty = request.endpoint == "project_page" and response.status_code == 404
        if is_empty and unquote(request.arguments["name"]) in self._created:
            page = "<!DOCTYPE html><html><head><title>Links</title></head><body></body></html>"
            return Response(page, mimetype="text/html")
        return response


class RefusedProjectsOnRootPage(Fault):
    """Lists a project whose only upload was refused for its file's digest."""

    caught_by = ("upload.reject-is-atomic",)

    def __init__(self) -> None:
        self._created: set[str] = set()

    def handle(self, request: Request) -> Response | None:
        self._name = name_in(request) if request.endpoint == "upload" else ""
        return None

    def respond(self, request: Request, response: Response) -> Response:
        if is_refused_upload(request, response) and b"Digest" in response.data:
            self._created.add(self._name)
        return response

    def root_page(self, page: RootPage) -> RootPage:
        known = {project.name for project in page.projects}
        missing = sorted(self._created - known)
        return page.plus(*(replace(page.projects[0], name=name) for name in missing))


class TooLargeIsAServerError(Fault):
    """Fails at a file that is too large, as when the disk is full."""

    caught_by = ("upload.size-limit", "gitlab.size.over-limit-refused")

    def respond(self, request: Request, response: Response) -> Response:
        if request.endpoint == "upload" and response.status_code == 413:
            response.status_code = 507
        return response


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


class RefusalsEmpty(Fault):
    """Refuses uploads with a status and nothing else."""

    caught_by = ("upload.error-reason", "upload.error-json", "gitlab.duplicate.message")

    def respond(self, request: Request, response: Response) -> Response:
        if is_refused_upload(request, response):
            response.data = b""
        return response


class RefusalsWithoutReason(Fault):
    """Says of every upload that it refuses that the request was bad."""

    incident = "twine #816"
    caught_by = ("upload.error-reason", "gitlab.duplicate.message")

    def respond(self, request: Request, response: Response) -> Response:
        if is_refused_upload(request, response):
            response.data = b'{"message":"400 Bad Request"}'
        return response


class RefusalsAsHtml(Fault):
    """Refuses uploads with a page for people, whatever the client accepts."""

    caught_by = ("upload.error-json",)

    def respond(self, request: Request, response: Response) -> Response:
        if is_refused_upload(request, response):
            return Response(
                b"<h1>Bad Request</h1><p>" + response.data + b"</p>", status=400, mimetype="text/html"
            )
        return response


class RefusalsCalledJson(Fault):
    """Refuses uploads in plain words, and calls them JSON."""

    caught_by = ("upload.error-json",)

    def respond(self, request: Request, response: Response) -> Response:
        if is_refused_upload(request, response):
            response.data = b"Bad Request: " + response.data
        return response


class StrangersAskedForAPassword(Fault):
    """Answers an upload by somebody who is known and may not with 401."""

    caught_by = ("upload.no-permission",)

    def respond(self, request: Request, response: Response) -> Response:
        if request.endpoint == "upload" and response.status_code in {403, 404}:
            response.status_code = 401
        return response


class IdenticalRefused(Fault):
    """Refuses a second upload also when its bytes are the same, as pypiserver and Nexus do."""

    caught_by = ("upload.dup.identical",)

    def rules(self, rules: Rules) -> Rules:
        return replace(rules, takes_identical=False)


class DuplicatesWithoutTheWords(Fault):
    """Refuses a second upload with words that twine does not look for, as Nexus does."""

    incident = "poetry #10602"
    caught_by = ("upload.dup.message", "upload.dup.pypi-text", "upload.dup.same-content-new-name")

    def respond(self, request: Request, response: Response) -> Response:
        if request.endpoint == "upload" and TAKEN.search(response.data):
            response.data = b'{"message":"Repository does not allow updating assets: cannot be updated"}'
        return response
