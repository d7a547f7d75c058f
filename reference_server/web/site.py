"""The page as a whole: finds the view of a request, its session and its GitLab project, and renders refusals.

Every form has the session's token. Requests of other sites' pages do not come as far: see `http.cross_site`.
"""

from __future__ import annotations

import hmac
from typing import TYPE_CHECKING

from werkzeug.exceptions import HTTPException

from reference_server.http.json_responses import STATUSES
from reference_server.model import ANONYMOUS, Action
from reference_server.model.errors import ForbiddenError, NotAuthenticatedError, NotFoundError, RegistryError
from reference_server.web.routes import ADAPTER, BY_NAME
from reference_server.web.sessions import Sessions, caller_of, cookie_name
from reference_server.web.visit import Visit

if TYPE_CHECKING:
    from werkzeug import Response

    from reference_server.http.request import Request
    from reference_server.http.request_log import RequestLog
    from reference_server.model import GitLabProject
    from reference_server.rules.registry import Registry

HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}
REASONS = {
    ForbiddenError.message: "Your role, or the scope of your token, does not allow this.",
    NotFoundError.message: "It does not exist, or you may not see it.",
}
"""Sentences for people in place of GitLab's texts for programs."""
WITHOUT_SESSION = frozenset({"sign_in"})


class FormExpiredError(ForbiddenError):
    """The form lacks the session's token."""

    message = "The form has expired. Go back, reload the page, and send it again."


class Site:
    """The page of one registry. Safe to use from several threads."""

    def __init__(self, registry: Registry, log: RequestLog) -> None:
        self._registry = registry
        self._log = log
        self._sessions = Sessions()

    def __call__(self, request: Request) -> Response | None:
        """Answer a request, or return None for one that no view is for."""
        try:
            name, arguments = ADAPTER.match(path_info=request.routed_path, method=request.method)
        except HTTPException:
            return None
        response = self._answer(request, name, dict(arguments))
        for field, value in HEADERS.items():
            response.headers.setdefault(field, value)
        return response

    def _answer(self, request: Request, name: str, arguments: dict[str, object]) -> Response:
        visit = self._visit(request)
        project = arguments.pop("project", None)
        try:
            if request.method == "POST":
                _require_form(visit, name)
            if project is not None:
                visit.project = self._found(visit, str(project).replace("%2F", "/"))
            return BY_NAME[name].view(visit, **arguments)
        except NotAuthenticatedError:
            if request.method == "POST":
                return _refused(visit, 401, "Sign in first.")
            return visit.to_sign_in()
        except RegistryError as error:
            status = next(status for kind, status in STATUSES.items() if isinstance(error, kind))
            return _refused(visit, status, REASONS.get(str(error), str(error).removeprefix(f"{status} ")))

    def _found(self, visit: Visit, reference: str) -> GitLabProject:
        """Find what the caller may see. An anonymous one does not learn whether a GitLab project exists."""
        try:
            found = self._registry.gitlab_project(reference)
        except NotFoundError:
            if visit.caller.is_anonymous:
                raise NotAuthenticatedError from None
            raise
        self._registry.authorize(visit.caller, found, Action.SEE)
        return found

    def _visit(self, request: Request) -> Visit:
        now = self._registry.now()
        session = self._sessions.find(request.cookies.get(cookie_name(request), ""), now)
        caller = caller_of(session, self._registry) if session else None
        if session and caller is None:
            self._sessions.end(session)
            session = None
        return Visit(request, self._registry, self._log, self._sessions, session, caller or ANONYMOUS)


def _require_form(visit: Visit, name: str) -> None:
    if name in WITHOUT_SESSION:
        return
    if visit.session is None:
        raise NotAuthenticatedError
    sent = visit.form.text("authenticity_token").encode()
    if not hmac.compare_digest(sent, visit.session.csrf.encode()):
        raise FormExpiredError


def _refused(visit: Visit, status: int, reason: str) -> Response:
    visit.project = None
    return visit.page("error.html", status=status, code=status, reason=reason)
