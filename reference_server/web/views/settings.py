"""The settings of a GitLab project's package registry."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reference_server.model import Role
from reference_server.rules import management
from reference_server.web.paths import SETTINGS

if TYPE_CHECKING:
    from werkzeug import Response

    from reference_server.web.visit import Visit


def show(visit: Visit) -> Response:
    """Show the settings."""
    management.require_maintainer(visit.caller, visit.owner)
    return visit.page("settings.html")


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
        duplicates_allowed="duplicates_allowed" in visit.form,
        visibility=visibility,
    )
    return visit.to(f"/{visit.owner.full_path}{SETTINGS}", "The settings were saved.")
