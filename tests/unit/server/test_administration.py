"""The commands `token` and `gitlab-project`: on a stopped store, on a running server, and with mistakes."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
import requests

from reference_server import ReferenceServer
from reference_server.commands import main
from reference_server.commands.administration import table
from reference_server.model import RegistryAccess
from reference_server.rules.management import change_settings
from reference_server.rules.ready_made import GITLAB_PROJECTS
from reference_server.serving.default_registry import default_registry
from reference_server.store.sqlite import SQLiteStore

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from pytest_httpserver import HTTPServer


@pytest.fixture
def store(tmp_path: Path) -> Path:
    path = tmp_path / "store"
    default_registry(store=SQLiteStore(path)).close()
    return path


@pytest.fixture(scope="module")
def untouched(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store for commands that change nothing."""
    path = tmp_path_factory.mktemp("untouched") / "store"
    default_registry(store=SQLiteStore(path)).close()
    return path


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Callable[..., str]:
    """Run a command that succeeds, and return what it prints."""

    def run(*arguments: object) -> str:
        assert main.main(list(map(str, arguments))) == 0
        return capsys.readouterr().out.strip()

    return run


@pytest.fixture(params=["stopped", "server", "locked"])
def place(request: pytest.FixtureRequest) -> Iterator[tuple[str, str]]:
    """Where the registry is: a store without a server, a server's URL, or a store that a server uses."""
    if request.param == "server":
        with ReferenceServer() as server:
            yield "--server", server.origin
        return
    store: Path = request.getfixturevalue("store")
    if request.param == "stopped":
        yield "--store", str(store)
        return
    with ReferenceServer(store=store):
        yield "--store", str(store)


def rows(printed: str) -> list[list[str]]:
    return [line.split() for line in printed.splitlines()[1:]]


def test_gitlab_projects(run: Callable[..., str], place: tuple[str, str]) -> None:
    listed = rows(run("gitlab-project", "list", *place))
    assert listed[:3] == [
        ["1", "conformance/registry", "private", "on"],
        ["2", "conformance/public", "public", "on"],
        ["3", "conformance/switched-off", "private", "off"],
    ]
    made = run("gitlab-project", "create", "group/tools", "--visibility", "public", *place)
    number = str(len(listed) + 1)
    assert rows(made) == [[number, "group/tools", "public", "on"]]
    assert rows(run("gitlab-project", "switch", "GROUP/tools", "off", *place))[0][3] == "off"
    assert rows(run("gitlab-project", "switch", number, "on", *place)) == rows(made)
    assert rows(run("gitlab-project", "list", *place)) == [*listed, *rows(made)]


@pytest.mark.parametrize("flavour", ["reference", "gitlab-13.4"])
def test_the_switch_leaves_who_may_install(run: Callable[..., str], flavour: str) -> None:
    with ReferenceServer(flavour=flavour) as server:
        owner = server.registry.gitlab_project("1")
        change_settings(server.registry, owner, registry_access=RegistryAccess.PUBLIC)
        for state in ("off", "on"):
            run("gitlab-project", "switch", "1", state, "--server", server.origin)
            project = server.registry.gitlab_project("1")
            assert project.packages_enabled is (state == "on")
        assert project.registry_access is RegistryAccess.PUBLIC


@pytest.mark.parametrize("kind", ["personal", "deploy", "job"])
def test_tokens(run: Callable[..., str], place: tuple[str, str], kind: str) -> None:
    secret = run("token", "create", "--kind", kind, "--name", "mine", "--expires", "2199-01-31", *place)
    assert secret.startswith({"personal": "glpat-", "deploy": "gldt-", "job": "glcbt-"}[kind])
    listed = run("token", "list", *place)
    assert secret not in listed
    (row,) = [each for each in rows(listed) if "mine" in each]
    assert row[1:3] == [kind, "mine"]
    assert row[-1] == "active"
    assert "2199-01-31" in row
    assert run("token", "revoke", row[0], *place) == f"Token {row[0]} is revoked."
    (row,) = [each for each in rows(run("token", "list", *place)) if "mine" in each]
    assert row[-1] == "inactive"


def test_a_new_token_opens_the_registry_of_a_server(run: Callable[..., str], store: Path) -> None:
    secret = run("token", "create", "--scope", "read_api", "--store", store)
    with ReferenceServer(store=store) as server:
        assert requests.get(server.index_url, auth=("__token__", secret), timeout=10).status_code == 200
        assert requests.post(server.url, auth=("__token__", secret), timeout=10).status_code == 403


def test_the_token_of_the_command_comes_from_a_file_or_the_environment(
    run: Callable[..., str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "token"
    file.write_text("reference-stranger-token\n")
    with ReferenceServer() as server:
        every = rows(run("gitlab-project", "list", "--server", server.origin))
        assert len(every) == len(GITLAB_PROJECTS)
        with_file = run("gitlab-project", "list", "--server", server.origin, "--token-file", file)
        monkeypatch.setenv("REFERENCE_SERVER_TOKEN", "reference-stranger-token")
        assert run("gitlab-project", "list", "--server", server.origin) == with_file
        seen = ["conformance/public", "conformance/internal", "conformance/members-only"]
        assert [row[1] for row in rows(with_file)] == seen


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["token", "list", "--store", "nowhere"], "there is no registry in nowhere"),
        (["token", "list", "--server", "nowhere"], "'nowhere' is not an http(s) URL"),
        (["token", "list", "--server", "http://127.0.0.1:1"], "no answer from http://127.0.0.1:1"),
        (["token", "revoke", "999", "STORE"], "there is no token 999"),
        (["token", "create", "--kind", "deploy", "--gitlab-project", "9", "STORE"], "no GitLab project '9'"),
        (["token", "create", "--scope", "everything", "STORE"], "scopes is invalid"),
        (["token", "create", "--expires", "2001-01-01", "STORE"], "expires_at is invalid"),
        (["gitlab-project", "create", "alone", "STORE"], "path is invalid"),
        (["gitlab-project", "create", "Conformance/Public", "STORE"], "path has already been taken"),
        (["gitlab-project", "switch", "nowhere", "on", "STORE"], "no GitLab project 'nowhere'"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_a_mistake_is_one_line_and_exit_2(
    arguments: list[str], message: str, untouched: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    *rest, last = arguments
    assert main.main([*rest, *(["--store", str(untouched)] if last == "STORE" else [last])]) == 2
    printed = capsys.readouterr()
    assert message in printed.err
    assert len(printed.err.splitlines()) <= 2
    assert printed.out == ""


def test_a_refusal_of_the_server(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REFERENCE_SERVER_TOKEN", "reference-developer-token")
    with ReferenceServer() as server:
        place = ["--server", server.origin]
        assert main.main(["gitlab-project", "switch", "1", "off", *place]) == 2
        assert "rejected the request: 403 Forbidden" in capsys.readouterr().err
        assert main.main(["token", "create", "--user", "owner", *place]) == 2
        assert "for developer only" in capsys.readouterr().err
        monkeypatch.setenv("REFERENCE_SERVER_TOKEN", "no-token")
        assert main.main(["token", "list", *place]) == 2
        assert "401 Unauthorized\n  Set REFERENCE_SERVER_TOKEN" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("status", "text", "message"),
    [
        (302, "[]", "rejected the request: 302"),
        (200, "", "the answer is not that of GitLab's API"),
        (200, '{"a": 1}', "the answer is not that of GitLab's API"),
        (200, '[{"id": 1}]', "the answer is not that of GitLab's API"),
        (200, "7", "the answer is not that of GitLab's API"),
        (403, '{"message": "no \\u001b[31m"}', "rejected the request: no \\x1b[31m"),
    ],
)
def test_an_answer_of_another_server(
    status: int, text: str, message: str, capsys: pytest.CaptureFixture[str], httpserver: HTTPServer
) -> None:
    httpserver.expect_request(re.compile("")).respond_with_data(text, status)
    for command in ("gitlab-project", "token"):
        assert main.main([command, "list", "--server", httpserver.url_for("/")]) == 2
    assert capsys.readouterr().err.count(message) == 2


def test_a_store_that_another_process_uses_without_an_address(
    untouched: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    held = SQLiteStore(untouched)
    assert main.main(["token", "list", "--store", str(untouched)]) == 2
    assert "another server uses it" in capsys.readouterr().err
    held.close()


def test_a_table_shows_control_characters_as_escapes() -> None:
    assert table(("A", "B"), [("1\x1b[31m", "é"), ("22", "")]) == "A          B\n1\\x1b[31m  é\n22"
