"""The index of a group: whose packages, for whom, under which URLs."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from reference_server.distributions import wheel
from reference_server.model import GitLabProject, Visibility
from reference_server.model.errors import GroupNotFoundError
from reference_server.rules.groups import group, groups, members

if TYPE_CHECKING:
    from reference_server.rules.registry import Registry

JSON = {"Accept": "application/vnd.pypi.simple.v1+json"}
PROJECTS = tuple(
    GitLabProject(id=number, full_path=path)
    for number, path in ((3, "a/b/one"), (5, "A/two"), (7, "ab/three"), (9, "alone"))
)


def test_groups_follow_from_paths() -> None:
    assert [(each.id, each.full_path) for each in groups(PROJECTS)] == [(301, "a"), (302, "a/b"), (701, "ab")]
    assert [each.id for each in members(PROJECTS, group(PROJECTS, "a"))] == [3, 5]
    assert group(PROJECTS, "302") == group(PROJECTS, "A/B")
    for reference in ("9", "alone", "a/b/one", "", "³"):
        with pytest.raises(GroupNotFoundError):
            group(PROJECTS, reference)


@pytest.fixture
def filled(registry: Registry) -> Registry:
    for gitlab_project, version in ((1, "1.0"), (2, "2.0"), (4, "4.0"), (6, "6.0")):
        made = wheel("Demo", version)
        registry.publish(made.filename, made.content, gitlab_project=gitlab_project)
    return registry


def listed(api: Any, path: str = "conformance", name: str = "demo", **caller: Any) -> Any:
    """Return the versions on a page, or the status of a refusal."""
    answer = api.get(f"/groups/{path}/-/packages/pypi/simple/{name}/", headers=JSON, **caller)
    if answer.status_code != 200:
        return answer.status_code
    return [file["filename"][5:6] for file in json.loads(answer.data)["files"]]


@pytest.mark.parametrize(
    ("caller", "whole", "subgroup"),
    [
        ({}, ["1", "2", "4", "6"], ["6"]),
        ({"password": "reference-reporter-token"}, ["1", "2"], 404),
        ({"password": "reference-stranger-token"}, ["2"], 404),
        ({"password": "reference-deploy-read-token"}, ["2"], 404),
        ({"username": "gitlab-ci-token", "password": "reference-job-token"}, ["1", "2"], 404),
        ({"password": None}, ["2"], 401),
        ({"password": "reference-expired-token"}, 401, 401),
    ],
)
@pytest.mark.usefixtures("filled")
def test_a_caller_sees_what_they_may_read(api: Any, caller: Any, whole: Any, subgroup: Any) -> None:
    found = listed(api, **caller)
    assert found == whole
    if caller.get("username") == "gitlab-ci-token":
        return  # a job that its user could follow into the subgroup sees that there is one
    assert listed(api, "conformance%2Fteam", **caller) == subgroup


@pytest.mark.usefixtures("filled")
def test_pages_of_different_callers_are_kept_apart(api: Any) -> None:
    assert listed(api) == ["1", "2", "4", "6"]
    assert listed(api, password="reference-stranger-token") == ["2"]
    assert listed(api, "101") == ["1", "2", "4", "6"]


def test_a_page_follows_changes_in_every_gitlab_project(api: Any, filled: Registry) -> None:
    assert listed(api) == ["1", "2", "4", "6"]
    filled.delete("demo", gitlab_project=4)
    assert listed(api) == ["1", "2", "6"]
    filled.publish("demo-7.0.tar.gz", b"", gitlab_project=6)
    assert listed(api) == ["1", "2", "6", "7"]


@pytest.mark.usefixtures("filled")
def test_links_and_redirects_stay_in_the_group(api: Any) -> None:
    base = "/groups/101/-/packages/pypi"
    answer = api.get(f"{base}/simple/Demo", headers=JSON)
    assert (answer.status_code, answer.headers["Location"]) == (301, "demo/")
    page = api.get(f"{base}/simple/demo/", headers=JSON).json
    for file in page["files"]:
        url = file["url"].replace("../..", base)
        assert api.get(url).status_code == api.get(f"{url}.metadata").status_code == 200
        refused = api.get(url, password="reference-stranger-token").status_code
        assert refused == (200 if "demo-2.0" in url else 404)
    assert [each["name"] for each in api.get(f"{base}/simple/", headers=JSON).json["projects"]] == ["demo"]


def test_a_file_in_two_gitlab_projects_is_listed_once(api: Any, registry: Registry) -> None:
    for number in (1, 6):
        registry.publish("demo-1.0.tar.gz", b"same", gitlab_project=number)
    registry.publish("demo-1.0.tar.gz", b"other", gitlab_project=4)
    assert listed(api) == ["1", "1"]


def test_a_status_is_shown_where_all_gitlab_projects_agree(api: Any, registry: Registry) -> None:
    registry.publish("demo-1.0.tar.gz", b"", gitlab_project=6)
    registry.set_status("demo", "archived", gitlab_project=6)

    def status(path: str) -> Any:
        page = api.get(f"/groups/{path}/-/packages/pypi/simple/demo/", headers=JSON).json
        return page.get("project-status")

    assert status("conformance%2Fteam") == {"status": "archived"}
    assert status("conformance") is None


def test_provenance_stays_with_the_gitlab_project(api: Any, registry: Registry) -> None:
    registry.publish("demo-1.0.tar.gz", b"", gitlab_project=6)
    registry.attach_provenance("demo", "demo-1.0.tar.gz", {"version": 1}, gitlab_project=6)
    (file,) = api.get("/groups/101/-/packages/pypi/simple/demo/", headers=JSON).json["files"]
    assert "/api/v4/projects/6/packages/pypi/integrity/" in file["provenance"]


def test_a_group_whose_gitlab_projects_are_switched_off(api: Any, registry: Registry) -> None:
    tools = registry.store.gitlab_project("6")
    assert tools is not None
    registry.store.add_gitlab_project(replace(tools, packages_enabled=False, visibility=Visibility.INTERNAL))
    assert listed(api, "conformance%2Fteam") == 404
    assert listed(api, "602", password=None) == 401
