from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from reference_server.app.handlers.files import INTEGRITY
from reference_server.distributions import wheel
from reference_server.model.errors import PackageNotFoundError

from .pages import SIMPLE, html_page, json_files, json_page

if TYPE_CHECKING:
    from reference_server.rules.registry import Registry

FIRST, SECOND, SDIST = "demo-1.0-py3-none-any.whl", "demo-2.0-py3-none-any.whl", "demo-1.0.tar.gz"
PROVENANCE = {
    "version": 1,
    "attestation_bundles": [{"publisher": {"kind": "x", "claims": None}, "\u00fc": [1.5]}],
}


@pytest.fixture(autouse=True)
def files(registry: Registry) -> dict[str, Any]:
    made = {FIRST: wheel("demo", "1.0").content, SECOND: wheel("demo", "2.0").content, SDIST: b"sdist"}
    return {filename: registry.publish(filename, content) for filename, content in made.items()}


def call(api: Any, method: str, path: str, body: Any = None, **more: Any) -> int:
    sent = {} if body is None else {"json": body}
    answer = api.client.open(
        f"/-/reference/projects/1/packages/pypi{path}",
        method=method,
        headers={"PRIVATE-TOKEN": more.pop("token", "reference-maintainer-token")},
        **sent,
        **more,
    )
    status: int = answer.status_code
    return status


def yanked(api: Any) -> dict[str, Any]:
    told = {filename: file["yanked"] for filename, file in json_files(api).items()}
    assert told == {filename: file["yanked"] for filename, file in html_page(api).files.items()}
    return told


def test_yank_a_version_and_take_it_back(api: Any) -> None:
    for _ in range(2):
        assert call(api, "PUT", "/Demo/versions/1.0.0/yank", {"reason": "broken"}) == 204
        assert yanked(api) == {FIRST: "broken", SECOND: False, SDIST: "broken"}
        assert call(api, "DELETE", "/demo/versions/1.0/yank") == 204
        assert yanked(api) == {FIRST: False, SECOND: False, SDIST: False}


def test_yank_one_file_without_a_reason(api: Any, files: dict[str, Any]) -> None:
    assert call(api, "PUT", f"/demo/files/{FIRST}/yank") == 204
    assert yanked(api) == {FIRST: True, SECOND: False, SDIST: False}
    path = f"/projects/1/packages/pypi/files/{files[FIRST].sha256}/{FIRST}"
    assert api.get(path).status_code == api.get(f"{path}.metadata").status_code == 200
    assert call(api, "DELETE", f"/demo/files/{FIRST}/yank") == 204
    assert yanked(api)[FIRST] is False


def test_upload_times_do_not_change(api: Any, registry: Registry) -> None:
    before = {name: file["upload-time"] for name, file in json_files(api).items()}
    registry.now = lambda: pytest.fail("the time was asked for")
    call(api, "PUT", "/demo/versions/1.0/yank")
    assert {name: file["upload-time"] for name, file in json_files(api).items()} == before


@pytest.mark.parametrize("status", ["active", "deprecated", "archived", "quarantined"])
def test_what_a_status_does(api: Any, files: dict[str, Any], status: str) -> None:
    assert call(api, "PUT", "/DEMO/status", {"status": status, "reason": "why <b>"}) == 204
    body, page = json_page(api), html_page(api)
    assert body["project-status"] == {"status": status, "reason": "why <b>"}
    assert page.meta["pypi:project-status"] == status
    hidden = status == "quarantined"
    assert len(body["files"]) == len(page.files) == (0 if hidden else 3)
    path = f"/projects/1/packages/pypi/files/{files[FIRST].sha256}/{FIRST}"
    for each in (path, f"{path}.metadata"):
        assert api.get(each).status_code == (404 if hidden else 200)
    closed = status in {"archived", "quarantined"}
    answer = api.upload("demo-3.0.tar.gz", fields={"name": "demo", "version": "3.0"})
    assert answer.status_code == (403 if closed else 201)
    if closed:
        assert f"is {status} and takes no uploads" in answer.json["message"]
    root = api.get(f"{SIMPLE}/", headers={"Accept": "application/vnd.pypi.simple.v1+json"}).json
    assert root == {"meta": {"api-version": "1.4"}, "projects": [{"name": "demo"}]}
    assert call(api, "PUT", "/demo/status", {"status": "active"}) == 204
    assert "project-status" not in json_page(api)
    assert len(json_files(api)) == (3 if closed else 4)


def test_a_status_outlives_the_files(api: Any, registry: Registry) -> None:
    registry.set_status("demo", "quarantined")
    registry.delete("demo")
    assert api.get(f"{SIMPLE}/demo/").status_code == 404
    assert api.upload(FIRST, fields={"name": "demo"}).status_code == 403


@pytest.mark.parametrize("selection", [{}, {"version": "1.0"}])
def test_a_release_is_deleted_after_its_files(
    api: Any, registry: Registry, selection: dict[str, Any]
) -> None:
    for filename in (FIRST, SECOND, SDIST):
        assert call(api, "DELETE", f"/demo/files/{filename}") == 204
    registry.delete("demo", **selection)
    left = [package.version for package in registry.packages(registry.gitlab_project("1"), name="demo")]
    assert "1.0" not in left
    with pytest.raises(PackageNotFoundError):
        registry.delete("demo", **selection)


@pytest.mark.parametrize("number", ["1e400", "-1e400", "NaN", "Infinity"])
def test_a_number_that_json_does_not_have(number: str, api: Any, registry: Registry) -> None:
    body = '{"version": %s}' % number  # noqa: UP031 - it has braces
    path = f"/demo/files/{FIRST}/provenance"
    assert call(api, "PUT", path, data=body, content_type="application/json") == 400
    with pytest.raises(ValueError, match="JSON"):
        registry.attach_provenance("demo", FIRST, {"version": float(number)})
    assert "provenance" not in json_files(api)[FIRST]


@pytest.mark.parametrize("reason", ["a\0", "\x1b[31m", "\x7f"])
def test_a_reason_that_no_page_can_show(reason: str, api: Any) -> None:
    assert call(api, "PUT", "/demo/versions/1.0/yank", {"reason": reason}) == 400
    assert call(api, "PUT", "/demo/status", {"status": "archived", "reason": reason}) == 400
    assert yanked(api)[FIRST] is False
    assert call(api, "PUT", "/demo/versions/1.0/yank", {"reason": "two\nlines\tand ü"}) == 204


def test_provenance(api: Any, registry: Registry) -> None:
    assert call(api, "PUT", f"/demo/files/{FIRST}/provenance", PROVENANCE) == 204
    url = json_files(api)[FIRST]["provenance"]
    assert url == f"http://localhost/api/v4/projects/1/packages/pypi/integrity/demo/1.0/{FIRST}/provenance"
    assert url == html_page(api).files[FIRST]["provenance"]
    assert "provenance" not in json_files(api)[SECOND]
    path = url.removeprefix("http://localhost/api/v4")
    for accept, content_type in (
        ("*/*", INTEGRITY),
        (INTEGRITY, INTEGRITY),
        ("application/json", "application/json"),
    ):
        answer = api.get(path, headers={"Accept": accept})
        assert (answer.status_code, answer.content_type) == (200, content_type)
        assert answer.get_json(force=True) == PROVENANCE
        assert "Accept" in answer.headers["Vary"]
    assert api.get(path, headers={"Accept": "text/html"}).status_code == 406
    assert api.get(path, password=None).status_code == 401
    assert api.get(path.replace(FIRST, SDIST)).status_code == 404
    assert api.get(path.replace("1.0/", "2.0/")).status_code == 404
    assert "message" in api.get(path.replace(FIRST, "x")).json
    registry.set_status("demo", "quarantined")
    assert api.get(path).status_code == 404
    registry.set_status("demo", "active")
    assert call(api, "DELETE", f"/demo/files/{FIRST}/provenance") == 204
    assert api.get(path).status_code == 404
    assert "provenance" not in json_files(api)[FIRST]


def test_the_url_of_provenance_has_the_origin_that_was_asked(api: Any, registry: Registry) -> None:
    registry.attach_provenance("demo", FIRST, PROVENANCE)
    for base in ("http://one.example:8000/", "https://two.example/prefix/"):
        page = api.client.open(
            f"/api/v4{SIMPLE}/demo/", base_url=base, headers={"PRIVATE-TOKEN": "reference-api-token"}
        )
        assert f'data-provenance="{base}api/v4/projects/1/' in page.text
        (url,) = [part.split('"')[0] for part in page.text.split('data-provenance="')[1:]]
        sent = api.client.open(
            url.removeprefix(base.rstrip("/")),
            base_url=base,
            headers={"PRIVATE-TOKEN": "reference-api-token"},
        )
        assert sent.get_json(force=True) == PROVENANCE


def test_delete(api: Any, registry: Registry) -> None:
    assert call(api, "DELETE", f"/demo/files/{FIRST}") == 204
    assert set(json_files(api)) == {SECOND, SDIST}
    assert call(api, "DELETE", "/demo/versions/1.0") == 204
    assert set(json_files(api)) == {SECOND}
    assert len(registry.packages(registry.gitlab_project("1"))) == 1
    assert call(api, "DELETE", "/Demo") == 204
    assert api.get(f"{SIMPLE}/demo/").status_code == 404
    assert registry.packages(registry.gitlab_project("1")) == ()


ROUTES = [
    ("PUT", "/versions/1.0/yank", None),
    ("DELETE", "/versions/1.0/yank", None),
    ("PUT", f"/files/{FIRST}/yank", None),
    ("DELETE", f"/files/{FIRST}/yank", None),
    ("PUT", "/status", {"status": "archived"}),
    ("PUT", f"/files/{FIRST}/provenance", {}),
    ("DELETE", f"/files/{FIRST}/provenance", None),
    ("DELETE", f"/files/{FIRST}", None),
    ("DELETE", "/versions/1.0", None),
    ("DELETE", "", None),
]


@pytest.mark.parametrize(("method", "path", "body"), ROUTES)
def test_who_may_and_what_is_there(api: Any, method: str, path: str, body: Any) -> None:
    before = json_page(api)
    for token, status in (
        ("wrong", 401),
        ("reference-stranger-token", 404),
        ("reference-developer-token", 403),
        ("reference-read-api-token", 403),
    ):
        assert call(api, method, f"/demo{path}", body, token=token) == status
    other = path.replace("1.0", "9.9")
    if other != path:
        assert call(api, method, f"/demo{other}", body) == 404
    assert call(api, method, f"/unknown{path}", body) == 404
    assert json_page(api) == before
    assert call(api, method, f"/demo{path}", body) == 204


@pytest.mark.parametrize("sent", [b"x", b"[]", b"null", b'"text"', b"\xff", b"[" * 100_000, b'{"reason": 1}'])
def test_a_body_that_makes_no_sense(api: Any, sent: bytes) -> None:
    assert call(api, "PUT", "/demo/versions/1.0/yank", data=sent) == 400
    assert yanked(api)[FIRST] is False


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"status": "Archived"},
        {"status": None},
        {"status": ["active"]},
        {"status": "active", "reason": "\ud800"},
    ],
)
def test_a_status_that_makes_no_sense(api: Any, body: dict[str, Any]) -> None:
    assert call(api, "PUT", "/demo/status", body) == 400


def test_a_body_that_is_too_large(api: Any) -> None:
    assert call(api, "PUT", f"/demo/files/{FIRST}/provenance", data=b" " * 5_000_000) == 413


def test_in_python_nothing_to_do_is_an_error(registry: Registry) -> None:
    for change in (registry.yank, registry.unyank, registry.delete):
        with pytest.raises(PackageNotFoundError):
            change("unknown")
        with pytest.raises(PackageNotFoundError):
            change("demo", version="1.0", gitlab_project=2)
    with pytest.raises(PackageNotFoundError):
        registry.attach_provenance("demo", "unknown", {})
    with pytest.raises(PackageNotFoundError):
        registry.set_status("unknown", "active")
    with pytest.raises(ValueError, match="sleeping"):
        registry.set_status("demo", "sleeping")


@pytest.mark.parametrize("attestations", ["[]", "nonsense", '[{"version": 1}]'])
def test_attestations_are_not_looked_at(api: Any, attestations: str) -> None:
    fields = {"name": "demo", "version": "4.0", "attestations": attestations}
    assert api.upload("demo-4.0.tar.gz", fields=fields).status_code == 201
    assert "provenance" not in json_files(api)["demo-4.0.tar.gz"]
