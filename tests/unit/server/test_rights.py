"""Who may do what on every route of the API and of the page: `rights.txt` has a line per route and a column per caller.

The cells are HTTP statuses on the private GitLab project 1. A failing test shows the line as it is, to be read before
it is put into the file.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from werkzeug.test import Client

from reference_server import create_app
from reference_server.app import account_routes, routes
from reference_server.app.handlers.account import user_id
from reference_server.distributions import wheel
from reference_server.rules.management import change_settings
from reference_server.rules.protection import add_rule
from reference_server.serving.default_registry import default_registry
from reference_server.web.routes import ROUTES as PAGE_ROUTES

from .conftest import NOON, Api
from .visitor import Visitor

if TYPE_CHECKING:
    from reference_server.rules.registry import Registry

TABLE = Path(__file__).parent / "rights.txt"
DEMO = wheel("demo", "1.0")
PEOPLE = ("anonymous", "stranger", "guest", "developer", "maintainer", "owner", "read-api")
PROGRAMS = (*PEOPLE, "deploy-read", "deploy-write", "elsewhere", "job", "expired")
SECRETS = {
    **{name: f"reference-{name}-token" for name in PEOPLE[1:-1]},
    "read-api": "reference-read-api-token",
    "deploy-read": "reference-deploy-read-token",
    "deploy-write": "reference-deploy-write-token",
    "elsewhere": "reference-deploy-elsewhere-token",
    "job": "reference-job-token",
    "expired": "reference-expired-token",
}
BODIES: dict[str, dict[str, Any]] = {
    "create_protection_rule": {
        "package_name_pattern": "x",
        "package_type": "pypi",
        "minimum_access_level_for_push": "owner",
    },
    "update_protection_rule": {"package_name_pattern": "other"},
    "allow_job_tokens": {"target_project_id": 5},
    "set_status": {"status": "archived"},
    "update_gitlab_project": {"packages_enabled": True},
    "create_deploy_token": {"name": "x", "scopes": ["read_package_registry"]},
    "create_job_token": {"name": "x"},
    "create_gitlab_project": {"path": "new"},
    "create_personal_access_token": {"name": "x", "scopes": ["api"]},
}
FORMS: dict[str, dict[str, Any]] = {
    "create_project": {"path": "group/new", "visibility": "private"},
    "sign_in": {"token": "reference-guest-token"},
    "save_settings": {"packages_enabled": "on"},
    "create_personal_token": {"name": "x", "scopes[]": "api"},
    "create_deploy_token": {"name": "x", "scopes[]": "read_package_registry"},
    "create_job_token": {"name": "x"},
    "protect": {"pattern": "x", "push": "owner"},
    "allow_jobs": {"project": "5"},
}


def filled() -> Registry:
    registry = default_registry(now=lambda: NOON)
    registry.publish(DEMO.filename, DEMO.content)
    registry.attach_provenance("demo", DEMO.filename, {"version": 1})
    project = registry.gitlab_project("1")
    add_rule(registry, project, "protected", push="owner", delete="")
    change_settings(registry, project, job_token_scope=frozenset({2}))
    return registry


def path_of(registry: Registry, route: Any, caller: str) -> str:
    package = registry.packages(registry.gitlab_project("1"))[0]
    tokens = registry.store.tokens()
    wanted = (
        "JobToken"
        if "job" in route.path
        else "DeployToken"
        if "deploy" in route.path
        else "PersonalAccessToken"
    )
    owner = {"read-api": "maintainer", "anonymous": "guest"}.get(caller, caller)
    own = [
        each for each in tokens if type(each).__name__ == wanted and getattr(each, "gitlab_project", 1) == 1
    ]
    mine = [each for each in own if wanted != "PersonalAccessToken" or each.user.name == owner]  # type: ignore[union-attr]
    values = {
        "gitlab_project": "1",
        "group": "conformance",
        "path:project": "conformance/registry",
        "id:package_id": package.id,
        "id:file_id": package.files[0].id,
        "id:token_id": (mine or own)[0].record.id,
        "id:number": user_id(owner),
        "id:rule_id": registry.gitlab_project("1").protection_rules[0].id,
        "id:target_id": 2,
        "path:upstream_path": "files.invalid/x",
        "name": "page.css" if "assets" in route.path else "demo",
        "version": "1.0",
        "filename": DEMO.filename,
        "sha256": DEMO.sha256,
    }
    path: str = route.path
    for name, value in values.items():
        path = path.replace(f"<{name}>", str(value))
    assert "<" not in path, path
    return path


def over_http(route: Any, caller: str) -> int:
    registry = filled()
    path = path_of(registry, route, caller)
    if route.name == "upload":
        more = {} if caller == "anonymous" else {"password": SECRETS[caller]}
        username = "gitlab-ci-token" if caller == "job" else "x"
        return Api(registry).upload(**{"password": None, "username": username} | more).status_code
    auth = None
    if caller != "anonymous":
        auth = ("gitlab-ci-token" if caller == "job" else "x", SECRETS[caller])
    body = {"json": BODIES[route.name]} if route.name in BODIES else {}
    return Client(create_app(registry)).open(path, method=route.method, auth=auth, **body).status_code


def on_the_page(route: Any, caller: str) -> int:
    registry = filled()
    visitor = Visitor(registry, SECRETS.get(caller))
    path = path_of(registry, route, caller)
    if route.method == "GET":
        return visitor.open(path).status_code
    return visitor.send(path, FORMS.get(route.name)).status_code


def line(kind: str, route: Any) -> str:
    callers, status = (PEOPLE, on_the_page) if kind == "page" else (PROGRAMS, over_http)
    return f"{kind:4} {route.name:30}" + "".join(f"{status(route, caller):>6}" for caller in callers)


ALL = [
    *(("api", route) for route in routes.ROUTES),
    *(("api", route) for route in account_routes.ROUTES),
    *(("page", route) for route in PAGE_ROUTES),
]


def heading(callers: tuple[str, ...]) -> str:
    return "# " + " ".join(callers)


def test_the_table_has_every_route_once() -> None:
    lines = TABLE.read_text(encoding="utf-8").splitlines()
    assert lines[0] == heading(PROGRAMS)
    kept = [tuple(each.split()[:2]) for each in lines if not each.startswith("#")]
    assert kept == [(kind, route.name) for kind, route in ALL]


@pytest.mark.parametrize(
    ("kind", "route"), ALL, ids=lambda each: each if isinstance(each, str) else each.name
)
def test_each_caller_may_do_what_the_table_says(kind: str, route: Any) -> None:
    lines = TABLE.read_text(encoding="utf-8").splitlines()
    (kept,) = [each for each in lines if each.split()[:2] == [kind, route.name]]
    assert line(kind, route) == kept
