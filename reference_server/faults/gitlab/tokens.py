"""Faults in what a token permits."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from reference_server.faults.building.decisions import Authorizes, Identifies
from reference_server.faults.building.requests import gitlab_project_of
from reference_server.faults.fault import Fault
from reference_server.http.json_responses import refusal
from reference_server.model import Action, Caller, User
from reference_server.model.errors import (
    ForbiddenError,
    InsufficientScopeError,
    NotAuthenticatedError,
    RegistryError,
    TokenExpiredError,
    TokenRevokedError,
    UnknownTokenError,
    UnusableTokenError,
)
from reference_server.rules.access import JOB_USERNAME, WRITING

if TYPE_CHECKING:
    from werkzeug import Response

    from reference_server.http.request import Request
    from reference_server.model import Credentials, GitLabProject
    from reference_server.rules.access import Tokens

ALL_SCOPES = frozenset({"api"})


class DocumentedUserNameUnknown(Identifies):
    """Rejects the user name `__token__`."""

    caught_by = (
        "gitlab.token.personal-publishes",
        "gitlab.token.read-api-reads",
        "clients.pip.read-api-token",
        "gitlab.matrix.file",
        "gitlab.matrix.metadata-file",
        "gitlab.matrix.page",
        "gitlab.matrix.root-page",
        "gitlab.matrix.upload",
        "gitlab.matrix.group-page",
        "gitlab.matrix.group-file",
    )

    def identify(self, credentials: Credentials, tokens: Tokens) -> Caller:
        if credentials.basic and credentials.basic[0] == "__token__":
            raise UnknownTokenError
        return super().identify(credentials, tokens)


class UserNameCompared(Identifies):
    """Accepts a personal access token only with `__token__` or its owner's user name."""

    caught_by = (
        "gitlab.token.any-user-name",
        "clients.pip.credentials-percent-encoded",
        "gitlab.matrix.page",
        "gitlab.matrix.upload",
    )

    def identify(self, credentials: Credentials, tokens: Tokens) -> Caller:
        caller = super().identify(credentials, tokens)
        name = credentials.basic[0] if credentials.basic else "__token__"
        if caller.user and name not in {"__token__", JOB_USERNAME, caller.user.name}:
            raise UnknownTokenError
        return caller


class ReadingNeedsTheApiScope(Authorizes):
    """Requires the scope `api` to read packages."""

    caught_by = (
        "gitlab.token.read-api-reads",
        "clients.pip.read-api-token",
        "gitlab.matrix.file",
        "gitlab.matrix.list",
        "gitlab.matrix.metadata-file",
        "gitlab.matrix.page",
        "gitlab.matrix.root-page",
    )

    def authorize(self, caller: Caller, gitlab_project: GitLabProject, action: Action) -> None:
        if caller.user and "api" not in caller.scopes:
            raise InsufficientScopeError("api")
        super().authorize(caller, gitlab_project, action)


class ScopesIgnored(Authorizes):
    """Ignores token scopes: every token has its owner's rights."""

    caught_by = (
        "gitlab.token.read-api-cannot-publish",
        "gitlab.matrix.delete",
        "gitlab.matrix.upload",
    )

    def authorize(self, caller: Caller, gitlab_project: GitLabProject, action: Action) -> None:
        super().authorize(replace(caller, scopes=ALL_SCOPES), gitlab_project, action)


class DeployTokensUnknown(Identifies):
    """Rejects deploy tokens."""

    caught_by = (
        "gitlab.token.deploy-write-publishes",
        "gitlab.token.deploy-read-reads",
        "clients.pip.deploy-token",
        "clients.twine.pypirc-deploy-token",
        "clients.twine.read-only-token",
        "gitlab.matrix.file",
        "gitlab.matrix.metadata-file",
        "gitlab.matrix.page",
        "gitlab.matrix.private-is-secret",
        "gitlab.matrix.root-page",
        "gitlab.matrix.upload",
    )

    def identify(self, credentials: Credentials, tokens: Tokens) -> Caller:
        caller = super().identify(credentials, tokens)
        return replace(caller, deploy_token=None)


class DeployTokensReadOnly(Authorizes):
    """Rejects uploads with deploy tokens."""

    caught_by = (
        "gitlab.token.deploy-write-publishes",
        "clients.twine.pypirc-deploy-token",
        "gitlab.matrix.private-is-secret",
        "gitlab.matrix.upload",
    )

    def authorize(self, caller: Caller, gitlab_project: GitLabProject, action: Action) -> None:
        if caller.deploy_token and action in WRITING:
            raise ForbiddenError
        super().authorize(caller, gitlab_project, action)


class DeployTokenScopesIgnored(Authorizes):
    """Ignores the scopes of deploy tokens."""

    caught_by = (
        "gitlab.token.deploy-read-cannot-publish",
        "clients.twine.read-only-token",
        "gitlab.matrix.upload",
    )

    def authorize(self, caller: Caller, gitlab_project: GitLabProject, action: Action) -> None:
        if not caller.deploy_token or caller.deploy_token.gitlab_project != gitlab_project.id:
            super().authorize(caller, gitlab_project, action)


class DeployTokensGoodEverywhere(Authorizes):
    """Accepts the deploy token of one GitLab project in every other."""

    caught_by = (
        "gitlab.token.deploy-elsewhere-sees-nothing",
        "gitlab.matrix.file",
        "gitlab.matrix.metadata-file",
        "gitlab.matrix.page",
        "gitlab.matrix.private-is-secret",
        "gitlab.matrix.root-page",
        "gitlab.matrix.upload",
    )

    def authorize(self, caller: Caller, gitlab_project: GitLabProject, action: Action) -> None:
        token = caller.deploy_token and replace(caller.deploy_token, gitlab_project=gitlab_project.id)
        super().authorize(replace(caller, deploy_token=token), gitlab_project, action)


class JobTokensUnknown(Identifies):
    """Rejects job tokens."""

    caught_by = (
        "gitlab.token.job-publishes",
        "gitlab.token.job-reads",
        "clients.pip.job-token",
        "clients.twine.pypirc-job-token",
        "gitlab.matrix.file",
        "gitlab.matrix.page",
        "gitlab.matrix.upload",
        "gitlab.matrix.group-page",
        "gitlab.matrix.group-file",
    )

    def identify(self, credentials: Credentials, tokens: Tokens) -> Caller:
        if credentials.basic and credentials.basic[0] == JOB_USERNAME:
            raise UnknownTokenError
        return super().identify(credentials, tokens)


class JobTokensReadOnly(Fault):
    """Rejects uploads with job tokens."""

    caught_by = (
        "gitlab.token.job-publishes",
        "clients.twine.pypirc-job-token",
        "gitlab.matrix.upload",
    )

    def handle(self, request: Request) -> Response | None:
        name = request.authorization.username if request.authorization else ""
        refused = request.endpoint == "upload" and name == JOB_USERNAME
        return refusal(NotAuthenticatedError()) if refused else None


class JobTokensOutliveTheirJobs(Identifies):
    """Accepts the tokens of finished jobs."""

    caught_by = (
        "gitlab.token.job-finished-refused",
        "gitlab.matrix.file",
        "gitlab.matrix.page",
        "gitlab.matrix.upload",
        "gitlab.matrix.group-page",
        "gitlab.matrix.group-file",
    )

    def identify(self, credentials: Credentials, tokens: Tokens) -> Caller:
        job = tokens.job_token(credentials.basic[1]) if credentials.basic else None
        return Caller(user=job.user, scopes=ALL_SCOPES) if job else super().identify(credentials, tokens)


class JobUserNameSuffices(Identifies):
    """Accepts the user name of job tokens with any password."""

    caught_by = (
        "gitlab.token.job-finished-refused",
        "gitlab.token.job-wrong-refused",
        "gitlab.matrix.file",
        "gitlab.matrix.page",
        "gitlab.matrix.upload",
        "gitlab.matrix.group-page",
        "gitlab.matrix.group-file",
    )

    def identify(self, credentials: Credentials, tokens: Tokens) -> Caller:
        if credentials.basic and credentials.basic[0] == JOB_USERNAME:
            return Caller(user=User("maintainer"), scopes=ALL_SCOPES)
        return super().identify(credentials, tokens)


class WrongJobTokensForbidden(Fault):
    """Answers 403 instead of 401 to invalid job tokens."""

    caught_by = (
        "gitlab.token.job-finished-refused",
        "gitlab.token.job-wrong-refused",
        "gitlab.matrix.file",
        "gitlab.matrix.page",
        "gitlab.matrix.upload",
        "gitlab.matrix.group-page",
        "gitlab.matrix.group-file",
    )

    def respond(self, request: Request, response: Response) -> Response:
        name = request.authorization.username if request.authorization else ""
        if response.status_code == 401 and name == JOB_USERNAME:
            return refusal(ForbiddenError())
        return response


class AcceptsUnusableTokens(Identifies):
    """Accepts personal access tokens that the unaltered server rejects with `taken`."""

    taken: type[UnusableTokenError]

    def identify(self, credentials: Credentials, tokens: Tokens) -> Caller:
        try:
            return super().identify(credentials, tokens)
        except self.taken:
            return Caller(user=User("maintainer"), scopes=ALL_SCOPES)


class ExpiryIgnored(AcceptsUnusableTokens):
    """Accepts expired personal access tokens."""

    caught_by = (
        "gitlab.token.expired-refused",
        "gitlab.matrix.delete",
        "gitlab.matrix.file",
        "gitlab.matrix.list",
        "gitlab.matrix.page",
        "gitlab.matrix.upload",
        "gitlab.matrix.group-page",
        "gitlab.matrix.group-file",
    )
    taken = TokenExpiredError


class RevocationIgnored(AcceptsUnusableTokens):
    """Accepts revoked personal access tokens."""

    caught_by = (
        "gitlab.token.revoked-refused",
        "gitlab.matrix.page",
        "gitlab.matrix.upload",
    )
    taken = TokenRevokedError


class PasswordsNotCompared(Identifies):
    """Asks for a password and accepts any."""

    caught_by = (
        "gitlab.token.revoked-after-use",
        "gitlab.token.wrong-cannot-publish",
        "gitlab.token.wrong-cannot-read-private",
        "gitlab.token.refused-leaves-nothing",
        "gitlab.token.read-api-cannot-publish",
        "gitlab.token.deploy-read-cannot-publish",
        "gitlab.token.deploy-elsewhere-sees-nothing",
        "gitlab.token.job-finished-refused",
        "gitlab.token.job-wrong-refused",
        "gitlab.token.expired-refused",
        "gitlab.token.revoked-refused",
        "gitlab.access.stranger-sees-nothing",
        "gitlab.access.stranger-cannot-publish",
        "gitlab.access.reporter-cannot-publish",
        "gitlab.access.guest-cannot-publish",
        "clients.twine.wrong-password",
        "clients.twine.read-only-token",
        "clients.pip.wrong-token",
        "gitlab.matrix.file",
        "gitlab.matrix.metadata-file",
        "gitlab.matrix.page",
        "gitlab.matrix.private-is-secret",
        "gitlab.matrix.root-page",
        "gitlab.matrix.upload",
        "gitlab.matrix.group-page",
        "gitlab.matrix.group-file",
        "gitlab.access.members-only-closed",
        "gitlab.access.open-for-pulling-only",
        "gitlab.token.job-elsewhere-members-only",
        "gitlab.token.job-elsewhere-refused",
    )

    def identify(self, credentials: Credentials, tokens: Tokens) -> Caller:
        if credentials.basic is None:
            return super().identify(credentials, tokens)
        return Caller(user=User("maintainer"), scopes=ALL_SCOPES)


class WrongTokensForbidden(Fault):
    """Answers 403 instead of 401 to unknown tokens."""

    caught_by = (
        "gitlab.token.wrong-cannot-publish",
        "gitlab.token.wrong-cannot-read-private",
        "gitlab.token.job-finished-refused",
        "gitlab.token.job-wrong-refused",
        "gitlab.token.expired-refused",
        "gitlab.token.revoked-refused",
        "clients.twine.wrong-password",
        "gitlab.matrix.file",
        "gitlab.matrix.metadata-file",
        "gitlab.matrix.page",
        "gitlab.matrix.root-page",
        "gitlab.matrix.upload",
        "gitlab.matrix.group-page",
        "gitlab.matrix.group-file",
    )

    def respond(self, request: Request, response: Response) -> Response:
        wrong = response.status_code == 401 and request.authorization is not None
        return refusal(ForbiddenError()) if wrong else response


class StoredBeforeTheTokenIsRead(Authorizes):
    """Stores an upload before it reads the credentials."""

    caught_by = (
        "gitlab.token.refused-leaves-nothing",
        "clients.twine.wrong-password",
        "clients.twine.read-only-token",
        "gitlab.matrix.private-is-secret",
    )

    def authorize(self, caller: Caller, gitlab_project: GitLabProject, action: Action) -> None:
        if action is not Action.UPLOAD:
            super().authorize(caller, gitlab_project, action)

    def respond(self, request: Request, response: Response) -> Response:
        if request.endpoint == "upload" and response.status_code == 201:
            caller = request.registry.identify(request.credentials)
            try:
                super().authorize(caller, gitlab_project_of(request), Action.UPLOAD)
            except RegistryError as error:
                return refusal(error)
        return response
