"""What Workhorse, Rack and Grape do in both versions of GitLab, before and after the code of the registry."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING

import pytest
import requests
from werkzeug.test import Client

from reference_server import create_app
from reference_server.flavours import flavour_named
from reference_server.rules.ready_made import PASSWORD

if TYPE_CHECKING:
    from collections.abc import Mapping

    from werkzeug.test import TestResponse

    from reference_server.rules.registry import Registry

OLD, NEW = "gitlab-13.4", "gitlab"
DIGEST = "a" * 64
PYPI = "/api/v4/projects/1/packages/pypi"
FIELDS = {"name": "my-pkg", "version": "1.0", "requires_python": "", "sha256_digest": DIGEST}
DEPLOY = "reference-deploy-read-token"


@pytest.fixture(params=[OLD, NEW])
def client(request: pytest.FixtureRequest, registry: Registry) -> Client:
    return Client(create_app(registry, flavour=flavour_named(request.param)))


@pytest.fixture
def new(registry: Registry) -> Client:
    return Client(create_app(registry, flavour=flavour_named(NEW)))


def basic(password: str) -> dict[str, str]:
    return {"Authorization": "Basic " + base64.b64encode(f"x:{password}".encode()).decode()}


def upload(
    client: Client, fields: Mapping[str, str] = FIELDS, *, files: int = 1, project: str = "1"
) -> TestResponse:
    parts = [("content", (f"{number}.whl", b"12345")) for number in range(files)]
    sent = requests.Request("POST", "http://localhost", data={**FIELDS, **fields}, files=parts).prepare()
    return client.post(
        PYPI.replace("/1/", f"/{project}/"),
        data=sent.body,
        content_type=sent.headers["Content-Type"],
        headers=basic(PASSWORD),
    )


@pytest.mark.parametrize("path", ["/simple/my-pkg/", f"/files/{DIGEST}/0.whl", ""])
@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE"])
def test_a_method_that_a_path_does_not_support_gets_404(client: Client, method: str, path: str) -> None:
    upload(client)
    answer = client.open(PYPI + path, method=method, headers=basic(PASSWORD))
    assert (answer.status_code, answer.json) == (404, {"error": "404 Not Found"})
    assert "Allow" not in answer.headers


def test_options_still_name_the_methods_of_a_path(client: Client) -> None:
    answer = client.options(PYPI + "/simple/my-pkg/", headers=basic(PASSWORD))
    assert (answer.status_code, answer.headers["Allow"]) == (204, "GET, HEAD, OPTIONS")


@pytest.mark.parametrize(
    ("condition", "status"),
    [("W/{}", 304), ("{}", 200), ('"x", W/{}', 200), ("*", 200), ('"x"', 200)],
)
def test_a_page_is_compared_with_an_etag_as_a_text(client: Client, condition: str, status: int) -> None:
    upload(client)
    url = f"{PYPI}/simple/my-pkg/"
    etag = client.get(url, headers=basic(PASSWORD)).headers["ETag"]
    answer = client.get(
        url, headers=basic(PASSWORD) | {"If-None-Match": condition.format(etag.removeprefix("W/"))}
    )
    assert etag.startswith('W/"')
    assert (answer.status_code, answer.headers["ETag"]) == (status, etag)
    assert client.get(url, headers=basic(PASSWORD) | {"If-Match": '"x"'}).status_code == 200


@pytest.mark.parametrize(
    ("wanted", "status"),
    [
        ("bytes=0-1", 206),
        ("items=0-1", 416),
        ("bytes=3-1", 416),
        ("bytes=a-b", 416),
        ("bytes=9-", 416),
        ("Bytes=0-1", 416),
        ("bytes=-0", 206),
        ("bytes=", 200),
        (None, 200),
    ],
)
def test_ranges_are_read_as_go_reads_them(client: Client, wanted: str | None, status: int) -> None:
    upload(client)
    headers = basic(PASSWORD) | ({"Range": wanted} if wanted else {})
    assert client.get(f"{PYPI}/files/{DIGEST}/0.whl", headers=headers).status_code == status


def test_two_files_in_one_field_end_in_a_server_error_and_store_nothing(
    client: Client, registry: Registry
) -> None:
    assert upload(client, files=2).status_code == 500
    assert upload(client, files=0).status_code == 400
    assert list(registry.store.packages(1)) == []


@pytest.mark.parametrize("field", ["name", "version", "description", "requires_python"])
def test_a_null_character_in_a_form_is_refused(client: Client, registry: Registry, field: str) -> None:
    assert upload(client, {field: "1\0"}).status_code == 400
    assert list(registry.store.packages(1)) == []


def test_an_empty_digest_is_no_digest(new: Client) -> None:
    assert upload(new, {"sha256_digest": ""}).json == {"error": "sha256_digest is invalid"}
    assert upload(new, {"sha256_digest": DIGEST.upper()}).status_code == 201


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        (basic(DEPLOY), 200),
        ({"Deploy-Token": DEPLOY}, 200),
        ({"Authorization": f"Bearer {DEPLOY}"}, 200),
        (basic("wrong") | {"Deploy-Token": DEPLOY}, 401),
        (basic(DEPLOY) | {"Deploy-Token": "wrong"}, 200),
        ({"Authorization": "Bearer wrong"}, 401),
    ],
)
def test_where_a_deploy_token_is_read(new: Client, headers: Mapping[str, str], status: int) -> None:
    upload(new)
    assert new.get(f"{PYPI}/simple/my-pkg/", headers=headers).status_code == status
    assert new.get("/api/v4/projects/1/packages", headers=headers).status_code != 200


def test_files_of_a_public_group_are_open_to_those_who_know_their_urls(new: Client) -> None:
    assert upload(new, project="4").status_code == 201
    path = f"/api/v4/groups/conformance/-/packages/pypi/files/{DIGEST}/"
    for headers in ({}, basic("wrong"), basic("reference-stranger-token")):
        assert new.get(f"{path}0.whl", headers=headers).data == b"12345"
        assert new.get(f"{path}other.whl", headers=headers).status_code == 404
        page = new.get("/api/v4/groups/conformance/-/packages/pypi/simple/my-pkg/", headers=headers)
        assert page.status_code == 404


def test_files_of_a_private_group_are_not_open(new: Client) -> None:
    assert upload(new, project="6").status_code == 201
    path = f"/api/v4/groups/conformance%2Fteam/-/packages/pypi/files/{DIGEST}/0.whl"
    assert new.get(path).status_code == 401
    assert new.get(path, headers=basic("reference-stranger-token")).status_code == 404
    assert new.get(path, headers=basic(PASSWORD)).data == b"12345"


def test_the_rest_api_has_words_of_its_own_for_an_unknown_gitlab_project(client: Client) -> None:
    headers = {"PRIVATE-TOKEN": PASSWORD}
    for path in ("999", "999/packages"):
        answer = client.get(f"/api/v4/projects/{path}", headers=headers)
        assert (answer.status_code, answer.json) == (404, {"message": "404 Project Not Found"})
