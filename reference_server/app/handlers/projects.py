"""GitLab's REST API for the settings of a GitLab project, its deploy tokens, and the tokens of its jobs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from werkzeug import Response

from reference_server.app.handlers.pagination import paginated
from reference_server.app.handlers.rest import described_project
from reference_server.app.new_secrets import DEPLOY, JOB, new_secret
from reference_server.http.json_responses import json_answer
from reference_server.http.parameters import parameters
from reference_server.model import RegistryAccess, Role, Visibility
from reference_server.model.errors import NotFoundError
from reference_server.rules import management
from reference_server.rules.current_tokens import has_expired

if TYPE_CHECKING:
    from reference_server.app.handlers.call import Call
    from reference_server.http.parameters import Parameters
    from reference_server.model import DeployToken, JobToken
    from reference_server.rules.management import Settings
    from reference_server.rules.registry import Registry

ACCESS_LEVEL = "package_registry_access_level"


def update(call: Call) -> Response:
    """Change settings of the GitLab project."""
    management.require_maintainer(call.caller, call.gitlab_project)
    given = parameters(call.request)
    changed = settings(given, call.request.flavour.rest_lacks)
    if "visibility" in given:
        management.require_maintainer(call.caller, call.gitlab_project, minimum=Role.OWNER)
        changed["visibility"] = given.choice("visibility", Visibility.PRIVATE)
    made = management.change_settings(call.registry, call.gitlab_project, **changed)
    return json_answer(described_project(made, call.request.flavour.rest_lacks))


def settings(given: Parameters, lacks: frozenset[str] = frozenset()) -> Settings:
    """Return the switch of the package registry, under either of its names, and who may use it.

    Raises `InvalidFieldError`.
    """
    changed: Settings = {}
    if "packages_enabled" in given:
        changed["packages_enabled"] = given.flag("packages_enabled")
    if ACCESS_LEVEL in given and ACCESS_LEVEL not in lacks:
        changed["packages_enabled"] = given.text(ACCESS_LEVEL) != "disabled"
        if changed["packages_enabled"]:
            changed["registry_access"] = given.choice(ACCESS_LEVEL, RegistryAccess.ENABLED)
    return changed


def deploy_tokens(call: Call) -> Response:
    """List the deploy tokens."""
    management.require_maintainer(call.caller, call.gitlab_project)
    tokens = management.deploy_tokens(call.registry, call.gitlab_project)
    return paginated(call, [_described_deploy_token(call.registry, each) for each in tokens])


def deploy_token(call: Call, token_id: int) -> Response:
    """Describe one deploy token."""
    management.require_maintainer(call.caller, call.gitlab_project)
    for each in management.deploy_tokens(call.registry, call.gitlab_project):
        if each.record.id == token_id:
            return json_answer(_described_deploy_token(call.registry, each))
    raise NotFoundError


def create_deploy_token(call: Call) -> Response:
    """Create a deploy token."""
    management.require_maintainer(call.caller, call.gitlab_project)
    given = parameters(call.request)
    made = management.make_deploy_token(
        call.registry,
        call.gitlab_project,
        given.texts("scopes"),
        username=given.text("username"),
        secret=new_secret(DEPLOY),
        name=given.text("name"),
        expires_at=given.day("expires_at"),
    )
    return json_answer(_described_deploy_token(call.registry, made) | {"token": made.secret}, status=201)


def revoke_deploy_token(call: Call, token_id: int) -> Response:
    """Revoke a deploy token."""
    management.require_maintainer(call.caller, call.gitlab_project)
    tokens = management.deploy_tokens(call.registry, call.gitlab_project)
    management.revoke(call.registry, tokens, token_id)
    return Response(status=204)


def job_tokens(call: Call) -> Response:
    """List the tokens of jobs."""
    management.require_maintainer(call.caller, call.gitlab_project)
    tokens = management.job_tokens(call.registry, call.gitlab_project)
    return paginated(call, [_described_job_token(call.registry, each) for each in tokens])


def create_job_token(call: Call) -> Response:
    """Create the token of a job that the caller has started. GitLab's runner does this."""
    management.require_maintainer(call.caller, call.gitlab_project)
    given = parameters(call.request)
    made = management.make_job_token(
        call.registry,
        call.gitlab_project,
        management.require_user(call.caller),
        secret=new_secret(JOB),
        name=given.text("name", "job"),
        expires_at=given.day("expires_at"),
    )
    return json_answer(_described_job_token(call.registry, made) | {"token": made.secret}, status=201)


def end_job(call: Call, token_id: int) -> Response:
    """End a job, and with it the validity of its token."""
    management.require_maintainer(call.caller, call.gitlab_project)
    tokens = management.job_tokens(call.registry, call.gitlab_project)
    management.revoke(call.registry, tokens, token_id)
    return Response(status=204)


def job_token_scope(call: Call) -> Response:
    """Describe which jobs may use the GitLab project: those on its allowlist."""
    management.require_maintainer(call.caller, call.gitlab_project)
    return json_answer({"inbound_enabled": True, "outbound_enabled": False})


def job_token_allowlist(call: Call) -> Response:
    """List the GitLab projects whose jobs may use this one, itself included."""
    management.require_maintainer(call.caller, call.gitlab_project)
    allowed = management.job_token_allowlist(call.registry, call.gitlab_project)
    return paginated(call, [described_project(each, call.request.flavour.rest_lacks) for each in allowed])


def allow_job_tokens(call: Call) -> Response:
    """Add a GitLab project to the allowlist."""
    management.require_maintainer(call.caller, call.gitlab_project)
    reference = parameters(call.request).number("target_project_id")
    other = management.allow_job_tokens(call.registry, call.caller, call.gitlab_project, str(reference))
    body = {"source_project_id": call.gitlab_project.id, "target_project_id": other.id}
    return json_answer(body, status=201)


def disallow_job_tokens(call: Call, target_id: int) -> Response:
    """Remove a GitLab project from the allowlist."""
    management.require_maintainer(call.caller, call.gitlab_project)
    management.disallow_job_tokens(call.registry, call.gitlab_project, target_id)
    return Response(status=204)


def _described_deploy_token(registry: Registry, token: DeployToken) -> dict[str, Any]:
    record = token.record
    return {
        "id": record.id,
        "name": record.name,
        "username": token.username,
        "expires_at": f"{record.expires_at.isoformat()}T00:00:00.000Z" if record.expires_at else None,
        "revoked": token.revoked,
        "expired": has_expired(token, registry.now),
        "scopes": sorted(token.scopes),
    }


def _described_job_token(registry: Registry, token: JobToken) -> dict[str, Any]:
    record = token.record
    return {
        "id": record.id,
        "name": record.name,
        "user": token.user.name,
        "running": token.running and not has_expired(token, registry.now),
        "created_at": record.created_at.isoformat() if record.created_at else None,
        "expires_at": record.expires_at.isoformat() if record.expires_at else None,
    }
