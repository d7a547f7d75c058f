"""GitLab's REST API beyond one GitLab project: GitLab projects, the user, and their personal access tokens."""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from werkzeug import Response

from reference_server.app.handlers.pagination import paginated
from reference_server.app.handlers.projects import settings
from reference_server.app.handlers.rest import described_project
from reference_server.app.new_secrets import PERSONAL, new_secret
from reference_server.http.json_responses import json_answer
from reference_server.http.parameters import parameters
from reference_server.model import Visibility
from reference_server.model.errors import (
    ForbiddenError,
    MissingFieldsError,
    NotAuthenticatedError,
    NotFoundError,
)
from reference_server.rules import management
from reference_server.rules.current_tokens import is_active

if TYPE_CHECKING:
    from reference_server.http.request import Request
    from reference_server.model import Caller, PersonalAccessToken
    from reference_server.rules.registry import Registry

READING = ("api", "read_api")


@dataclass(frozen=True, slots=True)
class AccountCall:
    """One request of an identified caller that concerns no single GitLab project."""

    request: Request
    registry: Registry
    caller: Caller


def gitlab_projects(call: AccountCall) -> Response:
    """List the GitLab projects that the caller may see, filtered by the query."""
    if call.caller.deploy_token:
        raise NotAuthenticatedError
    if call.caller.user:
        management.require_user(call.caller, *READING)
    wanted = call.request.args
    part = wanted.get("search", "").casefold()
    found = [
        each
        for each in management.visible_gitlab_projects(call.registry, call.caller)
        if part in each.full_path.casefold()
        and wanted.get("visibility", each.visibility.value) == each.visibility.value
        and (wanted.get("membership", "false") not in {"true", "1"} or call.caller.name in each.members)
    ]
    found.sort(key=lambda each: each.id, reverse=wanted.get("sort", "desc") == "desc")
    return paginated(call, [described_project(each, call.request.flavour.rest_lacks) for each in found])


def create_gitlab_project(call: AccountCall) -> Response:
    """Create a GitLab project of the caller, who becomes its Owner.

    `namespace_path` is this server's own: the groups of a path need not exist before. Where they do, the caller
    has to be a Maintainer in one of their GitLab projects. It defaults to the user's name.
    """
    user = management.require_user(call.caller)
    given = parameters(call.request)
    path = given.text("path") or given.text("name")
    if not path:
        raise MissingFieldsError("path")
    made = management.create_gitlab_project(
        call.registry,
        f"{given.text('namespace_path', user.name)}/{path}",
        owner=user,
        **settings(given, call.request.flavour.rest_lacks)
        | {"visibility": given.choice("visibility", Visibility.PRIVATE)},
    )
    return json_answer(described_project(made, call.request.flavour.rest_lacks), status=201)


def user(call: AccountCall) -> Response:
    """Describe the caller."""
    return json_answer(_described_user(management.require_user(call.caller, *READING, "read_user").name))


def job(call: AccountCall) -> Response:
    """Describe the CI job that calls, by its user."""
    if call.caller.is_anonymous:
        raise NotAuthenticatedError
    if call.caller.job_project is None:
        raise NotFoundError
    return json_answer({"status": "running", "user": _described_user(call.caller.name)})


def _described_user(name: str) -> dict[str, Any]:
    return {
        "id": user_id(name),
        "username": name,
        "name": name,
        "state": "active",
        "web_url": "",
        "bot": False,
    }


def personal_access_tokens(call: AccountCall) -> Response:
    """List the caller's personal access tokens."""
    owner = management.require_user(call.caller, *READING)
    wanted = call.request.args
    part = wanted.get("search", "").casefold()
    tokens = [
        described_token(call.registry, each)
        for each in management.personal_access_tokens(call.registry, owner)
        if part in each.record.name.casefold()
    ]
    if state := wanted.get("state"):
        tokens = [each for each in tokens if each["active"] == (state == "active")]
    if revoked := wanted.get("revoked"):
        tokens = [each for each in tokens if each["revoked"] == (revoked == "true")]
    return paginated(call, tokens)


def personal_access_token(call: AccountCall, token_id: int) -> Response:
    """Describe one of the caller's personal access tokens."""
    owner = management.require_user(call.caller, *READING)
    for each in management.personal_access_tokens(call.registry, owner):
        if each.record.id == token_id:
            return json_answer(described_token(call.registry, each))
    raise NotFoundError


def create_personal_access_token(call: AccountCall, number: int) -> Response:
    """Create a personal access token of the caller. GitLab lets only administrators do this over HTTP."""
    owner = management.require_user(call.caller)
    if number != user_id(owner.name):
        raise ForbiddenError
    given = parameters(call.request)
    made = management.make_personal_access_token(
        call.registry,
        owner,
        given.texts("scopes"),
        secret=new_secret(PERSONAL),
        name=given.text("name"),
        expires_at=given.day("expires_at"),
    )
    return json_answer(described_token(call.registry, made) | {"token": made.secret}, status=201)


def revoke_personal_access_token(call: AccountCall, token_id: int) -> Response:
    """Revoke one of the caller's personal access tokens."""
    owner = management.require_user(call.caller)
    management.revoke(call.registry, management.personal_access_tokens(call.registry, owner), token_id)
    return Response(status=204)


def user_id(name: str) -> int:
    """Return a user's id, made from their name: users have no row of their own."""
    return zlib.crc32(name.encode()) or 1


def described_token(registry: Registry, token: PersonalAccessToken) -> dict[str, Any]:
    """Describe a personal access token, without its secret."""
    record = token.record
    return {
        "id": record.id,
        "name": record.name,
        "description": None,
        "revoked": token.revoked,
        "created_at": record.created_at.isoformat() if record.created_at else None,
        "scopes": sorted(token.scopes),
        "user_id": user_id(token.user.name),
        "last_used_at": None,
        "active": is_active(token, registry.now),
        "expires_at": record.expires_at.isoformat() if record.expires_at else None,
    }
