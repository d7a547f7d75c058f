"""Tokens: a user's own, and the deploy and job tokens of a GitLab project."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reference_server.app.new_secrets import DEPLOY, JOB, PERSONAL, new_secret
from reference_server.model.errors import FieldError, NotFoundError
from reference_server.rules import management
from reference_server.rules.current_tokens import is_active
from reference_server.web.paths import PERSONAL_TOKENS, REPOSITORY

if TYPE_CHECKING:
    from collections.abc import Callable

    from werkzeug import Response

    from reference_server.model import Token
    from reference_server.web.visit import Visit


def personal(visit: Visit) -> Response:
    """List the caller's personal access tokens, with a form for a new one."""
    owner = management.require_user(visit.caller, "api", "read_api")
    tokens = management.personal_access_tokens(visit.registry, owner)
    return visit.page(
        "personal_tokens.html",
        tokens=tokens,
        active=_active(visit, tokens),
        scopes=management.PERSONAL_SCOPES,
        may_change="api" in visit.caller.scopes,
    )


def create_personal(visit: Visit) -> Response:
    """Make a personal access token of the caller."""
    owner = management.require_user(visit.caller)
    form = visit.form
    return _made(
        visit,
        PERSONAL_TOKENS,
        lambda: (
            management.make_personal_access_token(
                visit.registry,
                owner,
                form.texts("scopes"),
                secret=new_secret(PERSONAL),
                name=form.text("name"),
                expires_at=form.day("expires_at"),
            ).secret
        ),
    )


def revoke_personal(visit: Visit, token_id: int) -> Response:
    """Revoke a personal access token of the caller."""
    owner = management.require_user(visit.caller)
    management.revoke(visit.registry, management.personal_access_tokens(visit.registry, owner), token_id)
    return visit.to(PERSONAL_TOKENS, "The token was revoked.")


def of_project(visit: Visit) -> Response:
    """List the deploy tokens and the running jobs of the GitLab project, with forms for new ones."""
    management.require_maintainer(visit.caller, visit.owner)
    deploy = management.deploy_tokens(visit.registry, visit.owner)
    jobs = management.job_tokens(visit.registry, visit.owner)
    return visit.page(
        "project_tokens.html",
        deploy_tokens=deploy,
        job_tokens=jobs,
        active=_active(visit, (*deploy, *jobs)),
        scopes=management.DEPLOY_SCOPES,
        allowlist=management.job_token_allowlist(visit.registry, visit.owner) if _allows(visit) else (),
    )


def create_deploy(visit: Visit) -> Response:
    """Make a deploy token."""
    management.require_maintainer(visit.caller, visit.owner)
    form = visit.form
    return _made(
        visit,
        _path(visit),
        lambda: (
            management.make_deploy_token(
                visit.registry,
                visit.owner,
                form.texts("scopes"),
                username=form.text("username").strip(),
                secret=new_secret(DEPLOY),
                name=form.text("name"),
                expires_at=form.day("expires_at"),
            ).secret
        ),
    )


def revoke_deploy(visit: Visit, token_id: int) -> Response:
    """Revoke a deploy token."""
    management.require_maintainer(visit.caller, visit.owner)
    management.revoke(visit.registry, management.deploy_tokens(visit.registry, visit.owner), token_id)
    return visit.to(_path(visit), "The token was revoked.")


def create_job(visit: Visit) -> Response:
    """Begin a CI job of the caller, and make its token."""
    management.require_maintainer(visit.caller, visit.owner)
    user = management.require_user(visit.caller)
    form = visit.form
    return _made(
        visit,
        _path(visit),
        lambda: (
            management.make_job_token(
                visit.registry,
                visit.owner,
                user,
                secret=new_secret(JOB),
                name=form.text("name"),
                expires_at=None,
            ).secret
        ),
    )


def end_job(visit: Visit, token_id: int) -> Response:
    """End a CI job, and with it the validity of its token."""
    management.require_maintainer(visit.caller, visit.owner)
    management.revoke(visit.registry, management.job_tokens(visit.registry, visit.owner), token_id)
    return visit.to(_path(visit), "The job has ended.")


def allow_jobs(visit: Visit) -> Response:
    """Let jobs of another GitLab project use this one."""
    _require_allowlist(visit)
    reference = visit.form.text("project").strip()
    try:
        other = management.allow_job_tokens(visit.registry, visit.caller, visit.owner, reference)
    except NotFoundError:
        return visit.to(_path(visit), f"There is no project {reference}.", is_error=True)
    return visit.to(_path(visit), f"Jobs of {other.full_path} may use this project.")


def disallow_jobs(visit: Visit, target_id: int) -> Response:
    """Keep jobs of another GitLab project from this one."""
    _require_allowlist(visit)
    management.disallow_job_tokens(visit.registry, visit.owner, target_id)
    return visit.to(_path(visit), "The project was removed from the allowlist.")


def _require_allowlist(visit: Visit) -> None:
    management.require_maintainer(visit.caller, visit.owner)
    if not _allows(visit):
        raise NotFoundError


def _allows(visit: Visit) -> bool:
    """Return whether the flavour has a job token allowlist."""
    return "job_token_allowlist" not in visit.request.flavour.lacks


def _active(visit: Visit, tokens: tuple[Token, ...]) -> frozenset[int]:
    return frozenset(each.record.id for each in tokens if is_active(each, visit.registry.now))


def _path(visit: Visit) -> str:
    return f"/{visit.owner.full_path}{REPOSITORY}"


def _made(visit: Visit, path: str, make: Callable[[], str]) -> Response:
    try:
        secret = make()
    except FieldError as error:
        return visit.to(path, f"The token was not created: {error}.", is_error=True)
    return visit.to(path, "Copy the new token now. It is not shown again.", secret=secret)
