"""The settings of a GitLab project's package registry."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reference_server.model import Role
from reference_server.model.errors import FieldError, InvalidFieldError, NotFoundError, UnprocessableError
from reference_server.rules import management, protection
from reference_server.web.paths import SETTINGS

if TYPE_CHECKING:
    from werkzeug import Response

    from reference_server.web.visit import Visit


def show(visit: Visit) -> Response:
    """Show the settings."""
    management.require_maintainer(visit.caller, visit.owner)
    return visit.page(
        "settings.html",
        accesses=_accesses(visit),
        protects=_offers(visit, "protection_rules"),
        push_levels=protection.PUSH_LEVELS,
        delete_levels=protection.DELETE_LEVELS,
    )


def _accesses(visit: Visit) -> tuple[tuple[str, str, str], ...]:
    """Return the choices of who may install: value, title and explanation. 13.4 has none."""
    if "package_registry_access_level" in visit.request.flavour.rest_lacks:
        return ()
    return (
        ("enabled", "Everyone with access to the project", ""),
        ("private", "Project members", "even if the project is internal or public"),
        ("public", "Everyone", "without a token, even if the project is private"),
    )


def _offers(visit: Visit, route: str) -> bool:
    return route not in visit.request.flavour.lacks


def save(visit: Visit) -> Response:
    """Save the settings. A box that is not checked is not sent."""
    management.require_maintainer(visit.caller, visit.owner)
    visibility = visit.form.choice("visibility", visit.owner.visibility)
    if visibility != visit.owner.visibility:
        management.require_maintainer(visit.caller, visit.owner, minimum=Role.OWNER)
    management.change_settings(
        visit.registry,
        visit.owner,
        packages_enabled="packages_enabled" in visit.form,
        registry_access=visit.form.choice("registry_access", visit.owner.registry_access),
        duplicates_allowed="duplicates_allowed" in visit.form,
        visibility=visibility,
    )
    return visit.to(_path(visit), "The settings were saved.")


def protect(visit: Visit) -> Response:
    """Add a protection rule."""
    _require_protection(visit)
    form = visit.form
    pattern, push, delete = (form.text(name).strip() for name in ("pattern", "push", "delete"))
    try:
        if push not in {"", *protection.PUSH_LEVELS} or delete not in {"", *protection.DELETE_LEVELS}:
            field = "role"
            raise InvalidFieldError(field)
        protection.add_rule(visit.registry, visit.owner, pattern, push=push, delete=delete)
    except (FieldError, UnprocessableError) as error:
        return visit.to(_path(visit), f"The rule was not created: {error}", is_error=True)
    return visit.to(_path(visit), f"{pattern} is protected.")


def unprotect(visit: Visit, rule_id: int) -> Response:
    """Remove a protection rule."""
    _require_protection(visit)
    protection.remove_rule(visit.registry, visit.owner, rule_id)
    return visit.to(_path(visit), "The rule was deleted.")


def _require_protection(visit: Visit) -> None:
    management.require_maintainer(visit.caller, visit.owner)
    if not _offers(visit, "protection_rules"):
        raise NotFoundError


def _path(visit: Visit) -> str:
    return f"/{visit.owner.full_path}{SETTINGS}"
