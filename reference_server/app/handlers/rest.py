"""GitLab's REST API for listing and deleting packages."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from werkzeug import Response

from reference_server.app.handlers.call import is_there
from reference_server.app.handlers.pagination import paginated
from reference_server.http.json_responses import json_answer
from reference_server.model import Action
from reference_server.model.errors import InvalidFieldError, RegistryError

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from reference_server.app.handlers.call import Call
    from reference_server.model import GitLabProject, Package, PackageFile

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
SORTS = {"asc": False, "desc": True}


def gitlab_project(call: Call) -> Response:
    """Describe the GitLab project."""
    return json_answer(described_project(call.gitlab_project))


def described_project(gitlab_project: GitLabProject) -> dict[str, Any]:
    """Describe a GitLab project."""
    return {
        "id": gitlab_project.id,
        "name": gitlab_project.name,
        "path": gitlab_project.name,
        "path_with_namespace": gitlab_project.full_path,
        "visibility": gitlab_project.visibility.value,
        "packages_enabled": gitlab_project.packages_enabled,
        "package_registry_access_level": "enabled" if gitlab_project.packages_enabled else "disabled",
    }


def packages(call: Call) -> Response:
    """List packages, filtered, sorted and paginated by the query."""
    wanted = call.request.args
    if _choice(call, "package_type", PACKAGE_TYPES, "pypi") != "pypi":
        return paginated(call, [])
    part = wanted.get("package_name", "").casefold()
    found = [each for each in call.registry.packages(call.gitlab_project) if part in each.name.casefold()]
    found.sort(
        key=ORDERS[_choice(call, "order_by", ORDERS, "created_at")],
        reverse=SORTS[_choice(call, "sort", SORTS, "asc")],
    )
    return paginated(call, [_described(call, each) for each in found])


def package(call: Call, package_id: int) -> Response:
    """Describe a package, with the other versions of its project."""
    found = call.registry.package(call.gitlab_project, package_id)
    versions = [
        {"id": each.id, "version": each.version, "created_at": _time(each.created_at), "tags": []}
        for each in call.registry.packages(call.gitlab_project, name=found.name)
        if each.id != found.id
    ]
    return json_answer(_described(call, found) | {"versions": versions})


def package_files(call: Call, package_id: int) -> Response:
    """List the files of a package."""
    found = call.registry.package(call.gitlab_project, package_id)
    return paginated(call, [_described_file(call, file) for file in found.files if is_there(file)])


def delete_package(call: Call, package_id: int) -> Response:
    """Delete a package with its files."""
    call.registry.delete_package(call.gitlab_project, package_id)
    return Response(status=204)


def delete_package_file(call: Call, package_id: int, file_id: int) -> Response:
    """Delete one file."""
    call.registry.delete_file(call.gitlab_project, package_id, file_id)
    return Response(status=204)


def _choice(call: Call, name: str, choices: Any, default: str) -> str:
    value: str = call.request.args.get(name, default)
    if value not in choices:
        raise InvalidFieldError(name)
    return value


def _described(call: Call, found: Package) -> dict[str, Any]:
    owner = call.gitlab_project
    links = {"web_path": f"/{owner.full_path}/-/packages/{found.id}"}
    if _may_delete(call):
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


def _kept(call: Call, described: dict[str, Any]) -> dict[str, Any]:
    lacks = call.request.flavour.rest_lacks
    return {key: value for key, value in described.items() if key not in lacks}


def _may_delete(call: Call) -> bool:
    try:
        call.registry.authorize(call.caller, call.gitlab_project, Action.DELETE)
    except RegistryError:
        return False
    return True


def _time(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%S.") + f"{moment.microsecond // 1000:03d}Z"
