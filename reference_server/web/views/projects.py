"""The list of GitLab projects, and the form for a new one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reference_server.model import Visibility
from reference_server.model.errors import FieldError
from reference_server.rules import management
from reference_server.web.paths import PACKAGES

if TYPE_CHECKING:
    from werkzeug import Response

    from reference_server.web.visit import Visit


def index(visit: Visit) -> Response:
    """List the GitLab projects that the caller may see."""
    search = visit.request.args.get("search", "")
    found = [
        each
        for each in management.visible_gitlab_projects(visit.registry, visit.caller)
        if search.casefold() in each.full_path.casefold()
    ]
    counts = {each.id: len(visit.registry.packages(each)) for each in found if each.packages_enabled}
    return visit.page("projects.html", projects=found, counts=counts, search=search)


def new(visit: Visit) -> Response:
    """Show the form for a GitLab project."""
    user = management.require_user(visit.caller)
    return visit.page("new_project.html", path=f"{user.name}/", visibility="private", error="")


def create(visit: Visit) -> Response:
    """Create a GitLab project."""
    user = management.require_user(visit.caller)
    path, visibility = visit.form.text("path").strip(), visit.form.text("visibility", "private")
    try:
        made = management.create_gitlab_project(
            visit.registry, path, owner=user, visibility=Visibility(visibility)
        )
    except (FieldError, ValueError) as error:
        reason = f"{str(error)[:1].upper()}{str(error)[1:]}."
        return visit.page("new_project.html", status=422, path=path, visibility=visibility, error=reason)
    return visit.to(f"/{made.full_path}{PACKAGES}", f"Project {made.full_path} was created.")
