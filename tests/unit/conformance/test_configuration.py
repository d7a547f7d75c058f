"""A target from the command line, the environment and a file; and what is said to a wrong one."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from conformance.configuration import configured_target
from conformance.target import ANONYMOUS, DEFAULT, BadTarget, Credential, target_from_table
from conformance.verdicts import Untestable

if TYPE_CHECKING:
    from pathlib import Path

URL = "https://gitlab.example.com/api/v4/projects/42/packages/pypi"
FILE = f"""
url = "{URL}"
profile = "gitlab"

[credentials.default]
username = "__token__"
password-env = "MY_TOKEN"

[credentials.guest]
username = "guest"
password = "of-the-file"

[gitlab-projects]
elsewhere = 43

[limits]
max-file-size = 1000
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "registry.toml"
    path.write_text(FILE, encoding="utf-8")
    return path


def test_nothing_given_means_the_embedded_server() -> None:
    assert configured_target(environ={}) is None


def test_the_command_line_outweighs_the_environment_and_that_the_file(file: Path) -> None:
    environ = {
        "REGISTRY_CONFORMANCE_CONFIG": str(file),
        "REGISTRY_CONFORMANCE_PASSWORD": "of-the-environment",
        "REGISTRY_CONFORMANCE_CREDENTIAL_DEPLOY_READ_USERNAME": "deploy",
        "REGISTRY_CONFORMANCE_CREDENTIAL_DEPLOY_READ_PASSWORD": "secret",
        "MY_TOKEN": "of-the-variable",
    }
    target = configured_target(environ=environ)
    assert target is not None
    assert target.credential(DEFAULT) == Credential(username="__token__", password="of-the-environment")
    assert target.credential("deploy-read") == Credential(username="deploy", password="secret")
    assert target.credential("guest") == Credential(username="guest", password="of-the-file")
    target = configured_target(username="me", password="of-the-command-line", environ=environ)
    assert target is not None
    assert target.credential(DEFAULT) == Credential(username="me", password="of-the-command-line")


def test_a_variable_that_is_outweighed_need_not_be_set(file: Path) -> None:
    target = configured_target(password="of-the-command-line", config=file, environ={})
    assert target is not None
    assert target.credential(DEFAULT) == Credential(username="__token__", password="of-the-command-line")


def test_a_file_says_everything(file: Path) -> None:
    target = configured_target(config=file, environ={"MY_TOKEN": "t"})
    assert target is not None
    assert target.upload_url == URL
    assert target.index_url == f"{URL}/simple/"
    assert target.gitlab_api == "https://gitlab.example.com/api/v4/projects/42"
    assert target.max_file_size == 1000
    assert target.in_gitlab_project("elsewhere").url == URL.replace("42", "43")
    assert target_from_table(target.as_table()) == target


def test_a_missing_credential_is_named_with_its_meaning(file: Path) -> None:
    target = configured_target(config=file, environ={"MY_TOKEN": "t"})
    assert target is not None
    assert target.credential(ANONYMOUS) is None
    with pytest.raises(Untestable, match=r"job.*running CI job.*\[credentials.job\]"):
        target.credential("job")
    with pytest.raises(Untestable, match=r"'public'.*\[gitlab-projects\]"):
        target.in_gitlab_project("public")


def test_passwords_are_not_in_a_representation(file: Path) -> None:
    target = configured_target(config=file, environ={"MY_TOKEN": "hidden-token"})
    assert "hidden-token" not in repr(target)
    assert "of-the-file" not in repr(target)


def test_credentials_do_not_go_to_another_host(file: Path) -> None:
    other = URL.replace("gitlab.example.com", "elsewhere.example.com")
    with pytest.raises(BadTarget, match="another host"):
        configured_target(url=other, config=file, environ={"MY_TOKEN": "t"})


@pytest.mark.parametrize(
    ("url", "complaint"),
    [
        ("gitlab.example.com", "not an http"),
        ("ftp://gitlab.example.com/x", "not an http"),
        ("http://[::1/x", "not an http"),
        ("http://host:99999/x", "not an http"),
        ("https://me:secret@gitlab.example.com/api/v4/projects/1/packages/pypi", "--username"),
        (URL + "/simple/", "without simple/"),
        ("https://gitlab.example.com/group/project", "should look like"),
    ],
)
def test_a_wrong_url_is_explained(url: str, complaint: str) -> None:
    with pytest.raises(BadTarget, match=complaint) as raised:
        configured_target(url=url, environ={})
    assert "secret" not in str(raised.value)


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("url = ", "is not TOML"),
        ("colour = 'red'", "unknown keys"),
        ("[credentials]\ndefault = 'secret'", "credentials are tables"),
        (f"url = '{URL}'\n[credentials.default]\nusername = 'me'", "needs `username` and `password`"),
        ("[credentials.default]\nusername = 'me'\npassword-env = 'UNSET'", "UNSET, which is not set; set it"),
        (f"url = '{URL}'\nprofile = 'gitlub'", "choose one of"),
        ("[credentials.default]\nusername = 'me'\npassword = 'x'", "no URL"),
    ],
)
def test_a_wrong_file_is_explained(tmp_path: Path, text: str, complaint: str) -> None:
    path = tmp_path / "registry.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(BadTarget, match=complaint):
        configured_target(config=path, environ={})


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(BadTarget, match=r"absent\.toml: No such file"):
        configured_target(config=tmp_path / "absent.toml", environ={})


def test_a_url_may_end_with_a_slash() -> None:
    target = configured_target(url=URL + "/", username="me", password="x", environ={})
    assert target is not None
    assert target.upload_url == URL
