"""GitLab projects, settings and tokens: over REST, as GitLab documents them, and what they change."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from reference_server.distributions import wheel
from reference_server.rules import management
from reference_server.store.tokens import digest_of

from .conftest import NOON, WHEEL, Api

if TYPE_CHECKING:
    from reference_server.rules.registry import Registry

LIST = "/projects/1/packages"
TOMORROW = (NOON.date() + timedelta(days=1)).isoformat()


def own_id(api: Api) -> int:
    return int(api.get("/user").json["id"])


def new_token(api: Api, **more: Any) -> dict[str, Any]:
    body = {"name": "laptop", "scopes": ["api"]} | more
    made = api.request("POST", f"/users/{own_id(api)}/personal_access_tokens", json=body)
    assert made.status_code == 201, made.data
    return dict(made.json)


def test_the_switch_ends_and_restores_every_use_of_the_registry(api: Api) -> None:
    off = api.request("PUT", "/projects/1", json={"packages_enabled": False})
    assert (off.json["packages_enabled"], off.json["package_registry_access_level"]) == (False, "disabled")
    assert [api.upload().status_code, api.get(LIST).status_code] == [403, 403]
    on = api.request("PUT", "/projects/1", data={"package_registry_access_level": "enabled"})
    described = api.get("/projects/1").json
    assert described.pop("permissions")["project_access"]["access_level"] == 40
    assert on.json == described
    assert [api.upload().status_code, api.get(LIST).status_code] == [201, 200]


@pytest.mark.parametrize(
    "body",
    [{"packages_enabled": "perhaps"}, {"package_registry_access_level": "odd"}, {"visibility": "secret"}],
    ids=lambda body: next(iter(body)),
)
def test_an_invalid_setting_changes_nothing(api: Api, body: dict[str, str]) -> None:
    before = api.get("/projects/1").json
    owner = "reference-owner-token"
    assert api.request("PUT", "/projects/1", json=body, password=owner).status_code == 400
    assert api.get("/projects/1").json == before


def test_visibility_decides_who_sees_it(api: Api) -> None:
    assert api.get("/projects/1", password=None).status_code == 401
    body = {"visibility": "public"}
    assert api.request("PUT", "/projects/1", json=body).status_code == 403, "a Maintainer is no Owner"
    owner = "reference-owner-token"
    assert api.request("PUT", "/projects/1", json=body, password=owner).status_code == 200
    assert api.get("/projects/1", password=None).status_code == 200


def test_duplicates_allowed_replaces_the_file(api: Api, registry: Registry) -> None:
    assert [api.upload().status_code, api.upload().status_code] == [201, 400]
    project = management.change_settings(registry, registry.gitlab_project("1"), duplicates_allowed=True)
    twin = wheel("demo-pkg", "1.0", marker="twin")
    assert api.upload(content=twin.content).status_code == 201
    (package,) = registry.packages(project)
    assert [file.blob.read() for file in package.files] == [twin.content]


def test_an_upload_names_its_publisher(api: Api, registry: Registry) -> None:
    api.upload()
    api.upload(
        WHEEL.replace("1.0", "2.0"), password="reference-deploy-write-token", fields={"version": "2.0"}
    )
    packages = registry.packages(registry.gitlab_project("1"))
    assert [each.files[0].published_by for each in packages] == ["maintainer", "deploy-write"]


def test_gitlab_projects_that_the_caller_may_see(api: Api) -> None:
    def paths(query: str = "", **more: Any) -> list[str]:
        return [
            each["path_with_namespace"].partition("/")[2]
            for each in api.get(f"/projects{query}", **more).json
        ]

    assert paths()[-5:] == ["internal", "elsewhere", "switched-off", "public", "registry"]
    assert paths(password=None) == ["members-only", "public"]
    assert paths(password="reference-stranger-token") == ["members-only", "internal", "public"]
    assert paths("?search=LIC&sort=asc") == ["public"]
    assert paths("?visibility=internal") == ["internal"]
    assert paths("?membership=true", password="reference-stranger-token") == []


def test_a_deploy_token_lists_no_gitlab_projects(api: Api) -> None:
    assert api.get("/projects", password="reference-deploy-read-token").status_code == 401


def test_a_new_gitlab_project_belongs_to_its_creator(api: Api) -> None:
    made = api.request("POST", "/projects", json={"path": "tools", "visibility": "internal"})
    assert made.status_code == 201
    assert (made.json["path_with_namespace"], made.json["visibility"]) == ("maintainer/tools", "internal")
    number = made.json["id"]
    assert api.upload(project=str(number)).status_code == 201
    assert api.upload(project=str(number), password="reference-owner-token").status_code == 403
    again = api.request("POST", "/projects", json={"path": "TOOLS"})
    assert (again.status_code, again.json) == (400, {"error": "path has already been taken"})


def test_a_group_with_gitlab_projects_takes_new_ones_of_its_maintainers_only(api: Api) -> None:
    def create(namespace: str, user: str, path: str = "tools") -> int:
        body = {"path": path, "namespace_path": namespace, "visibility": "public"}
        return api.request("POST", "/projects", json=body, password=f"reference-{user}-token").status_code

    for namespace in ("conformance", "Conformance", "conformance/new", "conformance/team"):
        assert [create(namespace, user) for user in ("stranger", "developer")] == [403, 403]
    assert create("conformance", "stranger", "registry") == 403, "what is there stays unknown"
    assert [create("conformance", "owner"), create("conformance/new", "maintainer")] == [201, 201]
    assert [create("nobodys", "stranger"), create("nobodys", "owner", "other")] == [201, 403]


@pytest.mark.parametrize(
    "path", ["", "-", "a b", "a\n", "../x", "a/", "x.git", "é", "a" * 300, "<b>", "..", ".", "a%2Fb"]
)
def test_an_invalid_path_is_refused(api: Api, path: str) -> None:
    assert api.request("POST", "/projects", json={"path": path}).status_code == 400


@pytest.mark.parametrize("namespace", ["api", "-", "Simple", "users", ""])
def test_paths_of_the_server_are_reserved(api: Api, namespace: str) -> None:
    body = {"path": "tools", "namespace_path": namespace}
    assert api.request("POST", "/projects", json=body).status_code == 400


def test_a_personal_access_token_from_making_to_revoking(api: Api, registry: Registry) -> None:
    made = new_token(api, scopes=["read_api"], expires_at=TOMORROW)
    secret, number = made.pop("token"), made["id"]
    assert secret.startswith("glpat-")
    assert api.get(LIST, password=secret).status_code == 200
    assert api.upload(password=secret).status_code == 403
    assert api.get(f"/personal_access_tokens/{number}").json == made
    assert made in api.get("/personal_access_tokens?state=active&search=LAP").json
    assert secret not in repr(registry.store.tokens())
    assert api.request("DELETE", f"/personal_access_tokens/{number}").status_code == 204
    refused = api.get(LIST, headers={"PRIVATE-TOKEN": secret}, password=None)
    assert (refused.status_code, refused.json["error"]) == (401, "invalid_token")
    assert api.get("/personal_access_tokens?revoked=true").json[-1]["id"] == number


def test_a_token_expires_on_its_day(registry: Registry) -> None:
    now = [NOON]
    registry.now = lambda: now[0]
    api = Api(registry)
    personal = new_token(api, expires_at=TOMORROW)["token"]
    body = {"name": "ci", "scopes": ["read_package_registry"], "expires_at": TOMORROW}
    deploy = api.request("POST", "/projects/1/deploy_tokens", json=body).json["token"]
    headers = [{"PRIVATE-TOKEN": personal}, {"DEPLOY-TOKEN": deploy}]

    def statuses() -> list[int]:
        page = f"{LIST}/pypi/simple/"
        return [api.get(page, headers=each, password=None).status_code for each in headers]

    assert statuses() == [200, 200]
    now[0] = NOON + timedelta(hours=11, minutes=59)
    assert statuses() == [200, 200]
    now[0] = NOON + timedelta(hours=12)
    assert statuses() == [401, 401]


@pytest.mark.parametrize(
    "body",
    [
        {"name": ""},
        {"name": " "},
        {"name": "x" * 256},
        {"name": "a\r\nb"},
        {"scopes": []},
        {"scopes": ["write_everything"]},
        {"expires_at": "2026-11-22"},
        {"expires_at": "soon"},
        {"name": 7},
    ],
    ids=repr,
)
def test_an_invalid_token_is_not_made(api: Api, registry: Registry, body: dict[str, Any]) -> None:
    before = registry.store.tokens()
    for path in (f"/users/{own_id(api)}/personal_access_tokens", "/projects/1/deploy_tokens"):
        good = {"name": "ok", "scopes": ["api" if "users" in path else "read_package_registry"]}
        assert api.request("POST", path, json=good | body).status_code == 400
    assert registry.store.tokens() == before


def test_tokens_of_another_user_are_out_of_reach(api: Api, registry: Registry) -> None:
    other = "reference-owner-token"
    theirs = next(
        each for each in registry.store.tokens() if getattr(each, "user", None) and each.user.name == "owner"
    )
    number = theirs.record.id
    assert api.get(f"/personal_access_tokens/{number}").status_code == 404
    assert api.request("DELETE", f"/personal_access_tokens/{number}").status_code == 404
    assert api.get(LIST, password=other).status_code == 200
    body = {"name": "x", "scopes": ["api"]}
    path = f"/users/{own_id(api)}/personal_access_tokens"
    assert api.request("POST", path, json=body, password=other).status_code == 403


def test_a_deploy_token_from_making_to_revoking(api: Api) -> None:
    body = {"name": "ci", "scopes": ["read_package_registry", "write_package_registry"], "username": "robot"}
    made = api.request("POST", "/projects/1/deploy_tokens", json=body)
    secret, number = made.json["token"], made.json["id"]
    assert api.upload(username="robot", password=secret).status_code == 201
    listed = {name: value for name, value in made.json.items() if name != "token"}
    assert api.get("/projects/1/deploy_tokens").json[-1] == listed
    assert api.get(f"/projects/1/deploy_tokens/{number}").json == listed
    assert api.get(f"/projects/4/deploy_tokens/{number}").status_code == 404
    assert api.request("DELETE", f"/projects/1/deploy_tokens/{number}").status_code == 204
    assert api.get(f"{LIST}/pypi/simple/", username="robot", password=secret).status_code == 401
    assert api.get("/projects/1/deploy_tokens").json[-1]["revoked"] is True


def test_a_job_token_while_its_job_runs(api: Api) -> None:
    path = "/-/reference/projects/1/job_tokens"
    headers = {"PRIVATE-TOKEN": "reference-api-token"}
    made = api.client.post(path, json={}, headers=headers).json
    job = {"username": "gitlab-ci-token", "password": made["token"]}
    assert api.upload(**job).status_code == 201
    assert api.client.get(path, headers=headers).json[-1]["running"] is True
    assert api.client.delete(f"{path}/{made['id']}", headers=headers).status_code == 204
    assert api.get(f"{LIST}/pypi/simple/", **job).status_code == 401


def test_only_a_digest_of_a_secret_is_kept(registry: Registry) -> None:
    made = management.make_personal_access_token(
        registry,
        management.personal_access_tokens(registry, next(iter(registry.store.tokens())).user)[0].user,  # type: ignore[union-attr]
        ["api"],
        secret="glpat-secret",
        name="x",
        expires_at=date(2030, 1, 1),
    )
    assert made.secret == "glpat-secret"
    assert "glpat-secret" not in repr(vars(registry.store))
    assert digest_of("glpat-secret") in repr(registry.store._tokens._ids)  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("content_type", "body"),
    [
        ("application/json", b"[]"),
        ("application/json", b"{" * 10_000),
        ("application/json", b'{"name": "\\ud800"}'),
        ("multipart/form-data", b"x"),
        ("multipart/form-data; boundary=b", b"--b\r\n"),
        ("application/json", b'{"name": "' + b"x" * 1_100_000 + b'"}'),
    ],
    ids=["array", "deep", "surrogate", "no boundary", "truncated", "large"],
)
def test_an_odd_body_is_refused(api: Api, content_type: str, body: bytes) -> None:
    answer = api.request("POST", "/projects/1/deploy_tokens", data=body, content_type=content_type)
    assert answer.status_code in {400, 413}
