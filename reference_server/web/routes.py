"""The routes of the page. Paths are GitLab's where GitLab has the page."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from reference_server.app.routes import route_map
from reference_server.web import paths
from reference_server.web.views import assets, packages, projects, request_log, settings, signing_in, tokens

if TYPE_CHECKING:
    from collections.abc import Callable

    from werkzeug import Response

PERSONAL = paths.PERSONAL_TOKENS
PROJECT = "/<path:project>"
PACKAGES = f"{PROJECT}{paths.PACKAGES}"
PACKAGE = f"{PACKAGES}/<id:package_id>"
FILE = f"{PACKAGE}/files/<id:file_id>"
SETTINGS = f"{PROJECT}{paths.SETTINGS}"
REPOSITORY = f"{PROJECT}{paths.REPOSITORY}"


@dataclass(frozen=True, slots=True)
class PageRoute:
    """One route. The view takes a `Visit` and the arguments in the path, and checks what the caller may do."""

    name: str
    method: str
    path: str
    view: Callable[..., Response]


ROUTES = (
    PageRoute("projects", "GET", "/", projects.index),
    PageRoute("new_project", "GET", "/projects/new", projects.new),
    PageRoute("create_project", "POST", "/projects", projects.create),
    PageRoute("sign_in_form", "GET", "/users/sign_in", signing_in.form),
    PageRoute("sign_in", "POST", "/users/sign_in", signing_in.sign_in),
    PageRoute("sign_out", "POST", "/users/sign_out", signing_in.sign_out),
    PageRoute("asset", "GET", "/-/assets/<name>", assets.asset),
    PageRoute("requests", "GET", "/-/requests", request_log.show),
    PageRoute("personal_tokens", "GET", PERSONAL, tokens.personal),
    PageRoute("create_personal_token", "POST", PERSONAL, tokens.create_personal),
    PageRoute("revoke_personal_token", "POST", f"{PERSONAL}/<id:token_id>/revoke", tokens.revoke_personal),
    PageRoute("packages", "GET", PACKAGES, packages.index),
    PageRoute("package", "GET", PACKAGE, packages.show),
    PageRoute("delete_package", "POST", f"{PACKAGE}/delete", packages.delete),
    PageRoute("yank_package", "POST", f"{PACKAGE}/yank", packages.yank),
    PageRoute("unyank_package", "POST", f"{PACKAGE}/unyank", packages.unyank),
    PageRoute("download_file", "GET", f"{FILE}/download", packages.download),
    PageRoute("delete_file", "POST", f"{FILE}/delete", packages.delete_file),
    PageRoute("yank_file", "POST", f"{FILE}/yank", packages.yank_file),
    PageRoute("unyank_file", "POST", f"{FILE}/unyank", packages.unyank_file),
    PageRoute("settings", "GET", SETTINGS, settings.show),
    PageRoute("save_settings", "POST", SETTINGS, settings.save),
    PageRoute("protect", "POST", f"{SETTINGS}/protection_rules", settings.protect),
    PageRoute("unprotect", "POST", f"{SETTINGS}/protection_rules/<id:rule_id>/delete", settings.unprotect),
    PageRoute("project_tokens", "GET", REPOSITORY, tokens.of_project),
    PageRoute("create_deploy_token", "POST", f"{REPOSITORY}/deploy_tokens", tokens.create_deploy),
    PageRoute(
        "revoke_deploy_token",
        "POST",
        f"{REPOSITORY}/deploy_tokens/<id:token_id>/revoke",
        tokens.revoke_deploy,
    ),
    PageRoute("create_job_token", "POST", f"{REPOSITORY}/job_tokens", tokens.create_job),
    PageRoute("allow_jobs", "POST", f"{REPOSITORY}/allowlist", tokens.allow_jobs),
    PageRoute("disallow_jobs", "POST", f"{REPOSITORY}/allowlist/<id:target_id>/remove", tokens.disallow_jobs),
    PageRoute("end_job", "POST", f"{REPOSITORY}/job_tokens/<id:token_id>/revoke", tokens.end_job),
)
BY_NAME = {route.name: route for route in ROUTES}
ADAPTER = route_map((route.name, route.method, route.path) for route in ROUTES).bind("localhost")
