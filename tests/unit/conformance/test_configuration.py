"""A target from the command line, the environment and a file; and what is said to a wrong one."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from conformance.errors import UserError
from conformance.target import ANONYMOUS, DEFAULT, BadTarget, target_from_table
from conformance.target.configuration import configured_target
from conformance.verdicts import Untestable
from conformance.wire.credential import Credential

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


def test_what_is_no_url_is_no_other_host(file: Path) -> None:
    with pytest.raises(BadTarget, match="is not an http"):
        configured_target(url="gitlab.access.challenge", config=file, environ={"MY_TOKEN": "t"})


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
    "url",
    [
        "https://me:secret@gitlab.example.com:0/x",
        "ftp://me:secret@gitlab.example.com/x",
        "https://me:sec@secret@gitlab.example.com/x",
        "https://me:pass/secret@gitlab.example.com/x",
        "https://me:pass#secret@gitlab.example.com/x",
        "http://me:secret@[::1/x",
        "//me:secret@gitlab.example.com/x",
        "me:secret@gitlab.example.com/x",
        "https://gitlab.example.com/x?private_token=secret-token",
    ],
)
def test_what_is_wrong_with_a_url_is_said_without_its_password(url: str, file: Path) -> None:
    with pytest.raises(BadTarget, match=r"--username|should look like") as raised:
        configured_target(url=url, environ={})
    assert "secret" not in str(raised.value)
    with pytest.raises(BadTarget) as raised:
        configured_target(url=url, config=file, environ={"MY_TOKEN": "t"})
    assert "secret" not in str(raised.value)


def test_the_url_of_a_file_is_named_without_its_password(tmp_path: Path) -> None:
    path = tmp_path / "registry.toml"
    path.write_text("url = 'https://me:secret@elsewhere.example.com/x'", encoding="utf-8")
    with pytest.raises(
        BadTarget, match=r"https://\*\*\*@elsewhere.example.com/x, which is another host"
    ) as raised:
        configured_target(url=URL, config=path, environ={})
    assert "secret" not in str(raised.value)


@pytest.mark.parametrize("value", ["'glpat-secret'", "'ghp_secret0123456789012345678901234567'", "7", "''"])
def test_a_password_in_place_of_a_variables_name_is_not_shown(value: str, tmp_path: Path) -> None:
    path = tmp_path / "registry.toml"
    path.write_text(f"[credentials.guest]\nusername = 'me'\npassword-env = {value}", encoding="utf-8")
    with pytest.raises(BadTarget, match=r"credentials.guest.password-env: expected .*; ") as raised:
        configured_target(config=path, environ={})
    assert "secret" not in str(raised.value)


def test_a_variable_that_is_empty_is_not_given(file: Path) -> None:
    names = ("URL", "PROFILE", "USERNAME", "PASSWORD", "CONFIG", "CREDENTIAL_JOB_USERNAME")
    empty = {f"REGISTRY_CONFORMANCE_{name}": "" for name in names}
    assert configured_target(environ=empty) is None
    target = configured_target(config=file, environ={**empty, "MY_TOKEN": "t"})
    assert target is not None
    assert target.credentials.keys() == {DEFAULT, "guest"}
    assert target.credential(DEFAULT) == Credential(username="__token__", password="t")


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("url = ", "is not TOML"),
        ("colour = 'red'", "unknown key 'colour', expected one of api-url, credentials, fallback, features"),
        ("[credentials]\ndefault = 'secret'", "credentials.default: expected a table, found text in quotes"),
        (f"url = '{URL}'\n[credentials.default]\nusername = 'me'", "needs `username` and `password`"),
        (
            "[credentials.default]\nusername = 'me'\npassword-env = 'UNSET'",
            "UNSET, which is not set or empty; set it",
        ),
        (f"url = '{URL}'\nprofile = 'gitlub'", "there is no profile 'gitlub'\nChoose one of"),
        ("[credentials.default]\nusername = 'me'\npassword = 'x'", "has no `url`"),
        (
            "[credentials.guest]\nname = 'me'",
            "credentials.guest: unknown key 'name', expected one of encoding, password",
        ),
        ("[limits]\nmax-file-size = '5 MB'", "limits.max-file-size: expected a whole number, found text"),
        ("[limits]\nmax-file-size = 0", "limits.max-file-size: expected the largest size of a distribution"),
        (
            f"url = '{URL}'\n[management]\ndriver = 'gitlub'",
            (
                "management.driver: expected one of command, devpi, gitlab, http, pulp, pypiserver, reference; "
                "found 'gitlub'"
            ),
        ),
        (
            f"url = '{URL}'\n[management]\ngitlab-project = 1",
            "management: expected the key driver, found none",
        ),
        (
            f"url = '{URL}'\n[management]\ndriver = 'reference'\ncommand = ['x']",
            "management: unknown key 'command', expected one of gitlab-project",
        ),
        (
            f"url = '{URL}'\n[management]\ndriver = 'command'\ncommand = 'x y'",
            "management.command: expected a list, found text in quotes",
        ),
        (
            f"url = '{URL}'\n[management]\ndriver = 'command'\ncommand = []",
            "management.command: expected the program and its arguments, as a list of texts",
        ),
        (
            f"url = '{URL}'\n[management]\ndriver = 'command'",
            "management: expected the key command, found none",
        ),
        ("management = 'reference'", "management: expected a table, found text in quotes"),
        ("[gitlab-projects]\npublic = true", "gitlab-projects.public: expected a whole number or text"),
        ("features = ['yank', 7]", r"features\[2\]: expected text in quotes, found a whole number"),
        (f"url = '{URL}'\nfeatures = ['yonk']", "features: expected any of .*; found 'yonk'"),
    ],
)
def test_a_wrong_file_is_explained(tmp_path: Path, text: str, complaint: str) -> None:
    path = tmp_path / "registry.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(UserError, match=complaint):
        configured_target(config=path, environ={})


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(BadTarget, match=r"absent\.toml: No such file"):
        configured_target(config=tmp_path / "absent.toml", environ={})


def test_a_url_may_end_with_a_slash() -> None:
    target = configured_target(url=URL + "/", username="me", password="x", environ={})
    assert target is not None
    assert target.upload_url == URL
