from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from reference_server.app.handlers import rest

if TYPE_CHECKING:
    from reference_server.rules.registry import Registry


def test_a_gitlab_project(api: Any) -> None:
    answer = api.get("/projects/conformance%2Fpublic", password=None)
    assert (answer.json["id"], answer.json["path_with_namespace"]) == (2, "conformance/public")


def test_a_package_as_gitlab_describes_it(api: Any, registry: Registry) -> None:
    file = registry.publish("demo-1.0.tar.gz", b"12345", name="Demo")
    registry.publish("demo-2.0.tar.gz", b"")
    answer = api.get(f"/projects/1/packages/{file.package_id}")
    described = dict(answer.json)
    versions = described.pop("versions")
    assert described == {
        "id": file.package_id,
        "name": "Demo",
        "version": "1.0",
        "package_type": "pypi",
        "status": "default",
        "_links": {
            "web_path": f"/conformance/registry/-/packages/{file.package_id}",
            "delete_api_path": f"http://localhost/api/v4/projects/1/packages/{file.package_id}",
        },
        "created_at": "2026-11-22T12:00:00.170Z",
        "tags": [],
    }
    assert [each["version"] for each in versions] == ["2.0"]
    (described,) = api.get(f"/projects/1/packages/{file.package_id}/package_files").json
    assert (described["file_name"], described["size"]) == ("demo-1.0.tar.gz", 5)
    assert (described["file_sha256"], described["file_md5"]) == (file.sha256, file.digests["md5"])


def test_only_callers_who_may_delete_get_the_path_for_it(api: Any, registry: Registry) -> None:
    registry.publish("demo-1.0.tar.gz", b"")
    (package,) = api.get("/projects/1/packages", password="reference-guest-token").json
    assert list(package["_links"]) == ["web_path"]


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("", ["b-pkg", "a-pkg", "other"]),
        ("package_type=pypi&package_name=PKG", ["b-pkg", "a-pkg"]),
        ("package_type=npm", []),
        ("order_by=name", ["a-pkg", "b-pkg", "other"]),
        ("order_by=version&sort=desc", ["other", "a-pkg", "b-pkg"]),
        ("sort=desc&per_page=1&page=2", ["a-pkg"]),
        ("page=2", []),
    ],
)
def test_lists_of_packages(api: Any, registry: Registry, query: str, names: list[str]) -> None:
    for filename in ("b_pkg-1.tar.gz", "a_pkg-2.tar.gz", "other-3.tar.gz"):
        registry.publish(filename, b"")
    answer = api.get(f"/projects/1/packages?{query}")
    assert [package["name"] for package in answer.json] == names


@pytest.mark.parametrize("path", ["/projects/1/packages", "/groups/conformance/packages"])
def test_only_the_page_of_a_list_is_described(
    path: str, api: Any, registry: Registry, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(5):
        registry.publish(f"demo-{number}.tar.gz", b"")
    asked: list[str] = []
    describe = rest._described

    def counted(call: Any, owner: Any, found: Any) -> dict[str, Any]:
        asked.append(found.version)
        return describe(call, owner, found)

    monkeypatch.setattr(rest, "_described", counted)
    answer = api.get(f"{path}?per_page=2&page=2")
    assert [each["version"] for each in answer.json] == asked == ["2", "3"]
    assert answer.headers["X-Total"] == "5"


def test_pagination_headers(api: Any, registry: Registry) -> None:
    for version in range(5):
        registry.publish(f"demo-{version}.tar.gz", b"")
    headers = api.get("/projects/1/packages?package_name=demo&per_page=2&page=2").headers
    expected = {
        "Page": "2",
        "Per-Page": "2",
        "Total": "5",
        "Total-Pages": "3",
        "Prev-Page": "1",
        "Next-Page": "3",
    }
    assert {name: headers[f"X-{name}"] for name in expected} == expected
    url = "http://localhost/api/v4/projects/1/packages?package_name=demo"
    assert f'<{url}&page=3&per_page=2>; rel="next"' in headers["Link"]
    assert api.get("/projects/1/packages?per_page=2&page=3").headers["X-Next-Page"] == ""
    assert api.get("/projects/1/packages?per_page=1000").headers["X-Per-Page"] == "100"


@pytest.mark.parametrize(
    "query", ["page=0", "page=x", "per_page=-1", "page=²", "order_by=x", "sort=x", "package_type=x"]
)
def test_parameters_that_make_no_sense(api: Any, query: str) -> None:
    answer = api.get(f"/projects/1/packages?{query}")
    assert (answer.status_code, answer.json) == (400, {"error": f"{query.partition('=')[0]} is invalid"})


@pytest.mark.parametrize(
    ("password", "status"),
    [
        (None, 401),
        ("reference-stranger-token", 404),
        ("reference-developer-token", 403),
        ("reference-deploy-read-token", 401),
        ("reference-deploy-write-token", 401),
        ("reference-maintainer-token", 204),
    ],
)
def test_deleting(api: Any, registry: Registry, password: str | None, status: int) -> None:
    package = registry.publish("demo-1.0.tar.gz", b"").package_id
    answer = api.request("DELETE", f"/projects/1/packages/{package}", password=password)
    assert answer.status_code == status
    left = api.get(f"/projects/1/packages/{package}").status_code
    assert left == (404 if status == 204 else 200)


def test_deleting_a_file(api: Any, registry: Registry) -> None:
    file = registry.publish("demo-1.0.tar.gz", b"")
    path = f"/projects/1/packages/{file.package_id}/package_files/{file.id}"
    assert api.request("DELETE", path).status_code == 204
    assert api.request("DELETE", path).status_code == 404
    assert api.get("/projects/1/packages/pypi/simple/demo/").status_code == 404
    assert api.upload("demo-1.0.tar.gz", fields={"name": "demo"}).status_code == 201
