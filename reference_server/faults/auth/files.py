"""Faults in how private files are protected: redirects, HEAD, caches."""

from __future__ import annotations

from typing import TYPE_CHECKING

from werkzeug import Response

from reference_server.faults.building.decisions import let_in
from reference_server.faults.building.requests import READING
from reference_server.faults.building.responses import ChangesHeaders
from reference_server.faults.fault import Fault
from reference_server.http.json_responses import refusal
from reference_server.model.errors import ForbiddenError

if TYPE_CHECKING:
    from reference_server.http.request import Request


class FileRedirectsNeedCredentials(Fault):
    """Redirects downloads to another host that asks for the same credentials."""

    caught_by = (
        "auth.file-redirect",
        "auth.read.basic",
        "auth.read.preemptive",
        "gitlab.access.reporter-reads",
        "gitlab.duplicate.keeps-first",
        "gitlab.file.bytes-exact",
        "gitlab.file.url",
        "gitlab.matrix.file",
        "gitlab.page.links-work",
        "gitlab.rest.delete-needs-role",
        "gitlab.token.any-user-name",
        "gitlab.token.deploy-read-reads",
        "gitlab.token.job-reads",
        "gitlab.token.read-api-reads",
        "gitlab.access.members-only-read",
        "gitlab.token.job-allowed",
    )

    def respond(self, request: Request, response: Response) -> Response:
        host, _, port = request.host.partition(":")
        if request.endpoint == "file" and response.status_code == 200 and host != "localhost":
            return Response(status=302, headers={"Location": f"http://localhost:{port}{request.path}"})
        return response


class HeadForbidden(Fault):
    """Rejects HEAD requests for files, as pypicloud does."""

    caught_by = ("auth.head-get-same",)

    def handle(self, request: Request) -> Response | None:
        head = request.method == "HEAD" and request.endpoint == "file"
        return refusal(ForbiddenError()) if head else None


class HeadUnguarded(Fault):
    """Requires credentials for GET but not for HEAD."""

    caught_by = ("auth.head-get-same", "security.auth.method-bypass")

    def handle(self, request: Request) -> Response | None:
        if request.method == "HEAD" and request.endpoint in READING:
            let_in(request)
        return None


class PrivateFilesCachedForAll(ChangesHeaders):
    """Lets shared caches store private files."""

    caught_by = ("auth.cache-private",)
    acts_on, statuses = ("file",), (200,)
    sets = ("Cache-Control", "public, max-age=31536000, immutable")


class RefusalsKept(ChangesHeaders):
    """Lets caches keep a 401 for five minutes."""

    caught_by = ("auth.refusal-not-kept",)
    statuses = (401,)
    sets = ("Cache-Control", "public, max-age=300")


class CachesForgetCredentials(Fault):
    """Keeps what a caller with a credential has read for everyone, as a cache without the credential in its key."""

    caught_by = ("auth.read.kept-for-no-other",)

    def __init__(self) -> None:
        self._kept: dict[tuple[str, str], tuple[bytes, str]] = {}

    def respond(self, request: Request, response: Response) -> Response:
        if request.method != "GET" or request.endpoint not in {"project_page", "file"}:
            return response
        key = request.full_path, request.headers.get("Accept", "")
        if response.status_code == 200:
            response.direct_passthrough = False
            self._kept[key] = response.get_data(), response.headers.get("Content-Type", "")
        elif response.status_code == 401 and key in self._kept:
            content, content_type = self._kept[key]
            return Response(content, content_type=content_type)
        return response
