"""python-gitlab, GitLab's API client for Python, works on the server: list, delete, tokens, the switch."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from reference_server import ReferenceServer
from reference_server.distributions import wheel
from reference_server.rules.ready_made import ALLOWED_JOBS, PASSWORD

if TYPE_CHECKING:
    from collections.abc import Iterator

gitlab = pytest.importorskip("gitlab", reason="python-gitlab is not installed")

pytestmark = pytest.mark.long


@pytest.fixture(scope="module")
def server() -> Iterator[ReferenceServer]:
    with ReferenceServer() as server:
        yield server


def client(server: ReferenceServer, token: str = PASSWORD) -> gitlab.Gitlab:
    return gitlab.Gitlab(server.origin, private_token=token)


def test_it_signs_in_and_lists_projects(server: ReferenceServer) -> None:
    gl = client(server)
    gl.auth()
    assert gl.user.username == "maintainer"
    paths = [each.path_with_namespace for each in gl.projects.list(get_all=True, sort="asc")]
    assert paths[0] == "conformance/registry"
    assert [each.id for each in gl.projects.list(search="public")] == [2]


def test_it_lists_and_deletes_packages_and_files(server: ReferenceServer) -> None:
    for version in ("1.0", "2.0"):
        made = wheel("demo", version)
        server.registry.publish(made.filename, made.content)
    project = client(server).projects.get("conformance/registry")
    first, second = project.packages.list(iterator=True)
    (file,) = first.package_files.list()
    assert file.file_name == "demo-1.0-py3-none-any.whl"
    first.package_files.delete(file.id)
    assert first.package_files.list() == []
    project.packages.delete(first.id)
    assert [each.version for each in project.packages.list()] == ["2.0"]
    assert project.packages.get(second.id).name == "demo"


def test_it_switches_the_registry(server: ReferenceServer) -> None:
    project = client(server).projects.get(1)
    for level in ("disabled", "enabled"):
        project.package_registry_access_level = level
        project.save()
        assert client(server).projects.get(1).packages_enabled is (level == "enabled")
    with pytest.raises(gitlab.GitlabUpdateError, match="403"):
        client(server, "reference-developer-token").projects.update(1, {"packages_enabled": False})


def test_it_creates_a_project(server: ReferenceServer) -> None:
    made = client(server).projects.create({"name": "tools", "visibility": "internal"})
    assert made.path_with_namespace == "maintainer/tools"


def test_it_makes_and_revokes_personal_access_tokens(server: ReferenceServer) -> None:
    gl = client(server)
    gl.auth()
    user = gl.users.get(gl.user.id, lazy=True)
    made = user.personal_access_tokens.create({"name": "x", "scopes": ["api"], "expires_at": "2199-01-31"})
    own = client(server, made.token)
    own.auth()
    assert made.id in [each.id for each in gl.personal_access_tokens.list(state="active", get_all=True)]
    gl.personal_access_tokens.delete(made.id)
    with pytest.raises(gitlab.GitlabAuthenticationError):
        own.auth()


def test_it_makes_and_revokes_deploy_tokens(server: ReferenceServer) -> None:
    project = client(server).projects.get(1)
    made = project.deploytokens.create({"name": "ci", "scopes": ["read_package_registry"]})
    assert made.token.startswith("gldt-")
    assert project.deploytokens.get(made.id).name == "ci"
    project.deploytokens.delete(made.id)
    assert [each.revoked for each in project.deploytokens.list(get_all=True) if each.id == made.id] == [True]


def test_it_protects_packages(server: ReferenceServer) -> None:
    project = client(server).projects.get(1)
    levels = {"minimum_access_level_for_push": "owner", "minimum_access_level_for_delete": "admin"}
    made = project.package_protection_rules.create(
        {"package_name_pattern": "company-*", "package_type": "pypi"} | levels
    )
    made.minimum_access_level_for_push = "maintainer"
    made.save()
    (rule,) = project.package_protection_rules.list()
    assert (rule.package_name_pattern, rule.minimum_access_level_for_push) == ("company-*", "maintainer")
    made.delete()
    assert project.package_protection_rules.list() == []


def test_it_allows_the_job_tokens_of_another_project(server: ReferenceServer) -> None:
    scope = client(server).projects.get(1).job_token_scope.get()
    scope.allowlist.create({"target_project_id": 2})
    assert [each.id for each in scope.allowlist.list()] == [1, 2, ALLOWED_JOBS]
    scope.allowlist.delete(2)
    assert [each.id for each in scope.allowlist.list()] == [1, ALLOWED_JOBS]


def test_it_opens_a_registry_and_lists_the_packages_of_a_group(server: ReferenceServer) -> None:
    gl = client(server)
    project = gl.projects.get(1)
    project.package_registry_access_level = "public"
    project.save()
    assert gl.projects.get(1).package_registry_access_level == "public"
    made = wheel("grouped", "1.0")
    server.registry.publish(made.filename, made.content)
    found = gl.groups.get("conformance", lazy=True).packages.list(package_name="grouped")
    assert [(each.name, each.project_path) for each in found] == [("grouped", "conformance/registry")]
