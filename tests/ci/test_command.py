"""The command `ci` by itself: what it makes of the environment, and how it says that something is wrong there."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from conformance.commands.ci import Job, job_of, place_of, take_password
from conformance.commands.main import main
from conformance.errors import UserError
from reference_server import ReferenceServer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    Started = Callable[[dict[str, str]], tuple[int, str]]

PREFIX = "REGISTRY_CONFORMANCE_"


@pytest.fixture(scope="module")
def server() -> Iterator[ReferenceServer]:
    with ReferenceServer() as running:
        yield running


@pytest.fixture
def started(
    server: ReferenceServer,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> Started:
    """Starts the command for the server, with these inputs, in a folder that has a file; gives what it says."""
    monkeypatch.chdir(tmp_path)
    Path("file").touch()

    def start(inputs: dict[str, str]) -> tuple[int, str]:
        for name, value in environment(**{"URL": server.url, **inputs}).items():
            monkeypatch.setenv(name, value)
        exit_code = main(["ci"])
        said = capsys.readouterr()
        return exit_code, said.out + said.err

    return start


def environment(**inputs: str) -> dict[str, str]:
    return {PREFIX + name: value for name, value in inputs.items()}


def test_what_is_empty_is_not_given() -> None:
    environ = environment(URL="", PASSWORD="", PROCESSES="", FOLDER="", READ_ONLY="", PREVIOUS="")
    take_password(environ)
    assert job_of(environ, place_of(environ)) == Job(folder=Path("registry-conformance"))


def test_what_is_given_becomes_options_of_the_commands_that_have_them() -> None:
    environ = environment(RATE="5", CHECKS="gitlab and not size", READ_ONLY="TRUE", PREVIOUS="old.json")
    job = job_of(environ, place_of(environ))
    assert (job.folder, job.previous) == (Path("registry-conformance"), Path("old.json"))
    ledgers = ["--ledgers", "registry-conformance/ledgers"]
    assert job.words("doctor") == ["--rate", "5", "--read-only"]
    assert job.words("run") == ["--rate", "5", "--read-only", "-k", "gitlab and not size", *ledgers]
    assert job.words("sweep") == ["--rate", "5", *ledgers]


def test_the_password_may_be_in_a_variable_of_another_name() -> None:
    environ = environment(PASSWORD_VARIABLE="TOKEN") | {"TOKEN": "secret"}
    take_password(environ)
    assert environ[PREFIX + "PASSWORD"] == "secret"
    own = environment(PASSWORD_VARIABLE=PREFIX + "PASSWORD")
    take_password(own)
    assert PREFIX + "PASSWORD" not in own, "the default, where nobody is to be logged in"


def test_a_variable_that_is_named_and_not_set_is_a_mistake() -> None:
    with pytest.raises(
        UserError, match="variable TOKEN, which should hold the password, is not set\nA protected"
    ):
        take_password(environment(PASSWORD_VARIABLE="TOKEN") | {"TOKEN": ""})


@pytest.mark.parametrize(
    ("inputs", "message"),
    [
        ({"URL": "", "USERNAME": "", "PASSWORD": ""}, "doctor needs the URL of a registry"),
        ({"URL": ""}, "there are credentials but no URL"),
        ({"PROFILE": "gitlub"}, "there is no profile 'gitlub'"),
        ({"CONFIG": "absent.toml"}, "cannot read absent.toml"),
        ({"CA_BUNDLE": "absent.pem"}, "there is no file absent.pem"),
        ({"RATE": "soon"}, "argument --rate"),
        ({"PROCESSES": "many"}, "expected a number or `auto`, not 'many'"),
        ({"EXAMPLES": "-1"}, "argument --examples"),
        ({"CHECKS": "--keep"}, "argument -k: expected one argument"),
        ({"SET": "2001.01"}, "there is no set '2001.01'\n  Choose one of: 2026.11"),
        ({"BASELINE": "absent.toml"}, "cannot read absent.toml"),
        ({"READ_ONLY": "perhaps"}, "REGISTRY_CONFORMANCE_READ_ONLY is false or true, not 'perhaps'"),
        (
            {"FOLDER": "file"},
            "cannot write file: File exists\n  REGISTRY_CONFORMANCE_FOLDER names another folder.",
        ),
    ],
    ids=lambda given: "-".join(given) if isinstance(given, dict) else "",
)
def test_a_mistake_is_red_and_said(
    inputs: dict[str, str], message: str, server: ReferenceServer, started: Started
) -> None:
    exit_code, said = started({"USERNAME": server.username, "PASSWORD": server.password, **inputs})
    assert exit_code == 2
    assert message in said
    assert server.password not in said
    assert list(server.registry.packages(server.registry.gitlab_project("1"))) == []
