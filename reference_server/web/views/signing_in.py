"""Signing in with a personal access token, and signing out."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reference_server.model import Credentials
from reference_server.model.errors import NotAuthenticatedError
from reference_server.rules.access import identify
from reference_server.rules.current_tokens import CurrentTokens
from reference_server.web.sessions import cookie_name

if TYPE_CHECKING:
    from werkzeug import Response

    from reference_server.web.visit import Visit


def form(visit: Visit) -> Response:
    """Show the form."""
    return visit.page("sign_in.html", error="", return_to=_return_to(visit.request.args.get("return_to", "")))


def sign_in(visit: Visit) -> Response:
    """Begin a session with a personal access token."""
    secret = visit.form.text("token").strip()
    return_to = _return_to(visit.form.text("return_to"))
    tokens = CurrentTokens(visit.registry.store, visit.registry.now)
    try:
        identify(Credentials(private_token=secret), tokens)
    except NotAuthenticatedError as refused:
        reason = str(refused) if secret and str(refused) != NotAuthenticatedError.message else ""
        error = reason or "This is not the personal access token of a user."
        return visit.page("sign_in.html", status=422, error=error, return_to=return_to)
    token = visit.registry.store.personal_access_token(secret)
    if token is None:
        raise NotAuthenticatedError
    if visit.session:
        visit.sessions.end(visit.session)
    session = visit.session = visit.sessions.begin(token, visit.registry.now())
    answer = visit.to(return_to, f"Signed in as {token.user.name}.")
    answer.set_cookie(
        cookie_name(visit.request),
        session.key,
        path=visit.request.root_path or "/",
        secure=visit.request.is_secure,
        httponly=True,
        samesite="Strict",
    )
    return answer


def sign_out(visit: Visit) -> Response:
    """End the session."""
    if visit.session:
        visit.sessions.end(visit.session)
    visit.session = None
    answer = visit.to("/")
    answer.delete_cookie(cookie_name(visit.request), path=visit.request.root_path or "/", samesite="Strict")
    return answer


def _return_to(path: str) -> str:
    """Return a path of this page; the first page for anything else, such as another host's URL."""
    inside = path.startswith("/") and not path.startswith(("//", "/\\")) and path.isprintable()
    return path.partition("?")[0] if inside else "/"
