"""GitLab's REST API for the protection rules of packages."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from werkzeug import Response

from reference_server.app.handlers.pagination import paginated
from reference_server.http.json_responses import json_answer
from reference_server.http.parameters import parameters
from reference_server.model.errors import InvalidFieldError, MissingFieldsError
from reference_server.rules import management, protection

if TYPE_CHECKING:
    from reference_server.app.handlers.call import Call
    from reference_server.http.parameters import Parameters
    from reference_server.model import ProtectionRule

PATTERN, TYPE = "package_name_pattern", "package_type"
LEVELS = {
    "push": ("minimum_access_level_for_push", protection.PUSH_LEVELS),
    "delete": ("minimum_access_level_for_delete", protection.DELETE_LEVELS),
}


def rules(call: Call) -> Response:
    """List the rules."""
    management.require_maintainer(call.caller, call.gitlab_project)
    return paginated(call, [_described(call, each) for each in call.gitlab_project.protection_rules])


def create_rule(call: Call) -> Response:
    """Create a rule."""
    management.require_maintainer(call.caller, call.gitlab_project)
    given = parameters(call.request)
    missing = [name for name in (PATTERN, TYPE) if name not in given]
    if missing:
        raise MissingFieldsError(*missing)
    _require_type(given)
    levels = {"push": "", "delete": ""} | _levels(given)
    made = protection.add_rule(
        call.registry, call.gitlab_project, given.text(PATTERN), push=levels["push"], delete=levels["delete"]
    )
    return json_answer(_described(call, made), status=201)


def update_rule(call: Call, rule_id: int) -> Response:
    """Change a rule."""
    management.require_maintainer(call.caller, call.gitlab_project)
    given = parameters(call.request)
    _require_type(given)
    levels = _levels(given)
    changed = protection.change_rule(
        call.registry,
        call.gitlab_project,
        rule_id,
        pattern=given.text(PATTERN) if PATTERN in given else None,
        push=levels.get("push"),
        delete=levels.get("delete"),
    )
    return json_answer(_described(call, changed))


def delete_rule(call: Call, rule_id: int) -> Response:
    """Delete a rule."""
    management.require_maintainer(call.caller, call.gitlab_project)
    protection.remove_rule(call.registry, call.gitlab_project, rule_id)
    return Response(status=204)


def _require_type(given: Parameters) -> None:
    """Refuse other types than `pypi`: this registry has no such packages. Raises `InvalidFieldError`."""
    if TYPE in given and given.text(TYPE) != "pypi":
        raise InvalidFieldError(TYPE)


def _levels(given: Parameters) -> dict[str, str]:
    """Return the levels that are given; an empty one ends the rule for its action. Raises `InvalidFieldError`."""
    found = {}
    for action, (name, known) in LEVELS.items():
        if name in given:
            found[action] = given.text(name)
            if found[action] not in {"", *known}:
                raise InvalidFieldError(name)
    return found


def _described(call: Call, rule: ProtectionRule) -> dict[str, Any]:
    return {
        "id": rule.id,
        "project_id": call.gitlab_project.id,
        PATTERN: rule.pattern,
        TYPE: "pypi",
        LEVELS["push"][0]: rule.push or None,
        LEVELS["delete"][0]: rule.delete or None,
    }
