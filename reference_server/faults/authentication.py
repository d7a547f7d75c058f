"""Faults in how callers are asked who they are, and in how they are told that it is not enough."""

from __future__ import annotations

import socket
import struct
from dataclasses import replace
from typing import TYPE_CHECKING

from werkzeug import Response

from reference_server.faults import Fault
from reference_server.faults.deciding import Authorizes, Identifies
from reference_server.http.json_responses import json_answer, refusal
from reference_server.model import ANONYMOUS, Action, Credentials
from reference_server.model.errors import (
    ForbiddenError,
    NotAuthenticatedError,
    RegistryError,
    UnknownTokenError,
)
from reference_server.rules.ready_made import PASSWORD

if TYPE_CHECKING:
    from reference_server.http.request import Request
    from reference_server.model import Caller, GitLabProject
    from reference_server.rules.access import Tokens

READING = frozenset({"root_page", "project_page", "file", "metadata_file"})
OWNER = Credentials(basic=("__token__", PASSWORD))
LARGE = 100_000  # bytes


def let_in(request: Request) -> None:
    """Take the caller for somebody who may do everything."""
    request.credentials = OWNER


class ReadersForbidden(Fault):
    """Answers 403 to readers who did not say who they are."""

    caught_by = (
        "auth.read.401",
        "gitlab.access.challenge",
        "gitlab.access.anonymous-cannot-download-private",
        "gitlab.access.anonymous-cannot-read-private",
        "gitlab.matrix.file",
        "gitlab.matrix.metadata-file",
        "gitlab.matrix.page",
        "gitlab.matrix.root-page",
    )

    def respond(self, request: Request, response: Response) -> Response:
        unasked = response.status_code == 401 and request.authorization is None
        return refusal(ForbiddenError()) if unasked and request.endpoint in READING else response


class ReadersNotChallenged(Fault):
    """Answers readers with a 401 that does not say how to do better."""

    caught_by = ("auth.read.401", "gitlab.access.challenge")

    def respond(self, request: Request, response: Response) -> Response:
        if request.endpoint in READING:
            response.headers.pop("WWW-Authenticate", None)
        return response


class BasicUnreadForMetadata(Fault):
    """Takes only tokens in header fields of their own for metadata files."""

    caught_by = ("auth.read.basic", "gitlab.matrix.metadata-file", "gitlab.matrix.private-is-secret")

    def handle(self, request: Request) -> Response | None:
        if request.endpoint == "metadata_file":
            request.credentials = replace(request.credentials, basic=None)
        return None


class AsciiCredentialsOnly(Fault):
    """Fails at credentials with letters beyond ASCII."""

    caught_by = ("auth.read.basic-utf8",)

    def handle(self, request: Request) -> Response | None:
        ascii_only = "".join(request.credentials.basic or ()).isascii()
        return None if ascii_only else json_answer({"message": "500 Internal Server Error"}, status=500)


class EmptyPasswordsMalformed(Fault):
    """Takes an empty password for a broken header field."""

    caught_by = ("auth.read.basic-utf8",)

    def handle(self, request: Request) -> Response | None:
        empty = request.credentials.basic is not None and not request.credentials.basic[1]
        return json_answer({"error": "Authorization is invalid"}, status=400) if empty else None


class WrongReadersForbidden(Fault):
    """Answers 403 to readers with a wrong password, as pypiserver does."""

    caught_by = (
        "auth.read.basic-utf8",
        "auth.read.wrong-401",
        "gitlab.matrix.file",
        "gitlab.matrix.metadata-file",
        "gitlab.matrix.page",
        "gitlab.matrix.root-page",
        "gitlab.token.job-wrong-refused",
        "gitlab.token.wrong-cannot-read-private",
    )

    def respond(self, request: Request, response: Response) -> Response:
        wrong = response.status_code == 401 and request.authorization is not None
        return refusal(ForbiddenError()) if wrong and request.endpoint in READING else response


class ChallengesFirst(Fault):
    """Takes credentials for a file only after somebody was asked for them at its URL."""

    caught_by = (
        "auth.read.preemptive",
        "gitlab.duplicate.keeps-first",
        "gitlab.file.bytes-exact",
        "gitlab.file.other-name-not-found",
        "gitlab.file.other-sha256-not-found",
        "gitlab.matrix.private-is-secret",
        "gitlab.page.links-work",
        "gitlab.rest.delete-needs-role",
        "gitlab.rest.delete-package",
    )

    def __init__(self) -> None:
        self._asked: set[str] = set()

    def handle(self, request: Request) -> Response | None:
        if request.endpoint == "file":
            if request.authorization is None:
                self._asked.add(request.path)
            elif request.path not in self._asked:
                return refusal(NotAuthenticatedError())
        return None


class UnknownTokensRefusedInPublic(Fault):
    """Refuses whoever comes with a token that it does not know, also where none is needed."""

    caught_by = (
        "auth.read.unused-ok",
        "gitlab.matrix.file",
        "gitlab.matrix.metadata-file",
        "gitlab.matrix.page",
        "gitlab.matrix.root-page",
    )

    def handle(self, request: Request) -> Response | None:
        try:
            known = request.registry.identify(request.credentials) != ANONYMOUS
        except RegistryError:
            return None
        unknown = request.credentials.basic is not None and not known
        return refusal(UnknownTokenError()) if unknown and request.endpoint in READING else None


class FilesMovedWithTheirLock(Fault):
    """Sends readers of a file to another host, which asks for this one's credentials."""

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
    )

    def respond(self, request: Request, response: Response) -> Response:
        host, _, port = request.host.partition(":")
        if request.endpoint == "file" and response.status_code == 200 and host != "localhost":
            return Response(status=302, headers={"Location": f"http://localhost:{port}{request.path}"})
        return response


class HeadForbidden(Fault):
    """Lets nobody ask for the head of a file, as pypicloud does."""

    caught_by = ("auth.head-get-same",)

    def handle(self, request: Request) -> Response | None:
        head = request.method == "HEAD" and request.endpoint == "file"
        return refusal(ForbiddenError()) if head else None


class AbsentProjectsForbidden(Fault):
    """Answers 403 for a project that is not there, as Artifactory does."""

    caught_by = (
        "auth.unknown-project",
        "gitlab.page.absent-project-not-found",
        "gitlab.project.own-space",
        "gitlab.project.unknown-not-found",
        "gitlab.rest.delete-package",
        "gitlab.size.over-limit-leaves-nothing",
        "gitlab.token.refused-leaves-nothing",
        "gitlab.upload.without-file-refused",
        "gitlab.upload.without-name-refused",
        "gitlab.upload.without-version-refused",
        "gitlab.version.refused-leaves-nothing",
    )

    def respond(self, request: Request, response: Response) -> Response:
        absent = request.endpoint == "project_page" and response.status_code == 404
        known = request.credentials == OWNER or "maintainer" in (request.credentials.basic or ())
        return refusal(ForbiddenError()) if absent and known else response


class PrivateFilesCachedForAll(Fault):
    """Lets every cache on the way keep private files, and hand them out."""

    caught_by = ("auth.cache-private",)

    def respond(self, request: Request, response: Response) -> Response:
        if request.endpoint == "file" and response.status_code == 200:
            response.headers["Cache-Control"] = "public, max-age=31536000, immutable"
        return response


class RefusedUploadsStored(Authorizes):
    """Refuses an upload without credentials, and stores it."""

    caught_by = (
        "auth.upload.required",
        "gitlab.matrix.upload",
        "gitlab.token.refused-leaves-nothing",
        "security.auth.csrf",
    )

    def authorize(self, caller: Caller, gitlab_project: GitLabProject, action: Action) -> None:
        if not (caller.is_anonymous and action is Action.UPLOAD):
            super().authorize(caller, gitlab_project, action)

    def respond(self, request: Request, response: Response) -> Response:
        stored = request.endpoint == "upload" and response.status_code == 201
        unknown = stored and request.registry.identify(request.credentials).is_anonymous
        return refusal(NotAuthenticatedError()) if unknown else response


class UploadersNotChallenged(Fault):
    """Answers uploads with a 401 that does not say how to do better."""

    caught_by = ("auth.upload.challenge",)

    def respond(self, request: Request, response: Response) -> Response:
        if request.endpoint == "upload":
            response.headers.pop("WWW-Authenticate", None)
        return response


class PaddedTokensUnknown(Identifies):
    """Takes the white space around a token for a part of it."""

    caught_by = ("auth.upload.token-user",)

    def identify(self, credentials: Credentials, tokens: Tokens) -> Caller:
        _, password = credentials.basic or ("", "")
        padded = password != password.strip()
        return super().identify(Credentials() if padded else credentials, tokens)


class BearerTokensUnread(Identifies):
    """Takes tokens by HTTP Basic only."""

    caught_by = ("auth.upload.bearer",)

    def identify(self, credentials: Credentials, tokens: Tokens) -> Caller:
        return super().identify(replace(credentials, bearer=None), tokens)


class DeployTokensPublishEverywhere(Authorizes):
    """Takes uploads with the deploy token of any GitLab project."""

    caught_by = ("auth.upload.scope", "gitlab.matrix.private-is-secret", "gitlab.matrix.upload")

    def authorize(self, caller: Caller, gitlab_project: GitLabProject, action: Action) -> None:
        writes = caller.deploy_token is not None and caller.deploy_token.writes
        if not (writes and action is Action.UPLOAD):
            super().authorize(caller, gitlab_project, action)


class LargeUploadsCutOff(Fault):
    """Hangs up on a large upload without credentials, before its answer can be read."""

    caught_by = ("auth.upload.before-body",)

    def handle(self, request: Request) -> Response | None:
        large = request.endpoint == "upload" and (request.content_length or 0) > LARGE
        connection = request.connection
        if large and request.authorization is None and connection is not None:
            abort = struct.pack("ii", 1, 0)
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, abort)
            connection.shutdown(socket.SHUT_WR)
        return None


class TokensInRefusals(Fault):
    """Says in a refusal which token it does not know."""

    caught_by = ("auth.error-no-leak",)

    def respond(self, request: Request, response: Response) -> Response:
        basic = request.credentials.basic
        if response.status_code == 401 and basic is not None:
            response.set_data(f"401 Unauthorized: {basic[1]}")
        return response


class CredentialsInLinks(Fault):
    """Writes the reader's credentials into the links of a page, as proxies in front of an index do."""

    caught_by = ("auth.error-no-leak",)

    def respond(self, request: Request, response: Response) -> Response:
        basic = request.credentials.basic
        if request.endpoint == "project_page" and response.status_code == 200 and basic is not None:
            here = f"http://{basic[0]}:{basic[1]}@{request.host}{request.path}".encode()
            response.set_data(response.get_data().replace(b"../../files/", here + b"../../files/"))
        return response


class HeadUnguarded(Fault):
    """Asks for credentials where there is something to read, and not before HEAD."""

    caught_by = ("auth.head-get-same", "security.auth.method-bypass")

    def handle(self, request: Request) -> Response | None:
        if request.method == "HEAD" and request.endpoint in READING:
            let_in(request)
        return None


class OverriddenMethodUnguarded(Fault):
    """Guards a request by the method that it claims to be, and serves the one that it is."""

    caught_by = ("security.auth.method-bypass",)

    def handle(self, request: Request) -> Response | None:
        if request.headers.get("X-HTTP-Method-Override") == "OPTIONS" and request.endpoint in READING:
            let_in(request)
        return None


class JsonUnguarded(Fault):
    """Guards the pages that people see, and not those in JSON."""

    caught_by = ("security.auth.method-bypass",)

    def handle(self, request: Request) -> Response | None:
        if "json" in request.args.get("format", "") and request.endpoint == "project_page":
            let_in(request)
        return None


class CookiesPublish(Fault):
    """Takes a session's cookie for an upload that another site has sent."""

    caught_by = ("security.auth.csrf",)

    def handle(self, request: Request) -> Response | None:
        if request.endpoint == "upload" and "Origin" in request.headers and "signed_in" in request.cookies:
            let_in(request)
        return None

    def respond(self, request: Request, response: Response) -> Response:
        if request.endpoint == "root_page" and response.status_code == 200:
            response.set_cookie("signed_in", "maintainer", httponly=True)
        return response


class UploadsSentToTls(Fault):
    """Sends an upload on to https, when it has read the credentials in the clear."""

    caught_by = (
        "auth.upload.scope",
        "gitlab.matrix.upload",
        "gitlab.token.expired-refused",
        "gitlab.token.job-finished-refused",
        "gitlab.token.job-wrong-refused",
        "gitlab.token.revoked-refused",
        "gitlab.token.wrong-cannot-publish",
        "security.tls-redirect-upload",
    )

    def respond(self, request: Request, response: Response) -> Response:
        wrong = response.status_code == 401 and request.authorization is not None
        if wrong and request.endpoint == "upload":
            return Response(status=307, headers={"Location": f"https://{request.host}{request.path}"})
        return response
