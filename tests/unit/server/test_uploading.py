from __future__ import annotations

import io
import random
from typing import TYPE_CHECKING, Any

import pytest

from reference_server.distributions import sdist, wheel
from reference_server.rules.ready_made import GITLAB_PROJECTS

if TYPE_CHECKING:
    from reference_server.rules.registry import Registry

PRIVATE, PUBLIC, *_ = GITLAB_PROJECTS


def test_created(api: Any, registry: Registry) -> None:
    answer = api.upload(fields={"requires_python": ">=3.8", "classifiers": ["a", "b"], "summary": "a\0b"})
    assert (answer.status_code, answer.json) == (201, {"message": "201 Created"})
    (package,) = registry.packages(PRIVATE)
    assert package.files[0].requires_python == ">=3.8"


@pytest.mark.parametrize(
    ("without", "text"),
    [
        (["name"], "name is missing"),
        (["version", "name"], "name is missing, version is missing"),
        (["content", "name", "version"], "content is missing, name is missing, version is missing"),
    ],
)
def test_missing_fields_are_all_named(api: Any, without: list[str], text: str) -> None:
    answer = api.upload(without=without)
    assert (answer.status_code, answer.json) == (400, {"error": text})


@pytest.mark.parametrize(
    ("fields", "body"),
    [
        ({"name": "-"}, {"message": "Validation failed: Name is invalid"}),
        ({"name": ""}, {"message": "Validation failed: Name is invalid"}),
        ({"name": "föö🐍\r\nX: y"}, {"message": "Validation failed: Name is invalid"}),
        ({"version": "1.0\n"}, {"message": "Validation failed: Version is invalid"}),
        ({"sha256_digest": "zz"}, {"error": "sha256_digest is invalid"}),
        (
            {"sha256_digest": "0" * 64},
            {"message": "Validation failed: Digest does not match the uploaded file"},
        ),
    ],
)
def test_invalid(api: Any, registry: Registry, fields: dict[str, str], body: dict[str, str]) -> None:
    answer = api.upload(fields=fields)
    assert (answer.status_code, answer.json) == (400, body)
    assert registry.packages(PRIVATE) == ()


def test_taken(api: Any) -> None:
    api.upload()
    answer = api.upload(content=wheel("demo-pkg", "1.0", marker="other").content)
    assert (answer.status_code, answer.json) == (
        400,
        {"message": "Validation failed: File name has already been taken"},
    )


@pytest.mark.parametrize("requires_python", ["", "  "])
def test_an_empty_field_counts_as_absent(api: Any, registry: Registry, requires_python: str) -> None:
    content = wheel("demo-pkg", "1.0", requires_python=None).content
    fields = {"requires_python": requires_python, "md5_digest": ""}
    assert api.upload(content=content, fields=fields).status_code == 201
    assert registry.packages(PRIVATE)[0].files[0].requires_python is None


def test_content_as_text_or_twice(api: Any) -> None:
    body = "".join(
        f'--b\r\nContent-Disposition: form-data; name="{name}"\r\n\r\nx\r\n'
        for name in ("content", "name", "version")
    )
    answer = api.request(
        "POST",
        "/projects/1/packages/pypi",
        data=f"{body}--b--\r\n".encode(),
        content_type="multipart/form-data; boundary=b",
    )
    assert (answer.status_code, answer.json) == (400, {"error": "content is invalid"})


@pytest.mark.parametrize(
    "content_type", ["Multipart/Form-Data; Boundary=b", 'multipart/form-data; boundary="b"']
)
def test_the_type_has_no_case_and_its_boundary_may_be_quoted(api: Any, content_type: str) -> None:
    body = b'--b\r\nContent-Disposition: form-data; name="name"\r\n\r\nx\r\n--b--\r\n'
    answer = api.request("POST", "/projects/1/packages/pypi", data=body, content_type=content_type)
    assert answer.json == {"error": "content is missing, version is missing"}


def test_a_long_description_and_many_fields(api: Any) -> None:
    fields = {"description": "x" * 20_000_000, "classifiers": ["y"] * 10_000}
    assert api.upload(fields=fields).status_code == 201


def test_too_many_parts(api: Any, registry: Registry) -> None:
    answer = api.upload(fields={"classifiers": ["y"] * 20_001})
    assert (answer.status_code, answer.json) == (413, {"error": "413 Request Entity Too Large"})
    assert registry.packages(PRIVATE) == ()


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        (b"", "multipart/form-data"),
        (b"", "multipart/form-data; boundary=b"),
        (b"--b\r\n", "multipart/form-data; boundary=b"),
        (
            b"--c\r\nContent-Disposition: form-data; name=a\r\n\r\nx\r\n--c--\r\n",
            "multipart/form-data; boundary=b",
        ),
        (b"--b\r\nContent-Disposition: form-data; name=a\r\n\r\nx\r\n", "multipart/form-data; boundary=b"),
        (b"--b\r\n\r\nx\r\n--b--\r\n", "multipart/form-data; boundary=b"),
        (b"--b\r\nContent-Disposition: form-data\r\n\r\nx\r\n--b--\r\n", "multipart/form-data; boundary=b"),
        (b"--b\r\n\xff\xfe: \x00\r\n\r\nx\r\n--b--\r\n", "multipart/form-data; boundary=b"),
        (b"x", "multipart/form-data; boundary=\xc3\xa9"),
        (b"{}", "application/json"),
        (b"name=a&version=1", "application/x-www-form-urlencoded"),
        (b"\xff\x00", ""),
    ],
)
def test_not_a_form(api: Any, body: bytes, content_type: str) -> None:
    answer = api.request("POST", "/projects/1/packages/pypi", data=body, content_type=content_type)
    assert answer.status_code == 400
    assert list(answer.json) == ["error"]


def test_truncated_and_mutilated_forms_leave_nothing(api: Any, registry: Registry) -> None:
    form = (
        b'--b\r\nContent-Disposition: form-data; name="name"\r\n\r\ndemo\r\n'
        b'--b\r\nContent-Disposition: form-data; name="version"\r\n\r\n1.0\r\n'
        b'--b\r\nContent-Disposition: form-data; name="content"; filename="demo-1.0.tar.gz"\r\n\r\n'
        + sdist("demo", "1.0").content
        + b"\r\n--b--\r\n"
    )
    cuts = [form[:length] for length in range(len(form) - 6)]
    chance = random.Random(0)  # noqa: S311
    for _ in range(500):
        mutilated = bytearray(form)
        mutilated[chance.randrange(len(form))] = chance.randrange(256)
        cuts.append(bytes(mutilated))
    for body in cuts:
        answer = api.request(
            "POST",
            "/projects/1/packages/pypi",
            data=body,
            content_type="multipart/form-data; boundary=b",
        )
        assert answer.status_code in {201, 400}, body
        stored = sum(len(package.files) for package in registry.packages(PRIVATE))
        assert stored == (answer.status_code == 201), body
        for package in registry.packages(PRIVATE):
            registry.delete_package(PRIVATE, package.id)


def test_too_large_is_413_and_comes_before_the_fields(api_with: Any, registry: Registry) -> None:
    large = b"x" * (registry.rules.max_file_size or 0) + b"x"
    answer = api_with().upload(content=large, without=["name"])
    assert answer.status_code == 413
    assert "File is too large" in answer.json["message"]
    assert registry.packages(PRIVATE) == ()


def test_a_hopeless_length_is_refused_unread(api: Any) -> None:
    class Unreadable(io.RawIOBase):
        def readinto(self, _buffer: object) -> int:
            raise AssertionError

        def tell(self) -> int:
            return 0

        def seek(self, offset: int, whence: int = 0) -> int:
            return offset + 0 * whence

    answer = api.request(
        "POST",
        "/projects/1/packages/pypi",
        input_stream=Unreadable(),
        environ_overrides={"CONTENT_LENGTH": str(10**12)},
        content_type="multipart/form-data; boundary=b",
    )
    assert answer.status_code == 413


@pytest.mark.parametrize(
    ("project", "password", "status", "body"),
    [
        ("99", None, 404, {"message": "404 Not Found"}),
        ("1", None, 401, {"message": "401 Unauthorized"}),
        ("1", "wrong", 401, {"message": "401 Unauthorized"}),
        ("1", "reference-guest-token", 403, {"message": "403 Forbidden"}),
        ("1", "reference-stranger-token", 404, {"message": "404 Not Found"}),
        ("2", "reference-stranger-token", 403, {"message": "403 Forbidden"}),
        ("3", "reference-api-token", 403, {"message": "403 Forbidden"}),
        (
            "1",
            "reference-read-api-token",
            403,
            {
                "error": "insufficient_scope",
                "error_description": "The request requires higher privileges than provided by "
                "the access token.",
                "scope": "api",
            },
        ),
        (
            "2",
            "reference-revoked-token",
            401,
            {
                "error": "invalid_token",
                "error_description": "Token was revoked. You have to re-authorize from the user.",
            },
        ),
    ],
)
def test_the_caller_comes_before_the_form(
    api: Any, project: str, password: str | None, status: int, body: dict[str, str]
) -> None:
    answer = api.upload(project=project, password=password, without=["content", "name", "version"])
    assert (answer.status_code, answer.json) == (status, body)
    challenge = 'Basic realm="GitLab Packages Registry"' if status == 401 else None
    assert answer.headers.get("WWW-Authenticate") == challenge


@pytest.mark.parametrize(
    "headers",
    [
        {"PRIVATE-TOKEN": "reference-developer-token"},
        {"Authorization": "Bearer reference-developer-token"},
        {"DEPLOY-TOKEN": "reference-deploy-write-token"},
    ],
)
def test_tokens_in_headers_of_their_own(api: Any, headers: dict[str, str]) -> None:
    assert api.upload(password=None, headers=headers).status_code == 201


@pytest.mark.parametrize("value", ["Basic", "Basic !!!", "Basic /////w==", "Digest x", "\xff", "Bearer"])
def test_authorization_that_makes_no_sense(api: Any, value: str) -> None:
    answer = api.upload(password=None, headers={"Authorization": value})
    assert answer.status_code == 401


def test_the_slash_behind_the_upload_url_does_not_matter(api: Any) -> None:
    answer = api.request("POST", "/projects/1/packages/pypi/", data={"name": "x"})
    assert answer.status_code == 400
