"""Faults in authenticating readers."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from werkzeug import Response

from reference_server.faults.building.decisions import OWNER, Identifies
from reference_server.faults.building.requests import READING
from reference_server.faults.building.responses import ChangesHeaders
from reference_server.faults.fault import Fault
from reference_server.http.json_responses import json_answer, refusal
from reference_server.model import ANONYMOUS
from reference_server.model.errors import (
    ForbiddenError,
    NotAuthenticatedError,
    RegistryError,
    UnknownTokenError,
)

if TYPE_CHECKING:
    from reference_server.http.request import Request
    from reference_server.model import Caller, Credentials
    from reference_server.rules import access


class ReadersForbidden(Fault):
    """Answers 403 instead of 401 to anonymous readers."""

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


class ReadersNotChallenged(ChangesHeaders):
    """Answers 401 to readers without WWW-Authenticate."""

    caught_by = ("auth.read.401", "gitlab.access.challenge")
    acts_on = READING
    removes = ("WWW-Authenticate",)


class BasicUnreadForMetadata(Fault):
    """Ignores HTTP Basic on metadata files and reads only token header fields."""

    caught_by = ("auth.read.basic", "gitlab.matrix.metadata-file", "gitlab.matrix.private-is-secret")

    def handle(self, request: Request) -> Response | None:
        if request.endpoint == "metadata_file":
            request.credentials = replace(request.credentials, basic=None)
        return None


class SchemeHasACase(Fault):
    """Ignores credentials whose scheme is not spelled `Basic`."""

    caught_by = ("auth.read.scheme-case",)

    def handle(self, request: Request) -> Response | None:
        if request.headers.get("Authorization", "").startswith("basic "):
            request.credentials = replace(request.credentials, basic=None)
        return None


class ConditionsBeforeAccess(Fault):
    """Answers a condition on a page or a file before it looks at the credential, as a cache in front does."""

    caught_by = ("auth.read.conditional",)
    acts_on = READING

    def __init__(self) -> None:
        self._tags: dict[str, str] = {}

    def respond(self, request: Request, response: Response) -> Response:
        if request.endpoint not in READING:
            return response
        tag = response.headers.get("ETag")
        if response.status_code == 200 and tag:
            self._tags[request.url] = tag
        known = self._tags.get(request.url)
        if response.status_code == 401 and known and known in request.headers.get("If-None-Match", ""):
            return Response(status=304, headers={"ETag": known})
        return response


class AsciiCredentialsOnly(Fault):
    """Fails on credentials with non-ASCII characters."""

    caught_by = ("auth.read.basic-utf8",)

    def handle(self, request: Request) -> Response | None:
        ascii_only = "".join(request.credentials.basic or ()).isascii()
        return None if ascii_only else json_answer({"message": "500 Internal Server Error"}, status=500)


class EmptyPasswordsMalformed(Fault):
    """Rejects an empty password as a malformed header field."""

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
    """Accepts credentials for a file only after a challenge at its URL."""

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
        self._challenged: set[str] = set()

    def handle(self, request: Request) -> Response | None:
        if request.endpoint == "file":
            if request.authorization is None:
                self._challenged.add(request.path)
            elif request.path not in self._challenged:
                return refusal(NotAuthenticatedError())
        return None


class UnknownTokensRefusedInPublic(Fault):
    """Rejects unknown tokens even where no credentials are needed."""

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


class AbsentProjectsForbidden(Fault):
    """Answers 403 for a project that does not exist, as Artifactory does."""

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


class ReadsTokensLoosely(Identifies):
    """Tries a token that opens nothing once more, as `also` reads it."""

    def identify(self, credentials: Credentials, tokens: access.Tokens) -> Caller:
        """Return the owner of the token, in either reading."""
        caller = self.otherwise(credentials, tokens)
        if caller != ANONYMOUS or credentials.basic is None:
            return caller
        username, password = credentials.basic
        return self.otherwise(replace(credentials, basic=(username, self.also(password))), tokens)

    def also(self, token: str) -> str:
        """Return another reading of a token."""
        raise NotImplementedError


class TokensHaveNoCase(ReadsTokensLoosely):
    """Compares tokens without case, as a column with such a collation does."""

    caught_by = ("auth.read.nearly-right",)

    def also(self, token: str) -> str:
        return token.lower()


class TokensEndEarly(ReadsTokensLoosely):
    """Ignores the last character of a token, as a hash does whose input has a greatest length."""

    caught_by = ("auth.read.nearly-right",)

    def also(self, token: str) -> str:
        return token[:-1]


class EmptyPasswordsOpen(Identifies):
    """Lets in a known user without a password, as a directory that is asked with an empty one says yes."""

    caught_by = ("auth.read.nearly-right", "auth.read.basic-utf8")

    def identify(self, credentials: Credentials, tokens: access.Tokens) -> Caller:
        """Return the owner of the token, or of the registry where the password is empty."""
        has_name_alone = credentials.basic is not None and credentials.basic[0] and not credentials.basic[1]
        return self.otherwise(OWNER if has_name_alone else credentials, tokens)
