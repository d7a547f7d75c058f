"""The routes: path, handler, and the action that the caller needs a right to."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from werkzeug.routing import IntegerConverter, Map, Rule

from reference_server.app.handlers import files, simple
from reference_server.model import Action

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from werkzeug import Response

    from reference_server.app.handlers.call import Call
    from reference_server.flavours.flavour import Flavour

PROJECT = "/api/v4/projects/<gitlab_project>"
PACKAGE = f"{PROJECT}/packages/<id:package_id>"
GROUP = "/api/v4/groups/<group>/-/packages/pypi"
REFERENCE = "/-/reference/projects/<gitlab_project>/packages/pypi/<name>"  # see `handlers.reference_api`
REFERENCE_VERSION = f"{REFERENCE}/versions/<version>"
REFERENCE_FILE = f"{REFERENCE}/files/<filename>"
DEPLOY_TOKENS = f"{PROJECT}/deploy_tokens"
PROTECTION = f"{PROJECT}/packages/protection/rules"
JOB_TOKEN_SCOPE = f"{PROJECT}/job_token_scope"
ALLOWLIST = f"{JOB_TOKEN_SCOPE}/allowlist"
JOB_TOKENS = "/-/reference/projects/<gitlab_project>/job_tokens"


@dataclass(frozen=True, slots=True)
class Route:
    """One route. Faults refer to its `name`.

    The handler takes a `Call`, or a `GroupCall` where the path has a group, and the other arguments in the path.
    """

    name: str
    method: str
    path: str
    action: Action
    handler: Callable[..., Response]

    @property
    def is_of_registry(self) -> bool:
        """Whether it is a route of GitLab's package registry for Python, for installers and uploads."""
        return self.path.startswith(f"{PROJECT}/packages/pypi")


def _later(module: str, name: str) -> Callable[..., Response]:
    """Return a handler of a module that is imported on its first request."""

    def handler(call: Call, **arguments: int) -> Response:
        from importlib import import_module

        found = import_module(f"reference_server.app.handlers.{module}")
        answer: Response = getattr(found, name)(call, **arguments)
        return answer

    return handler


def _upload(name: str) -> Callable[..., Response]:
    return _later("upload", name)


def _rest(name: str) -> Callable[..., Response]:
    return _later("rest", name)


def _reference_api(name: str) -> Callable[..., Response]:
    return _later("reference_api", name)


def _project(name: str) -> Callable[..., Response]:
    return _later("projects", name)


def _project_json(name: str) -> Callable[..., Response]:
    return _later("project_json", name)


def _protection(name: str) -> Callable[..., Response]:
    return _later("protection", name)


ROUTES = (
    Route("upload", "POST", f"{PROJECT}/packages/pypi", Action.UPLOAD, _upload("upload")),
    Route("authorize", "POST", f"{PROJECT}/packages/pypi/authorize", Action.UPLOAD, _upload("authorize")),
    Route("root_page", "GET", f"{PROJECT}/packages/pypi/simple/", Action.BROWSE, simple.root_page),
    Route(
        "project_page", "GET", f"{PROJECT}/packages/pypi/simple/<name>/", Action.BROWSE, simple.project_page
    ),
    Route(
        "file", "GET", f"{PROJECT}/packages/pypi/files/<sha256>/<filename>", Action.DOWNLOAD, files.download
    ),
    Route(
        "metadata_file",
        "GET",
        f"{PROJECT}/packages/pypi/files/<sha256>/<filename>.metadata",
        Action.DOWNLOAD,
        files.metadata_file,
    ),
    Route(
        "provenance",
        "GET",
        f"{PROJECT}/packages/pypi/integrity/<name>/<version>/<filename>/provenance",
        Action.DOWNLOAD,
        files.provenance,
    ),
    Route(
        "forwarded",
        "GET",
        f"{PROJECT}/packages/pypi/forward/<name>/<path:upstream_path>",
        Action.DOWNLOAD,
        files.forwarded,
    ),
    Route(
        "project_json", "GET", f"{PROJECT}/packages/pypi/json/<name>", Action.BROWSE, _project_json("project")
    ),
    Route(
        "release_json",
        "GET",
        f"{PROJECT}/packages/pypi/json/<name>/<version>",
        Action.BROWSE,
        _project_json("release"),
    ),
    Route("group_root_page", "GET", f"{GROUP}/simple/", Action.BROWSE, simple.root_page),
    Route("group_project_page", "GET", f"{GROUP}/simple/<name>/", Action.BROWSE, simple.project_page),
    Route("group_file", "GET", f"{GROUP}/files/<sha256>/<filename>", Action.DOWNLOAD, files.download),
    Route(
        "group_metadata_file",
        "GET",
        f"{GROUP}/files/<sha256>/<filename>.metadata",
        Action.BROWSE,
        files.metadata_file,
    ),
    Route(
        "group_packages", "GET", "/api/v4/groups/<group>/packages", Action.INSPECT, _rest("group_packages")
    ),
    Route("gitlab_project", "GET", PROJECT, Action.SEE, _rest("gitlab_project")),
    Route("packages", "GET", f"{PROJECT}/packages", Action.INSPECT, _rest("packages")),
    Route("package", "GET", PACKAGE, Action.INSPECT, _rest("package")),
    Route("package_files", "GET", f"{PACKAGE}/package_files", Action.INSPECT, _rest("package_files")),
    Route("delete_package", "DELETE", PACKAGE, Action.DELETE, _rest("delete_package")),
    Route(
        "delete_package_file",
        "DELETE",
        f"{PACKAGE}/package_files/<id:file_id>",
        Action.DELETE,
        _rest("delete_package_file"),
    ),
    Route("yank_version", "PUT", f"{REFERENCE_VERSION}/yank", Action.MANAGE, _reference_api("yank")),
    Route("unyank_version", "DELETE", f"{REFERENCE_VERSION}/yank", Action.MANAGE, _reference_api("unyank")),
    Route("yank_file", "PUT", f"{REFERENCE_FILE}/yank", Action.MANAGE, _reference_api("yank")),
    Route("unyank_file", "DELETE", f"{REFERENCE_FILE}/yank", Action.MANAGE, _reference_api("unyank")),
    Route("set_status", "PUT", f"{REFERENCE}/status", Action.MANAGE, _reference_api("set_status")),
    Route(
        "attach_provenance",
        "PUT",
        f"{REFERENCE_FILE}/provenance",
        Action.MANAGE,
        _reference_api("attach_provenance"),
    ),
    Route(
        "remove_provenance",
        "DELETE",
        f"{REFERENCE_FILE}/provenance",
        Action.MANAGE,
        _reference_api("remove_provenance"),
    ),
    Route("delete_project", "DELETE", REFERENCE, Action.MANAGE, _reference_api("delete")),
    Route("delete_version", "DELETE", REFERENCE_VERSION, Action.MANAGE, _reference_api("delete")),
    Route("delete_file", "DELETE", REFERENCE_FILE, Action.MANAGE, _reference_api("delete")),
    # The handlers check that the caller is a Maintainer: the registry may be switched off.
    Route("update_gitlab_project", "PUT", PROJECT, Action.SEE, _project("update")),
    Route("deploy_tokens", "GET", DEPLOY_TOKENS, Action.SEE, _project("deploy_tokens")),
    Route("create_deploy_token", "POST", DEPLOY_TOKENS, Action.SEE, _project("create_deploy_token")),
    Route("deploy_token", "GET", f"{DEPLOY_TOKENS}/<id:token_id>", Action.SEE, _project("deploy_token")),
    Route(
        "revoke_deploy_token",
        "DELETE",
        f"{DEPLOY_TOKENS}/<id:token_id>",
        Action.SEE,
        _project("revoke_deploy_token"),
    ),
    Route("protection_rules", "GET", PROTECTION, Action.SEE, _protection("rules")),
    Route("create_protection_rule", "POST", PROTECTION, Action.SEE, _protection("create_rule")),
    Route(
        "update_protection_rule",
        "PATCH",
        f"{PROTECTION}/<id:rule_id>",
        Action.SEE,
        _protection("update_rule"),
    ),
    Route(
        "delete_protection_rule",
        "DELETE",
        f"{PROTECTION}/<id:rule_id>",
        Action.SEE,
        _protection("delete_rule"),
    ),
    Route("job_token_scope", "GET", JOB_TOKEN_SCOPE, Action.SEE, _project("job_token_scope")),
    Route("job_token_allowlist", "GET", ALLOWLIST, Action.SEE, _project("job_token_allowlist")),
    Route("allow_job_tokens", "POST", ALLOWLIST, Action.SEE, _project("allow_job_tokens")),
    Route(
        "disallow_job_tokens",
        "DELETE",
        f"{ALLOWLIST}/<id:target_id>",
        Action.SEE,
        _project("disallow_job_tokens"),
    ),
    Route("job_tokens", "GET", JOB_TOKENS, Action.SEE, _project("job_tokens")),
    Route("create_job_token", "POST", JOB_TOKENS, Action.SEE, _project("create_job_token")),
    Route("end_job", "DELETE", f"{JOB_TOKENS}/<id:token_id>", Action.SEE, _project("end_job")),
)


class IdConverter(IntegerConverter):
    """The id of a row, with as many digits as an id can have."""

    regex = "[0-9]{1,18}"


BY_NAME = {route.name: route for route in ROUTES}
DESCRIPTIONS = frozenset({"project_json", "release_json"})
"""The routes of PyPI's JSON API, which only those flavours have that offer them."""
PAGES = frozenset({"root_page", "project_page", "group_root_page", "group_project_page"}) | DESCRIPTIONS
"""The routes of pages, in HTML and JSON."""


class MatchedRule(Rule):
    """A rule that only matches. Werkzeug compiles two functions for each rule that build URLs, for a fifth of a start.

    This overrides a private method: without it, rules do the same, more slowly.
    """

    def _compile_builder(self, append_unknown: bool = True) -> Callable[..., tuple[str, str]]:  # noqa: FBT001, FBT002
        del append_unknown
        return _unbuilt


def _unbuilt(rule: Rule, **_: object) -> tuple[str, str]:
    message = f"no URL is built from {rule.rule}"
    raise NotImplementedError(message)


def route_map(routes: Iterable[tuple[str, str, str]]) -> Map:
    """Return the map of routes by name, method and path. A trailing slash makes no difference to the route."""
    return Map(
        [MatchedRule(path, endpoint=name, methods=[method]) for name, method, path in routes],
        strict_slashes=False,
        merge_slashes=False,
        converters={"id": IdConverter},
    )


def url_map(flavour: Flavour) -> Map:
    """Return the map of a flavour: without the routes that it lacks, and with its splats."""
    return _url_map(flavour.lacks | (DESCRIPTIONS - flavour.offers), splats=flavour.splats)


@lru_cache(maxsize=16)
def _url_map(lacks: frozenset[str], *, splats: bool) -> Map:
    """Return a map for all registries of this kind: a map takes longer than the rest of a start."""
    routes = [route for route in ROUTES if route.name not in lacks]
    return route_map((each.name, each.method, _splat(each.path) if splats else each.path) for each in routes)


def _splat(path: str) -> str:
    return path.replace("simple/<name>", "simple/<path:name>").replace("<filename>", "<path:filename>")
