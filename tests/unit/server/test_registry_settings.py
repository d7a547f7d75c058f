"""What a Maintainer sets: who may install, who may publish and delete by name, whose jobs may come."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from werkzeug.test import Client

from reference_server import create_app
from reference_server.distributions import wheel
from reference_server.flavours import flavour_named
from reference_server.model import GitLabProject, RegistryAccess, Role
from reference_server.rules import management, protection
from reference_server.rules.ready_made import ALLOWED_JOBS

from .conftest import WHEEL, Api
from .visitor import PACKAGES, REPOSITORY, SETTINGS, Visitor, publish

if TYPE_CHECKING:
    from reference_server.rules.registry import Registry

RULES = "/projects/1/packages/protection/rules"
ANONYMOUS = {"password": None}
STRANGER = {"password": "reference-stranger-token"}
GUEST = {"password": "reference-guest-token"}
JOB = {"username": "gitlab-ci-token", "password": "reference-job-token"}


def served(registry: Registry, flavour: str) -> Api:
    api = Api(registry)
    api.client = Client(create_app(registry, flavour=flavour_named(flavour)))
    return api


def read(api: Api, project: int = 1, **caller: Any) -> tuple[int, ...]:
    """Return the statuses of the root page, a project's page, and a file."""
    base, made = f"/projects/{project}/packages/pypi", wheel("demo", "1.0")
    paths = ("simple/", "simple/demo/", f"files/{made.sha256}/{made.filename}")
    return tuple(api.get(f"{base}/{path}", **caller).status_code for path in paths)


def set_level(api: Api, level: str, project: int = 1) -> None:
    answer = api.request("PUT", f"/projects/{project}", json={"package_registry_access_level": level})
    assert (answer.status_code, answer.json["package_registry_access_level"]) == (200, level)


# who may install


@pytest.mark.parametrize("flavour", ["reference", "gitlab"])
def test_a_registry_open_to_everyone(registry: Registry, flavour: str) -> None:
    publish(registry)
    api = served(registry, flavour)
    set_level(api, "public") if flavour == "reference" else _set(registry, "public")
    for caller in (ANONYMOUS, STRANGER, GUEST, {"password": "reference-deploy-elsewhere-token"}, JOB):
        assert read(api, **caller) == (200, 200, 200), caller
    assert api.upload(**ANONYMOUS).status_code == 401
    assert api.upload(**STRANGER).status_code == 404
    assert api.get("/projects/1", **STRANGER).status_code in {401, 404}, "the GitLab project stays private"
    group = api.get("/groups/conformance/-/packages/pypi/simple/demo/", **ANONYMOUS)
    assert group.status_code == 404, "only at the URLs of the GitLab project"
    management.change_settings(registry, registry.gitlab_project("1"), packages_enabled=False)
    assert set(read(api, **ANONYMOUS)) == {401}


def _set(registry: Registry, level: str, project: str = "1") -> None:
    access = RegistryAccess(level)
    management.change_settings(registry, registry.gitlab_project(project), registry_access=access)


@pytest.mark.parametrize(
    ("flavour", "anonymous"), [("reference", 401), ("gitlab", 403), ("gitlab-13.4", 200)]
)
def test_a_registry_for_members_of_a_public_gitlab_project(
    registry: Registry, flavour: str, anonymous: int
) -> None:
    made = wheel("demo", "1.0")
    registry.publish(made.filename, made.content, gitlab_project=2)
    _set(registry, "private", "2")
    api = served(registry, flavour)
    stranger = 200 if flavour == "gitlab-13.4" else 403  # 13.4 has no such setting
    path = "/projects/2/packages/pypi/simple/demo/"
    assert [api.get(path, **each).status_code for each in (ANONYMOUS, STRANGER, GUEST)] == [
        anonymous,
        stranger,
        200,
    ]


def test_the_level_is_kept_while_the_registry_is_off(api: Api) -> None:
    set_level(api, "public")
    set_level(api, "disabled")
    answer = api.request("PUT", "/projects/1", json={"packages_enabled": True})
    assert answer.json["package_registry_access_level"] == "public"


def test_13_4_has_no_levels(registry: Registry) -> None:
    api = served(registry, "gitlab-13.4")
    token = {"headers": {"PRIVATE-TOKEN": "reference-api-token"}, "password": None}
    answer = api.request("PUT", "/projects/1", json={"package_registry_access_level": "disabled"}, **token)
    assert (answer.status_code, answer.json["packages_enabled"]) == (200, True)
    assert "package_registry_access_level" not in answer.json


# protection rules


def test_rules_are_made_changed_and_deleted(api: Api, registry: Registry) -> None:
    body = {
        "package_name_pattern": "demo-*",
        "package_type": "pypi",
        "minimum_access_level_for_push": "owner",
    }
    made = api.request("POST", RULES, json=body)
    assert made.status_code == 201
    assert made.json == body | {
        "id": made.json["id"],
        "project_id": 1,
        "minimum_access_level_for_delete": None,
    }
    assert api.get(RULES).json == [made.json]
    path = f"{RULES}/{made.json['id']}"
    changed = api.request("PATCH", path, json={"minimum_access_level_for_delete": "admin"})
    assert (changed.status_code, changed.json["minimum_access_level_for_delete"]) == (200, "admin")
    for refused, status in (
        (body, 422),
        (body | {"package_name_pattern": "a b"}, 422),
        (body | {"package_name_pattern": "other", "minimum_access_level_for_push": ""}, 422),
        (body | {"minimum_access_level_for_push": "developer"}, 400),
        (body | {"package_type": "npm"}, 400),
        ({"package_type": "pypi"}, 400),
    ):
        assert api.request("POST", RULES, json=refused).status_code == status, refused
    assert api.request("DELETE", path).status_code == 204
    assert registry.gitlab_project("1").protection_rules == ()
    assert api.request("DELETE", path).status_code == 404


@pytest.mark.parametrize(
    ("least", "statuses"),
    [("maintainer", (403, 201, 201)), ("owner", (403, 403, 201)), ("admin", (403, 403, 403))],
)
@pytest.mark.parametrize("flavour", ["reference", "gitlab", "gitlab-13.4"])
def test_who_may_publish_a_protected_package(
    registry: Registry, flavour: str, least: str, statuses: tuple[int, ...]
) -> None:
    protection.add_rule(registry, registry.gitlab_project("1"), "Demo-*", push=least, delete="")
    api = served(registry, flavour)
    fields = {"requires_python": ""}
    for number, (role, status) in enumerate(
        zip(("developer", "maintainer", "owner"), statuses, strict=True), 1
    ):
        version = f"{number}.0"
        answer = api.upload(
            f"demo_pkg-{version}-py3-none-any.whl",
            fields=fields | {"version": version},
            password=f"reference-{role}-token",
        )
        assert answer.status_code == (201 if flavour == "gitlab-13.4" else status), role
        if answer.status_code == 403:
            assert answer.json == {"message": "403 Forbidden - Package protected."}
    assert (
        api.upload(
            "other-1.0-py3-none-any.whl",
            fields=fields | {"name": "other"},
            password="reference-developer-token",
        ).status_code
        == 201
    )
    deploy = api.upload(
        "demo_pkg-9.0-py3-none-any.whl",
        fields=fields | {"version": "9.0"},
        password="reference-deploy-write-token",
    )
    assert deploy.status_code == (201 if flavour == "gitlab-13.4" else 403), "a deploy token has no role"
    assert len(registry.store.packages(1)) == 1 + (4 if flavour == "gitlab-13.4" else statuses.count(201))


@pytest.mark.parametrize(("flavour", "status"), [("reference", 403), ("gitlab", 201)])
def test_other_spellings_are_protected_where_they_are_one_project(
    registry: Registry, flavour: str, status: int
) -> None:
    protection.add_rule(registry, registry.gitlab_project("1"), "demo-pkg", push="owner", delete="")
    api = served(registry, flavour)
    assert api.upload(WHEEL, fields={"name": "DEMO-pkg"}).status_code == 403
    assert api.upload(WHEEL, fields={"name": "demo_pkg"}).status_code == status


def test_the_reasons_of_grape_and_the_size_come_before_the_rule(registry: Registry) -> None:
    protection.add_rule(registry, registry.gitlab_project("1"), "*", push="owner", delete="")
    api = served(registry, "gitlab")
    assert api.upload(without=["version"]).json == {"error": "version is missing"}
    assert api.upload(fields={"sha256_digest": "1"}).json == {"error": "sha256_digest is invalid"}
    assert api.upload(fields={"version": "no version"}).status_code == 403


def test_a_protected_package_is_not_deleted(api: Api, registry: Registry) -> None:
    package = publish(registry)
    protection.add_rule(registry, registry.gitlab_project("1"), "demo", push="", delete="owner")
    path = f"/projects/1/packages/{package.id}"
    for each in (path, f"{path}/package_files/{package.files[0].id}"):
        answer = api.request("DELETE", each)
        assert answer.json == {"message": "403 Forbidden - Package is deletion protected."}
    visitor = Visitor(registry)
    here = f"{PACKAGES}/{package.id}"
    for each in (here, f"{here}/files/{package.files[0].id}"):
        assert visitor.send(f"{each}/delete").status_code == 403
    own = "/-/reference/projects/1/packages/pypi/demo"
    answer = api.client.delete(own, headers={"PRIVATE-TOKEN": "reference-api-token"})
    assert answer.json == {"message": "403 Forbidden - Package is deletion protected."}
    assert api.request("DELETE", path, password="reference-owner-token").status_code == 204


def test_a_pattern_takes_no_time_that_grows_with_its_wildcards(registry: Registry) -> None:
    pattern = "*a" * 20 + "b"
    assert not protection.matches(registry, pattern, "a" * 5000)
    assert protection.matches(registry, pattern, "a" * 5000 + "b")
    assert not protection.matches(registry, "ab*ba", "aba"), "no letter counts twice"
    for covered in ("demo", "demo-x", "x-demo", "x-demo-y"):
        assert protection.matches(registry, "*demo*", covered)
    assert not protection.matches(registry, "demo", "demos")


def test_a_list_stands_for_no_level(api: Api) -> None:
    answer = api.request("PUT", "/projects/1", json={"package_registry_access_level": ["public"]})
    assert answer.status_code == 400


def test_the_page_protects_packages(registry: Registry) -> None:
    visitor = Visitor(registry)
    rules = f"{SETTINGS}/protection_rules"
    assert "company-* is protected." in visitor.after(rules, {"pattern": "company-*", "push": "owner"})
    for refused in (
        {"pattern": "company-*", "push": "owner"},
        {"pattern": "x"},
        {"pattern": "x", "push": "x"},
    ):
        assert "The rule was not created" in visitor.after(rules, refused)
    (rule,) = registry.gitlab_project("1").protection_rules
    text = visitor.open(SETTINGS).text
    assert "<code>company-*</code>" in text
    assert '<td data-label="Publish">Owner</td>' in text
    assert "The rule was deleted." in visitor.after(f"{rules}/{rule.id}/delete")
    old = Visitor(registry, flavour=flavour_named("gitlab-13.4"))
    assert "Protected packages" not in old.open(SETTINGS).text
    assert old.send(rules, {"pattern": "x", "push": "owner"}).status_code == 404


def test_the_page_opens_and_closes_the_registry(registry: Registry) -> None:
    visitor = Visitor(registry)
    visitor.after(SETTINGS, {"packages_enabled": "on", "registry_access": "public"})
    assert read(Api(registry), **ANONYMOUS)[0] == 200
    assert "__token__" not in visitor.open(PACKAGES).text.split("<strong>uv")[0], "pip needs no token"
    assert visitor.send(SETTINGS, {"packages_enabled": "on", "registry_access": "odd"}).status_code == 400


# whose jobs


def test_the_job_token_allowlist(api: Api) -> None:
    other = "/projects/4/packages/pypi/simple/"
    assert api.get(other, **JOB).status_code == 403
    assert api.get("/projects/4/job_token_scope").json == {"inbound_enabled": True, "outbound_enabled": False}
    path = "/projects/4/job_token_scope/allowlist"
    added = api.request("POST", path, json={"target_project_id": 1})
    assert (added.status_code, added.json) == (201, {"source_project_id": 4, "target_project_id": 1})
    assert [each["id"] for each in api.get(path).json] == [4, 1]
    assert api.get(other, **JOB).status_code == 200
    assert api.request("POST", path, json={"target_project_id": 99}).status_code == 404
    assert api.request("POST", path, json={"target_project_id": "x"}).status_code == 400
    assert api.request("DELETE", f"{path}/1").status_code == 204
    assert api.request("DELETE", f"{path}/1").status_code == 404
    assert api.get(other, **JOB).status_code == 403


def test_the_page_has_the_allowlist(registry: Registry) -> None:
    visitor = Visitor(registry)
    text = visitor.after(f"{REPOSITORY}/allowlist", {"project": "conformance/public"})
    assert "Jobs of conformance/public may use this project." in text
    text = visitor.after(f"{REPOSITORY}/allowlist", {"project": "<b id=x>"})
    assert "There is no project &lt;b id=x&gt;." in text
    assert registry.gitlab_project("1").job_token_scope == {2, ALLOWED_JOBS}
    assert "was removed" in visitor.after(f"{REPOSITORY}/allowlist/2/remove")
    assert registry.gitlab_project("1").job_token_scope == {ALLOWED_JOBS}
    old = Visitor(registry, flavour=flavour_named("gitlab-13.4"))
    assert "allowlist" not in old.open(REPOSITORY).text
    assert old.send(f"{REPOSITORY}/allowlist", {"project": "2"}).status_code == 404


# packages of a group


def test_the_packages_of_a_group(api: Api, registry: Registry) -> None:
    for project, name in ((1, "alpha"), (2, "beta"), (6, "gamma")):
        made = wheel(name, "1.0")
        registry.publish(made.filename, made.content, gitlab_project=project)

    def listed(query: str = "", **caller: Any) -> list[tuple[str, str]]:
        answer = api.get(f"/groups/conformance/packages?order_by=name&{query}", **caller)
        assert answer.status_code == 200
        return [(each["name"], each["project_path"]) for each in answer.json]

    everything = [
        ("alpha", "conformance/registry"),
        ("beta", "conformance/public"),
        ("gamma", "conformance/team/tools"),
    ]
    assert listed() == everything
    assert listed("exclude_subgroups=true") == everything[:2]
    assert listed("package_name=AMM") == everything[2:]
    assert listed("package_type=npm") == listed("status=hidden") == []
    assert listed(**STRANGER) == everything[1:2]
    assert api.get("/groups/conformance%2Fteam/packages", **ANONYMOUS).status_code == 404, (
        "as an unknown group"
    )
    assert api.get("/groups/conformance/packages?status=odd").status_code == 400
    assert api.get("/groups/conformance/packages?per_page=1").headers["X-Total"] == "3"
    assert api.get("/groups/nowhere/packages").status_code == 404


def test_the_namespace_of_a_user_is_no_group(api: Api, registry: Registry) -> None:
    registry.store.add_gitlab_project(
        GitLabProject(id=7, full_path="Jane/tools", members={"jane": Role.OWNER, "maintainer": Role.OWNER})
    )
    registry.store.add_gitlab_project(
        GitLabProject(id=8, full_path="team/tools", members={"jane": Role.OWNER})
    )
    assert api.get("/groups/jane/-/packages/pypi/simple/").status_code == 404
    assert api.get("/groups/team/-/packages/pypi/simple/", **GUEST).status_code == 404
    registry.store.add_gitlab_project(
        GitLabProject(id=8, full_path="team/tools", members={"maintainer": Role.GUEST})
    )
    assert api.get("/groups/team/-/packages/pypi/simple/").status_code == 200
