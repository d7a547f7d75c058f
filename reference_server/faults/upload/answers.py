"""Faults in how uploads are answered."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING
from urllib.parse import unquote

from werkzeug import Response

from reference_server.faults.building.refused_uploads import RemembersRefusedUploads
from reference_server.faults.fault import Fault

if TYPE_CHECKING:
    from reference_server.http.request import Request
    from reference_server.rendering.pages import RootPage
    from reference_server.rules import Rules

EMPTY_PAGE = "<!DOCTYPE html><html><head><title>Links</title></head><body></body></html>"


class UploadsQueued(Fault):
    """Answers 202 to uploads, as Pulp does when it queues them."""

    caught_by = ("upload.status-200",)

    def rules(self, rules: Rules) -> Rules:
        return replace(rules, created_status=202)


class RefusalsEmpty(Fault):
    """Rejects uploads without a message."""

    caught_by = ("upload.error-reason", "upload.error-json", "gitlab.duplicate.message")

    def respond(self, request: Request, response: Response) -> Response:
        if is_refused_upload(request, response):
            response.data = b""
        return response


class RefusalsWithoutReason(Fault):
    """Rejects every upload with `400 Bad Request` and no reason."""

    incident = "twine #816"
    caught_by = ("upload.error-reason", "gitlab.duplicate.message")

    def respond(self, request: Request, response: Response) -> Response:
        if is_refused_upload(request, response):
            response.data = b'{"message":"400 Bad Request"}'
        return response


class RefusalsAsHtml(Fault):
    """Rejects uploads with an HTML page regardless of Accept."""

    caught_by = ("upload.error-json",)

    def respond(self, request: Request, response: Response) -> Response:
        if is_refused_upload(request, response):
            return Response(
                b"<h1>Bad Request</h1><p>" + response.data + b"</p>", status=400, mimetype="text/html"
            )
        return response


class RefusalsCalledJson(Fault):
    """Labels plain-text rejections of uploads as JSON."""

    caught_by = ("upload.error-json",)

    def respond(self, request: Request, response: Response) -> Response:
        if is_refused_upload(request, response):
            response.data = b"Bad Request: " + response.data
        return response


class UploadersWithoutPermissionChallenged(Fault):
    """Answers 401 to uploads of known users without permission."""

    caught_by = ("upload.no-permission",)

    def respond(self, request: Request, response: Response) -> Response:
        if request.endpoint == "upload" and response.status_code in {403, 404}:
            response.status_code = 401
        return response


def is_refused_upload(request: Request, response: Response) -> bool:
    """Whether this rejects an upload as invalid."""
    return request.endpoint == "upload" and response.status_code == 400


class RemembersWrongDigests(RemembersRefusedUploads):
    """Remembers the projects of uploads that were rejected for a digest."""

    def remembers(self, response: Response) -> bool:
        return response.status_code == 400 and b"Digest" in response.data


class ProjectCreatedByARefusal(RemembersWrongDigests):
    """Creates the project before it compares the digest, and serves its empty page."""

    caught_by = ("upload.reject-is-atomic",)

    def respond(self, request: Request, response: Response) -> Response:
        is_absent = request.endpoint == "project_page" and response.status_code == 404
        if is_absent and unquote(request.arguments["name"]) in self.refused:
            return Response(EMPTY_PAGE, mimetype="text/html")
        return super().respond(request, response)


class RefusedProjectsOnRootPage(RemembersWrongDigests):
    """Lists a project whose only upload was rejected for its digest."""

    caught_by = ("upload.reject-is-atomic",)

    def root_page(self, page: RootPage) -> RootPage:
        listed = {project.name for project in page.projects}
        missing = (name for name in self.refused if name not in listed)
        return page.plus(*(replace(page.projects[0], name=name) for name in missing))
