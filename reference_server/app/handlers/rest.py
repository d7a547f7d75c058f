"""GitLab's REST API for listing and deleting packages."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from werkzeug import Response

from reference_server.app.handlers.call import is_there, require_deletable
from reference_server.app.handlers.pagination import paginated
from reference_server.http.json_responses import json_answer
from reference_server.model import Action, Group
from reference_server.model.errors import InvalidFieldError, NotAuthenticatedError, RegistryError
from reference_server.rules.groups import role_in

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from reference_server.app.handlers.call import Call, GroupCall
    from reference_server.model import GitLabProject, Package, PackageFile, Role

    RestCall = Call | GroupCall
    Listed = tuple[GitLabProject, Package]

PACKAGE_TYPES = frozenset(
    {"composer", "conan", "debian", "generic", "golang", "helm", "maven", "ml_model", "npm", "nuget"}
    | {"pypi", "rpm", "rubygems", "terraform_module"}
)
ORDERS: dict[str, Callable[[Package], Any]] = {
    "created_at": lambda package: (package.created_at, package.id),
    "name": lambda package: package.name,
    "version": lambda package: package.version,
    "type": lambda package: package.id,
}
STATUSES = frozenset({"default", "hidden", "processing", "error", "pending_destruction", "deprecated"})
"""GitLab's statuses of packages. All packages here have the first one."""
SORTS = {"asc": False, "desc": True}


def gitlab_project(call: Call) -> Response:
    """Describe the GitLab project, and the roles of a user in it and in its group."""
    described = described_project(call.gitlab_project, call.request.flavour.rest_lacks)
    if call.caller.user is not None:
        group = Group(id=0, full_path=call.gitlab_project.full_path.rpartition("/")[0])
        described["permissions"] = {
            "project_access": _access(call.gitlab_project.members.get(call.caller.user.name)),
            "group_access": _access(role_in(group, call.registry.store.gitlab_projects(), call.caller.user)),
        }
    return json_answer(described)


def _access(role: Role | None) -> dict[str, int] | None:
    return None if role is None else {"access_level": int(role), "notification_level": 3}


def described_project(gitlab_project: GitLabProject, lacks: frozenset[str] = frozenset()) -> dict[str, Any]:
    """Describe a GitLab project, without the keys that the flavour lacks."""
    described = {
        "id": gitlab_project.id,
        "name": gitlab_project.name,
        "path": gitlab_project.name,
        "path_with_namespace": gitlab_project.full_path,
        "visibility": gitlab_project.visibility.value,
        "packages_enabled": gitlab_project.packages_enabled,
        "package_registry_access_level": gitlab_project.registry_access.value
        if gitlab_project.packages_enabled
        else "disabled",
    }
    return {key: value for key, value in described.items() if key not in lacks}


def packages(call: Call) -> Response:
    """List packages, filtered, sorted and paginated by the query."""
    found = _chosen(
        call, [(call.gitlab_project, each) for each in call.registry.packages(call.gitlab_project)]
    )
    return paginated(call, found, lambda listed: _described(call, *listed))


def group_packages(call: GroupCall) -> Response:
    """List the packages of a group that the caller may read, subgroups included unless the query excludes them."""
    if call.caller.deploy_token:
        raise NotAuthenticatedError
    excludes = call.request.args.get("exclude_subgroups", "") in {"true", "1"}
    depth = call.group.full_path.count("/") + 1
    owners = [each for each in call.gitlab_projects if not excludes or each.full_path.count("/") == depth]
    found = _chosen(call, [(owner, each) for owner in owners for each in call.registry.packages(owner)])

    def described(listed: Listed) -> dict[str, Any]:
        owner, package = listed
        return _described(call, owner, package) | {
            "project_id": owner.id,
            "project_path": owner.full_path,
        }

    return paginated(call, found, described)


def _chosen(call: RestCall, packages: list[Listed]) -> list[Listed]:
    """Filter and sort packages as the query says. Raises `InvalidFieldError`."""
    kind = _choice(call, "package_type", PACKAGE_TYPES, "pypi")
    lacks_status = "status" in call.request.flavour.rest_lacks
    status = "default" if lacks_status else _choice(call, "status", STATUSES, "default")
    part = call.request.args.get("package_name", "").casefold()
    order = ORDERS[_choice(call, "order_by", ORDERS, "created_at")]
    reverse = SORTS[_choice(call, "sort", SORTS, "asc")]
    if (kind, status) != ("pypi", "default"):
        return []
    found = [each for each in packages if part in each[1].name.casefold()] if part else packages
    return sorted(found, key=lambda each: order(each[1]), reverse=reverse)


def package(call: Call, package_id: int) -> Response:
    """Describe a package, with the other versions of its project."""
    found = call.registry.package(call.gitlab_project, package_id)
    versions = [
        {"id": each.id, "version": each.version, "created_at": _time(each.created_at), "tags": []}
        for each in call.registry.packages(call.gitlab_project, name=found.name)
        if each.id != found.id
    ]
    return json_answer(_described(call, call.gitlab_project, found) | {"versions": versions})


def package_files(call: Call, package_id: int) -> Response:
    """List the files of a package."""
    found = call.registry.package(call.gitlab_project, package_id)
    files = [file for file in found.files if is_there(file)]
    return paginated(call, files, lambda file: _described_file(call, file))


def delete_package(call: Call, package_id: int) -> Response:
    """Delete a package with its files."""
    require_deletable(call, call.registry.package(call.gitlab_project, package_id).name)
    call.registry.delete_package(call.gitlab_project, package_id)
    return Response(status=204)


def delete_package_file(call: Call, package_id: int, file_id: int) -> Response:
    """Delete one file."""
    require_deletable(call, call.registry.package(call.gitlab_project, package_id).name)
    call.registry.delete_file(call.gitlab_project, package_id, file_id)
    return Response(status=204)


def _choice(call: RestCall, name: str, choices: Any, default: str) -> str:
    value: str = call.request.args.get(name, default)
    if value not in choices:
        raise InvalidFieldError(name)
    return value


def _described(call: RestCall, owner: GitLabProject, found: Package) -> dict[str, Any]:
    links = {"web_path": f"/{owner.full_path}/-/packages/{found.id}"}
    if _may_delete(call, owner):
        links["delete_api_path"] = f"{call.request.host_url}api/v4/projects/{owner.id}/packages/{found.id}"
    described = {
        "id": found.id,
        "name": found.name,
        "version": found.version,
        "package_type": "pypi",
        "status": "default",
        "_links": links,
        "created_at": _time(found.created_at),
        "tags": [],
    }
    return _kept(call, described)


def _described_file(call: Call, file: PackageFile) -> dict[str, Any]:
    described = {
        "id": file.id,
        "package_id": file.package_id,
        "created_at": _time(file.created_at),
        "file_name": file.filename,
        "size": file.size,
        "file_md5": file.digests.get("md5"),
        "file_sha1": None,
        "file_sha256": file.sha256,
    }
    return _kept(call, described)


def _kept(call: RestCall, described: dict[str, Any]) -> dict[str, Any]:
    lacks = call.request.flavour.rest_lacks
    return {key: value for key, value in described.items() if key not in lacks}


def _may_delete(call: RestCall, owner: GitLabProject) -> bool:
    try:
        call.registry.authorize(call.caller, owner, Action.DELETE)
    except RegistryError:
        return False
    return True


def _time(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%S.") + f"{moment.microsecond // 1000:03d}Z"
