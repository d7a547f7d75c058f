"""Faults in who may read and publish."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING

from reference_server.faults.building.decisions import Authorizes
from reference_server.faults.building.request_notes import NotesRequests
from reference_server.faults.building.requests import gitlab_project_of
from reference_server.faults.building.responses import ChangesHeaders
from reference_server.faults.building.upload_forms import text_of
from reference_server.faults.fault import Fault
from reference_server.http.json_responses import refusal
from reference_server.model import Action, Role, Visibility
from reference_server.model.errors import ForbiddenError, GitLabProjectNotFoundError, NotAuthenticatedError

if TYPE_CHECKING:
    from werkzeug import Response

    from reference_server.http.request import Request
    from reference_server.model import Caller, GitLabProject
    from reference_server.rules import Rules

READING = frozenset({Action.SEE, Action.BROWSE, Action.DOWNLOAD, Action.INSPECT})


class EveryonePublishes(Authorizes):
    """Accepts anonymous uploads."""

    caught_by = (
        "gitlab.access.anonymous-cannot-publish",
        "gitlab.access.public-needs-token-to-publish",
        "gitlab.token.wrong-cannot-publish",
        "gitlab.token.expired-refused",
        "gitlab.token.revoked-refused",
        "gitlab.token.refused-leaves-nothing",
        "clients.twine.wrong-password",
        "gitlab.matrix.upload",
        "gitlab.access.open-for-pulling-only",
    )

    def authorize(self, caller: Caller, gitlab_project: GitLabProject, action: Action) -> None:
        if not (caller.is_anonymous and action is Action.UPLOAD):
            super().authorize(caller, gitlab_project, action)


class MembersPublishToExistingProjects(NotesRequests[bool]):
    """Lets every member publish to a project that exists."""

    caught_by = ("gitlab.matrix.upload",)

    def note(self, request: Request) -> bool:
        """Whether this is an upload to a project that exists."""
        if request.endpoint != "upload":
            return False
        with suppress(GitLabProjectNotFoundError):
            owner, name = gitlab_project_of(request), text_of(request, "name")
            return bool(request.registry.packages(owner, name=name))
        return False

    def rules(self, rules: Rules) -> Rules:
        def authorize(caller: Caller, gitlab_project: GitLabProject, action: Action) -> None:
            is_member = caller.user is not None and caller.user.name in gitlab_project.members
            if not (action is Action.UPLOAD and is_member and self.noted_here):
                rules.authorize(caller, gitlab_project, action)

        return replace(rules, authorize=authorize)


class EveryonePublishesInPublic(Authorizes):
    """Accepts anonymous uploads to a public GitLab project."""

    caught_by = (
        "gitlab.access.public-needs-token-to-publish",
        "gitlab.matrix.upload",
    )

    def authorize(self, caller: Caller, gitlab_project: GitLabProject, action: Action) -> None:
        if not (gitlab_project.visibility is Visibility.PUBLIC and action is Action.UPLOAD):
            super().authorize(caller, gitlab_project, action)


class AnonymousCallersForbidden(Fault):
    """Answers 403 instead of 401 to anonymous callers."""

    caught_by = (
        "gitlab.access.anonymous-cannot-publish",
        "gitlab.access.anonymous-cannot-read-private",
        "gitlab.access.anonymous-cannot-download-private",
        "gitlab.access.challenge",
        "gitlab.access.public-needs-token-to-publish",
        "gitlab.matrix.delete",
        "gitlab.matrix.file",
        "gitlab.matrix.list",
        "gitlab.matrix.metadata-file",
        "gitlab.matrix.page",
        "gitlab.matrix.root-page",
        "gitlab.matrix.upload",
    )

    def respond(self, request: Request, response: Response) -> Response:
        unasked = response.status_code == 401 and "Authorization" not in request.headers
        return refusal(ForbiddenError()) if unasked else response


class PrivateReadByEveryone(Authorizes):
    """Serves the pages and files of a private GitLab project to anonymous callers."""

    caught_by = (
        "gitlab.access.anonymous-cannot-read-private",
        "gitlab.access.anonymous-cannot-download-private",
        "gitlab.access.challenge",
        "gitlab.access.stranger-sees-nothing",
        "gitlab.token.wrong-cannot-read-private",
        "gitlab.token.deploy-elsewhere-sees-nothing",
        "clients.pip.private-without-credentials",
        "clients.pip.wrong-token",
        "gitlab.matrix.file",
        "gitlab.matrix.list",
        "gitlab.matrix.metadata-file",
        "gitlab.matrix.page",
        "gitlab.matrix.private-is-secret",
        "gitlab.matrix.root-page",
        "gitlab.matrix.group-page",
        "gitlab.matrix.group-file",
        "gitlab.token.job-elsewhere-refused",
    )

    def authorize(self, caller: Caller, gitlab_project: GitLabProject, action: Action) -> None:
        seen = Visibility.PUBLIC if action in READING else gitlab_project.visibility
        super().authorize(caller, replace(gitlab_project, visibility=seen), action)


class FilesForEveryone(Authorizes):
    """Serves private files to anyone with the URL, as GitLab 13.4 did."""

    caught_by = (
        "gitlab.access.anonymous-cannot-download-private",
        "gitlab.matrix.file",
        "gitlab.matrix.group-file",
        "gitlab.matrix.metadata-file",
        "gitlab.matrix.private-is-secret",
        "gitlab.access.members-only-closed",
        "gitlab.token.job-elsewhere-members-only",
        "gitlab.token.job-elsewhere-refused",
    )

    def authorize(self, caller: Caller, gitlab_project: GitLabProject, action: Action) -> None:
        if action is not Action.DOWNLOAD:
            super().authorize(caller, gitlab_project, action)


class NoChallenge(ChangesHeaders):
    """Answers 401 without WWW-Authenticate."""

    caught_by = ("gitlab.access.challenge",)
    removes = ("WWW-Authenticate",)


class ChallengeForABearer(ChangesHeaders):
    """Asks for a bearer token, which package clients do not have."""

    caught_by = ("gitlab.access.challenge",)
    statuses = (401,)
    sets = ("WWW-Authenticate", 'Bearer realm="Packages"')


class PublicFilesNeedAToken(Authorizes):
    """Requires a token for the files of a public GitLab project but not for its pages."""

    caught_by = (
        "gitlab.access.public-file-for-everyone",
        "gitlab.matrix.file",
        "gitlab.matrix.metadata-file",
        "gitlab.access.open-to-everyone",
    )

    def authorize(self, caller: Caller, gitlab_project: GitLabProject, action: Action) -> None:
        if caller.is_anonymous and action is Action.DOWNLOAD:
            raise NotAuthenticatedError
        super().authorize(caller, gitlab_project, action)


class StrangersForbidden(Authorizes):
    """Reveals to strangers by a 403 that a private GitLab project exists."""

    caught_by = (
        "gitlab.access.stranger-sees-nothing",
        "gitlab.matrix.delete",
        "gitlab.matrix.file",
        "gitlab.matrix.list",
        "gitlab.matrix.metadata-file",
        "gitlab.matrix.page",
        "gitlab.matrix.private-is-secret",
        "gitlab.matrix.root-page",
        "gitlab.matrix.upload",
    )

    def authorize(self, caller: Caller, gitlab_project: GitLabProject, action: Action) -> None:
        try:
            super().authorize(caller, gitlab_project, action)
        except GitLabProjectNotFoundError:
            raise ForbiddenError from None


class EveryUserPublishes(Authorizes):
    """Accepts uploads from every user, member or not."""

    caught_by = (
        "gitlab.access.stranger-cannot-publish",
        "gitlab.access.reporter-cannot-publish",
        "gitlab.access.guest-cannot-publish",
        "gitlab.matrix.private-is-secret",
        "gitlab.matrix.upload",
        "gitlab.access.open-for-pulling-only",
        "gitlab.token.job-elsewhere-refused",
    )

    def authorize(self, caller: Caller, gitlab_project: GitLabProject, action: Action) -> None:
        on = gitlab_project.packages_enabled and action is Action.UPLOAD
        if not (on and caller.user and "api" in caller.scopes):
            super().authorize(caller, gitlab_project, action)


class ChangesRole(Authorizes):
    """Treats one role as another."""

    taken: Role
    for_: Role
    actions: frozenset[Action]

    def authorize(self, caller: Caller, gitlab_project: GitLabProject, action: Action) -> None:
        """Treat members with the role `taken` as having the role `for_`."""
        if action in self.actions:
            members = {
                name: self.for_ if role is self.taken else role
                for name, role in gitlab_project.members.items()
            }
            gitlab_project = replace(gitlab_project, members=members)
        super().authorize(caller, gitlab_project, action)


class DevelopersCannotPublish(ChangesRole):
    """Requires the role Maintainer to publish."""

    caught_by = (
        "gitlab.access.developer-publishes",
        "gitlab.matrix.upload",
    )
    taken, for_, actions = Role.DEVELOPER, Role.REPORTER, frozenset({Action.UPLOAD})


class ReportersPublish(ChangesRole):
    """Lets Reporters publish."""

    caught_by = (
        "gitlab.access.reporter-cannot-publish",
        "gitlab.matrix.upload",
    )
    taken, for_, actions = Role.REPORTER, Role.DEVELOPER, frozenset({Action.UPLOAD})


class GuestsPublish(ChangesRole):
    """Lets Guests publish."""

    caught_by = (
        "gitlab.access.guest-cannot-publish",
        "gitlab.matrix.upload",
    )
    taken, for_, actions = Role.GUEST, Role.DEVELOPER, frozenset({Action.UPLOAD})


class DevelopersDelete(ChangesRole):
    """Lets Developers delete packages."""

    caught_by = (
        "gitlab.rest.delete-needs-role",
        "gitlab.matrix.delete",
    )
    taken, for_, actions = Role.DEVELOPER, Role.MAINTAINER, frozenset({Action.DELETE})


class ReportersCannotRead(Authorizes):
    """Requires the role Developer to read."""

    caught_by = (
        "gitlab.access.reporter-reads",
        "gitlab.matrix.file",
        "gitlab.matrix.list",
        "gitlab.matrix.page",
        "gitlab.matrix.group-page",
        "gitlab.matrix.group-file",
        "gitlab.access.members-only-read",
    )

    def authorize(self, caller: Caller, gitlab_project: GitLabProject, action: Action) -> None:
        role = gitlab_project.members.get(caller.user.name) if caller.user else None
        if role is not None and role < Role.DEVELOPER and action in READING:
            raise ForbiddenError
        super().authorize(caller, gitlab_project, action)


class EverythingPrivate(Authorizes):
    """Requires a token even if the GitLab project is public."""

    caught_by = (
        "gitlab.access.public-page-for-everyone",
        "gitlab.access.public-file-for-everyone",
        "gitlab.matrix.delete",
        "gitlab.matrix.file",
        "gitlab.matrix.list",
        "gitlab.matrix.metadata-file",
        "gitlab.matrix.page",
        "gitlab.matrix.root-page",
        "gitlab.matrix.upload",
        "gitlab.token.job-elsewhere-reads-public",
    )

    def authorize(self, caller: Caller, gitlab_project: GitLabProject, action: Action) -> None:
        super().authorize(caller, replace(gitlab_project, visibility=Visibility.PRIVATE), action)


class ChallengeWithColon(Fault):
    """Writes a colon for the equals sign in its challenge, as GitLab 13.4 did."""

    caught_by = ("gitlab.access.challenge",)

    def respond(self, request: Request, response: Response) -> Response:
        challenge = response.headers.get("WWW-Authenticate")
        if challenge is not None:
            response.headers["WWW-Authenticate"] = challenge.replace("=", ": ").replace('"', "")
        return response
