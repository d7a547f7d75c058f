"""The argument of every view."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING
from urllib.parse import quote, urlencode

from werkzeug import Response

from reference_server.http.parameters import parameters
from reference_server.model import Role
from reference_server.model.errors import RegistryError
from reference_server.rules import management
from reference_server.web.rendering import render
from reference_server.web.sessions import Notice

if TYPE_CHECKING:
    from reference_server.http.parameters import Parameters
    from reference_server.http.request import Request
    from reference_server.http.request_log import RequestLog
    from reference_server.model import Action, Caller, GitLabProject
    from reference_server.rules.registry import Registry
    from reference_server.web.sessions import Session, Sessions

SIGN_IN = "/users/sign_in"


@dataclass
class Visit:
    """One request of a person. `project` is the GitLab project in the path, which the caller may see."""

    request: Request
    registry: Registry
    log: RequestLog
    sessions: Sessions
    session: Session | None
    caller: Caller
    project: GitLabProject | None = None

    @property
    def owner(self) -> GitLabProject:
        """The GitLab project in the path."""
        if self.project is None:
            raise LookupError("this route has no GitLab project")
        return self.project

    @cached_property
    def form(self) -> Parameters:
        """The fields of the form. Raises `FieldError`."""
        return parameters(self.request)

    @property
    def manages(self) -> bool:
        """Whether the caller may change the settings of the GitLab project."""
        return self._has(Role.MAINTAINER, self.owner)

    @property
    def owns(self) -> bool:
        """Whether the caller may change the visibility of the GitLab project."""
        return self._has(Role.OWNER, self.owner)

    @cached_property
    def watches(self) -> bool:
        """Whether the caller may see the requests of all clients: a Maintainer of GitLab project 1."""
        guard = self.registry.store.gitlab_project("1")
        return guard is not None and self._has(Role.MAINTAINER, guard)

    def _has(self, minimum: Role, gitlab_project: GitLabProject) -> bool:
        try:
            management.require_maintainer(self.caller, gitlab_project, minimum=minimum)
        except RegistryError:
            return False
        return True

    def may(self, action: Action) -> bool:
        """Return whether the caller may perform an action on the GitLab project."""
        try:
            self.registry.authorize(self.caller, self.owner, action)
        except RegistryError:
            return False
        return True

    def url(self, path: str) -> str:
        """Return the path below the mount point, escaped for a URL."""
        return quote(self.request.root_path + path, safe="/-._~")

    def page(self, template: str, *, status: int = 200, **values: object) -> Response:
        """Render a page. The notice of the last form is shown once, on its page."""
        notice = None
        if self.session and self.session.notice and self.session.notice.path == self.request.path:
            notice, self.session.notice = self.session.notice, None
        common = {
            "visit": self,
            "url": self.url,
            "notice": notice,
            "csrf": self.session and self.session.csrf,
        }
        return Response(
            render(template, **common | values), status=status, content_type="text/html; charset=utf-8"
        )

    def to(self, path: str, notice: str = "", *, secret: str = "", is_error: bool = False) -> Response:
        """Redirect to a path of the page, with a notice there."""
        if self.session and notice:
            self.session.notice = Notice(notice, path, secret, is_error)
        return Response(status=303, headers={"Location": self.url(path)})

    def to_sign_in(self) -> Response:
        """Redirect to the form for signing in, which leads back."""
        query = urlencode({"return_to": self.request.full_path.rstrip("?")})
        return Response(status=303, headers={"Location": f"{self.url(SIGN_IN)}?{query}"})
