from __future__ import annotations

import re
from html import unescape
from typing import TYPE_CHECKING, Any
from urllib.parse import urljoin

import pytest

from reference_server.http.request import Request

if TYPE_CHECKING:
    from reference_server.rules.registry import Registry

SIMPLE = "/projects/1/packages/pypi/simple"


def links(text: str) -> dict[str, str]:
    return {
        unescape(name): unescape(href) for href, name in re.findall(r'<a href="([^"]*)".*?>([^<]*)</a>', text)
    }


def test_an_empty_root_page(api: Any) -> None:
    answer = api.get(f"{SIMPLE}/")
    assert (answer.status_code, answer.content_type) == (200, "text/html; charset=utf-8")
    assert answer.text.startswith("<!DOCTYPE html>\n")
    assert '<meta name="pypi:repository-version" content="1.4">' in answer.text
    assert links(answer.text) == {}


def test_the_root_page_lists_each_project_once(api: Any, registry: Registry) -> None:
    registry.publish("Demo.Pkg-1.0-py3-none-any.whl", b"1", name="Demo.Pkg")
    registry.publish("demo_pkg-2.0.tar.gz", b"2", name="demo_pkg")
    registry.publish("another-1.0.tar.gz", b"3")
    assert links(api.get(f"{SIMPLE}/").text) == {"another": "another/", "demo-pkg": "demo-pkg/"}


def test_a_project_page_leads_to_the_bytes(api: Any, registry: Registry) -> None:
    file = registry.publish("demo_pkg-1!1.0+l.1-py3-none-any.whl", b"\0\xff\r\n")
    page = api.get(f"{SIMPLE}/demo-pkg/")
    assert page.content_type == "text/html; charset=utf-8"
    ((name, href),) = links(page.text).items()
    url = urljoin(f"http://localhost/api/v4{SIMPLE}/demo-pkg/", href)
    assert (name, url.partition("#")[2]) == (file.filename, f"sha256={file.sha256}")
    path = url.partition("#")[0].removeprefix("http://localhost/api/v4")
    for spelled in (path, path.replace("%2B", "+").replace("%21", "!")):
        answer = api.get(spelled)
        assert (answer.status_code, answer.data) == (200, b"\0\xff\r\n")
        assert answer.content_type == "application/octet-stream"
        assert answer.headers["Content-Length"] == "4"
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert "Content-Encoding" not in answer.headers


def test_requires_python_is_escaped_and_only_there_when_set(api: Any, registry: Registry) -> None:
    registry.publish("demo-1.0-py3-none-any.whl", b"1", requires_python=">=3.8,<4")
    registry.publish("demo-1.0.tar.gz", b"2")
    text = api.get(f"{SIMPLE}/demo/").text
    assert re.findall(r'data-requires-python="([^"]*)"', text) == ["&gt;=3.8,&lt;4"]


def test_head_is_get_without_the_body(api: Any, registry: Registry) -> None:
    file = registry.publish("demo-1.0.tar.gz", b"12345")
    for path in (
        f"{SIMPLE}/",
        f"{SIMPLE}/demo/",
        f"/projects/1/packages/pypi/files/{file.sha256}/demo-1.0.tar.gz",
    ):
        got, head = api.get(path), api.request("HEAD", path)
        assert (head.status_code, head.data) == (200, b"")
        assert dict(head.headers) == dict(got.headers)


@pytest.mark.parametrize(
    ("asked", "location"),
    [
        (SIMPLE, "simple/"),
        (f"{SIMPLE}?a=%2B&b", "simple/?a=%2B&b"),
        (f"{SIMPLE}/demo-pkg", "demo-pkg/"),
        (f"{SIMPLE}/Demo._Pkg", "demo-pkg/"),
        (f"{SIMPLE}/Demo._Pkg/?a=b", "../demo-pkg/?a=b"),
    ],
)
def test_redirects_are_relative_and_keep_the_query(
    api: Any, registry: Registry, asked: str, location: str
) -> None:
    registry.publish("demo_pkg-1.0.tar.gz", b"")
    answer = api.get(asked)
    assert (answer.status_code, answer.headers["Location"]) == (301, location)


@pytest.mark.parametrize(
    "name", ["unknown", "Un.Known/", "..", "%2e%2e%2fetc", "%252e", "é/", "<script>", "a b"]
)
def test_an_unknown_project_is_404(api: Any, name: str) -> None:
    answer = api.get(f"{SIMPLE}/{name}")
    assert answer.status_code == 404
    assert answer.is_json
    assert "script" not in answer.text


@pytest.mark.parametrize("path", ["", "/demo", "/demo/", "/Demo/", "/unknown/"])
@pytest.mark.parametrize(("password", "status"), [(None, 401), ("reference-stranger-token", 404)])
def test_access_comes_before_redirects(
    api: Any, registry: Registry, path: str, password: str | None, status: int
) -> None:
    registry.publish("demo-1.0.tar.gz", b"")
    assert api.get(f"{SIMPLE}{path}", password=password).status_code == status


def test_a_download_needs_what_the_pages_need(api: Any, registry: Registry) -> None:
    path = f"packages/pypi/files/{registry.publish('demo-1.0.tar.gz', b'').sha256}/demo-1.0.tar.gz"
    assert api.get(f"/projects/1/{path}", password=None).status_code == 401
    assert api.get(f"/projects/1/{path}", password="reference-stranger-token").status_code == 404
    assert api.get(f"/projects/1/{path}", password="reference-guest-token").status_code == 200


def test_a_wrong_digest_in_the_url(api: Any, registry: Registry) -> None:
    registry.publish("demo-1.0.tar.gz", b"")
    answer = api.get(f"/projects/1/packages/pypi/files/{'0' * 64}/demo-1.0.tar.gz")
    assert (answer.status_code, answer.json) == (404, {"message": "404 Package Not Found"})


@pytest.mark.parametrize("reference", ["1", "conformance%2Fregistry", "conformance%2fregistry"])
def test_a_gitlab_project_by_id_and_by_path(api: Any, reference: str) -> None:
    assert api.get(f"/projects/{reference}/packages/pypi/simple/").status_code == 200


def test_a_full_path_where_the_server_only_passes_the_decoded_path(api: Any) -> None:
    for path in ("conformance/registry/packages/pypi/simple/", "conformance/registry"):
        environ = {"RAW_URI": "", "REQUEST_URI": ""}
        assert api.get(f"/projects/{path}", environ_overrides=environ).status_code == 200


@pytest.mark.parametrize(
    ("path", "routed"),
    [
        ("/api/v4/projects/a/b/deploy_tokens/3", "/api/v4/projects/a%2Fb/deploy_tokens/3"),
        ("/-/reference/projects/a/b/job_tokens", "/-/reference/projects/a%2Fb/job_tokens"),
        ("/-/reference/projects/a/b/packages/pypi/x", "/-/reference/projects/a%2Fb/packages/pypi/x"),
        ("/api/v4/groups/a/b/-/packages/pypi", "/api/v4/groups/a%2Fb/-/packages/pypi"),
        ("/api/v4/projects/7/deploy_tokens", "/api/v4/projects/7/deploy_tokens"),
        ("/team/projects/tools/-/packages/5", "/team/projects/tools/-/packages/5"),
        ("/team/groups/tools/-/packages", "/team/groups/tools/-/packages"),
    ],
)
def test_the_route_where_the_server_only_passes_the_decoded_path(path: str, routed: str) -> None:
    assert Request({"PATH_INFO": path, "REQUEST_METHOD": "GET"}).routed_path == routed


def test_below_a_prefix(api: Any, registry: Registry) -> None:
    registry.publish("demo-1.0.tar.gz", b"")
    answer = api.client.open(
        f"/api/v4{SIMPLE}/Demo",
        base_url="http://h/pre/fix/",
        headers={"PRIVATE-TOKEN": "reference-api-token"},
    )
    assert (answer.status_code, answer.headers["Location"]) == (301, "demo/")


@pytest.mark.parametrize(
    "path",
    [
        "/projects/1/packages/pypi/simple/%00/",
        "/projects/%ff/packages",
        "/projects/1/%zz",
        "/%0d%0a",
        "/x%7f",
    ],
)
def test_urls_that_make_no_sense(api: Any, path: str) -> None:
    answer = api.client.open(environ_overrides={"REQUEST_URI": f"/api/v4{path}", "RAW_URI": f"/api/v4{path}"})
    assert (answer.status_code, answer.json) == (400, {"error": "400 Bad Request"})


@pytest.mark.parametrize(
    "path", ["/groups", "/other", "/projects/1/x", f"{SIMPLE}/demo/extra", "/projects/1//packages"]
)
def test_unknown_routes(api: Any, path: str) -> None:
    answer = api.get(path)
    assert (answer.status_code, answer.json) == (404, {"error": "404 Not Found"})


@pytest.mark.parametrize(
    ("method", "path", "allow"),
    [
        ("PUT", "/projects/1/packages/pypi", "OPTIONS, POST"),
        ("POST", f"{SIMPLE}/", "GET, HEAD, OPTIONS"),
        ("DELETE", f"{SIMPLE}/demo/", "GET, HEAD, OPTIONS"),
        ("PATCH", "/projects/1/packages/1", "DELETE, GET, HEAD, OPTIONS"),
    ],
)
def test_wrong_methods(api: Any, method: str, path: str, allow: str) -> None:
    answer = api.request(method, path)
    assert (answer.status_code, answer.json) == (405, {"error": "405 Not Allowed"})
    assert answer.headers["Allow"] == allow


def test_options_tells_what_there_is(api: Any) -> None:
    answer = api.request("OPTIONS", f"{SIMPLE}/", password=None)
    assert (answer.status_code, answer.headers["Allow"], answer.data) == (204, "GET, HEAD, OPTIONS", b"")
    assert api.request("OPTIONS", "/nothing").status_code == 404
