"""Faults in authenticating uploads."""

from __future__ import annotations

import socket
import struct
from dataclasses import replace
from typing import TYPE_CHECKING

from werkzeug import Response

from reference_server.faults.building.decisions import Authorizes, Identifies
from reference_server.faults.building.responses import ChangesHeaders
from reference_server.faults.fault import Fault
from reference_server.http.json_responses import refusal
from reference_server.model import Action, Credentials
from reference_server.model.errors import NotAuthenticatedError

if TYPE_CHECKING:
    from reference_server.http.request import Request
    from reference_server.model import Caller, GitLabProject
    from reference_server.rules import Rules
    from reference_server.rules.access import Tokens

LARGE = 100_000  # bytes


class RefusedUploadsStored(Authorizes):
    """Stores uploads without credentials although it rejects them."""

    caught_by = (
        "auth.upload.required",
        "gitlab.token.refused-leaves-nothing",
        "security.auth.csrf",
    )

    def rules(self, rules: Rules) -> Rules:
        return replace(super().rules(rules), refuses_cross_site=False)

    def authorize(self, caller: Caller, gitlab_project: GitLabProject, action: Action) -> None:
        if not (caller.is_anonymous and action is Action.UPLOAD):
            super().authorize(caller, gitlab_project, action)

    def respond(self, request: Request, response: Response) -> Response:
        stored = request.endpoint == "upload" and response.status_code == 201
        unknown = stored and request.registry.identify(request.credentials).is_anonymous
        return refusal(NotAuthenticatedError()) if unknown else response


class UploadersSentToSignIn(Fault):
    """Redirects uploads without credentials to a page to sign in."""

    caught_by = (
        "auth.upload.refusal",
        "auth.upload.before-body",
        "upload.no-redirect",
        "gitlab.matrix.upload",
        "gitlab.access.anonymous-cannot-publish",
        "gitlab.access.public-needs-token-to-publish",
        "gitlab.access.open-for-pulling-only",
    )

    def respond(self, request: Request, response: Response) -> Response:
        anonymous = request.endpoint == "upload" and "Authorization" not in request.headers
        if anonymous and response.status_code == 401:
            return Response(status=302, headers={"Location": "/users/sign_in"})
        return response


class UploadersNotChallenged(ChangesHeaders):
    """Answers 401 to uploads without WWW-Authenticate."""

    caught_by = ("auth.upload.challenge",)
    acts_on = ("upload",)
    removes = ("WWW-Authenticate",)


class UnknownUploadersNotChallenged(ChangesHeaders):
    """Answers 401 without WWW-Authenticate to uploads with an unknown credential, as Gitea does."""

    caught_by = ("auth.upload.challenge",)
    acts_on = ("upload",)
    removes = ("WWW-Authenticate",)

    def applies_to(self, request: Request, response: Response) -> bool:
        return "Authorization" in request.headers and super().applies_to(request, response)


class PaddedTokensUnknown(Identifies):
    """Treats white space around a token as part of it."""

    caught_by = ("auth.upload.token-user",)

    def identify(self, credentials: Credentials, tokens: Tokens) -> Caller:
        _, password = credentials.basic or ("", "")
        padded = password != password.strip()
        return super().identify(Credentials() if padded else credentials, tokens)


class BearerTokensUnread(Identifies):
    """Accepts tokens by HTTP Basic only."""

    caught_by = ("auth.upload.bearer",)

    def identify(self, credentials: Credentials, tokens: Tokens) -> Caller:
        return super().identify(replace(credentials, bearer=None), tokens)


class DeployTokensPublishEverywhere(Authorizes):
    """Accepts the deploy token of any GitLab project for uploads."""

    caught_by = ("auth.upload.scope", "gitlab.matrix.private-is-secret", "gitlab.matrix.upload")

    def authorize(self, caller: Caller, gitlab_project: GitLabProject, action: Action) -> None:
        writes = caller.deploy_token is not None and caller.deploy_token.writes
        if not (writes and action is Action.UPLOAD):
            super().authorize(caller, gitlab_project, action)


class LargeUploadsCutOff(Fault):
    """Closes the connection of a large anonymous upload before its response can be read."""

    caught_by = ("auth.upload.before-body",)

    def handle(self, request: Request) -> Response | None:
        large = request.endpoint == "upload" and (request.content_length or 0) > LARGE
        connection = request.connection
        if large and request.authorization is None and connection is not None:
            abort = struct.pack("ii", 1, 0)
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, abort)
            connection.shutdown(socket.SHUT_WR)
        return None


class UploadsSentToTls(Fault):
    """Redirects an upload to https after reading its credentials in the clear."""

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


class PasswordsAskedAgain(Authorizes):
    """Answers 401 to an upload with a password, as if the password were wrong."""

    caught_by = ("auth.upload.password-refused",)

    def authorize(self, caller: Caller, gitlab_project: GitLabProject, action: Action) -> None:
        if caller.is_anonymous and action == "upload":
            raise NotAuthenticatedError
        super().authorize(caller, gitlab_project, action)
