"""Environments of clients: what can be named, how one is made, and what an interruption leaves."""

from __future__ import annotations

import json
import os
import sys
import time
from typing import TYPE_CHECKING

import pytest

from conformance.clients import CLIENTS
from conformance.clients.prepared import ClientSpec, EnvironmentFolder, client_spec, client_specs, make
from conformance.clients.prepared.companions import all_companions, known_clients
from conformance.clients.prepared.making import installing
from conformance.commands.main import main
from conformance.errors import ExitCode, UserError

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="the fake installer is a shell script")

PIP = ClientSpec("pip", "23.2.1")

FAKE_UV = """\
#!/bin/sh
echo "$@" >> {log}
if [ "$1" = venv ]; then
    for folder; do :; done
    mkdir -p "$folder/bin"
    printf '#!/bin/sh\\ncase "$*" in *broken*) exit 1;; *) echo 23.2.1;; esac\\n' > "$folder/bin/python"
    chmod +x "$folder/bin/python"
else
    {install}
fi
"""


@pytest.fixture
def environments(tmp_path: Path) -> EnvironmentFolder:
    return EnvironmentFolder(tmp_path / "clients")


@pytest.fixture
def installer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Installer:
    made = Installer(tmp_path)
    made.does("true")
    monkeypatch.setattr("conformance.clients.prepared.making.uv_program", lambda: str(made.program))
    return made


class Installer:
    """A program in the place of uv, whose installations do what a test wants."""

    def __init__(self, folder: Path) -> None:
        self.program, self.log = folder / "uv", folder / "log"
        self.log.touch()

    def does(self, install: str) -> None:
        self.program.write_text(FAKE_UV.format(log=self.log, install=install), encoding="utf-8")
        self.program.chmod(0o755)


@pytest.mark.parametrize(
    ("text", "spec"),
    [("pip", ClientSpec("pip")), ("pip==23.2.1", PIP), (" Twine == 6.1.0 ", ClientSpec("twine", "6.1.0"))],
)
def test_clients_are_named_with_or_without_a_version(text: str, spec: ClientSpec) -> None:
    assert client_spec(text) == spec


@pytest.mark.parametrize("text", ["npm", "pip>=23", "pip==", "pip==new", ""])
def test_another_text_is_refused_with_the_next_step(text: str) -> None:
    with pytest.raises(UserError) as error:
        client_spec(text)
    assert error.value.exit_code is ExitCode.USAGE
    assert error.value.hint


@pytest.mark.parametrize("text", ["twine>=6", "twine<7", "twine ~= 6.1", "twine!=6", "twine===6.1"])
def test_another_specifier_than_a_version_is_explained(text: str) -> None:
    with pytest.raises(UserError, match="no single version of twine") as error:
        client_spec(text)
    assert "Only == is understood" in error.value.hint


def test_a_list_has_each_client_once() -> None:
    assert client_specs("uv, pip==23.2.1,uv") == (ClientSpec("uv"), PIP)


def test_a_list_without_a_client_is_refused() -> None:
    with pytest.raises(UserError, match="no client is named"):
        client_specs(" ,")


def test_every_client_with_a_driver_can_be_named() -> None:
    assert {*known_clients()} == {each.name for each in CLIENTS}


def test_companions_are_those_of_a_version() -> None:
    assert ClientSpec("twine", "4.0.2").requirements == ("twine==4.0.2", "importlib_metadata<8")
    assert ClientSpec("twine", "6.1.0").requirements == ("twine==6.1.0",)
    assert ClientSpec("pdm").requirements == ("pdm", "hishel<2")
    assert {each.client for each in all_companions()} <= {*known_clients()}


def test_an_environment_is_made_once_and_compiled(
    installer: Installer, environments: EnvironmentFolder
) -> None:
    assert environments.find(PIP) is None
    made = make(PIP, environments)
    assert made.version == "23.2.1"
    assert made.python.is_relative_to(environments.path)
    assert environments.find(PIP) == environments.require(PIP) == made
    assert environments.all() == [made]
    assert "--compile-bytecode" in installer.log.read_text(encoding="utf-8")


def test_a_missing_environment_names_the_command_that_makes_it(environments: EnvironmentFolder) -> None:
    with pytest.raises(UserError, match="not prepared") as error:
        environments.require(PIP)
    assert "registry-conformance clients prepare 'pip==23.2.1'" in error.value.hint


@pytest.mark.usefixtures("installer")
def test_an_environment_whose_python_is_gone_is_not_used(environments: EnvironmentFolder) -> None:
    make(PIP, environments).python.unlink()
    assert environments.find(PIP) is None


@pytest.mark.parametrize(
    ("install", "message"),
    [
        ("echo 'Because there is no version of pip==23.2.1' >&2; exit 1", "no version of pip fits"),
        ("echo 'tcp connect error: Connection refused' >&2; exit 2", "without a package index"),
        (
            "echo 'Because there is no version of pip …' 'An index could not be queried (401 Unauthorized).'; exit 1",
            "wants another credential",
        ),
        ("echo 'WARNING: 403 Client Error: Forbidden for url: x' >&2; exit 1", "wants another credential"),
        (
            "echo 'Could not fetch URL x: 401 Client Error: y' > pip.log; echo 'No matching distribution'; exit 1",
            "wants another credential",
        ),
        ("echo 'disk full' >&2; exit 2", "cannot be prepared:\ndisk full"),
    ],
    ids=["no-version", "no-index", "refused", "forbidden", "in-the-log", "other"],
)
def test_an_installation_that_fails_leaves_nothing(
    install: str, message: str, installer: Installer, environments: EnvironmentFolder
) -> None:
    installer.does(install)
    with pytest.raises(UserError, match=message) as error:
        make(PIP, environments)
    assert error.value.exit_code is ExitCode.USAGE
    assert error.value.hint
    assert list(environments.path.iterdir()) == []


def test_the_hint_names_the_variable_that_the_installer_reads(
    installer: Installer, environments: EnvironmentFolder
) -> None:
    installer.does("echo 'tcp connect error: Connection refused' >&2; exit 2")
    with pytest.raises(UserError) as error:
        make(PIP, environments)
    assert "UV_DEFAULT_INDEX" in error.value.hint
    assert "PIP_INDEX_URL" not in error.value.hint


SETTINGS = (
    *("PIP_USER", "PIP_CONSTRAINT", "PIP_DRY_RUN", "PIP_NO_DEPS", "PIP_TARGET", "PIP_REQUIRE_HASHES"),
    *("UV_CONSTRAINT", "UV_EXCLUDE_NEWER", "UV_LINK_MODE", "UV_PYTHON", "UV_OVERRIDE", "UV_PRERELEASE"),
    *("PYTHONPATH", "PYTHONUSERBASE", "VIRTUAL_ENV"),
)
PLACES = (
    *("PIP_EXTRA_INDEX_URL", "PIP_CERT", "PIP_CONFIG_FILE", "UV_INDEX", "UV_INDEX_INTERNAL_USERNAME"),
    *("UV_CACHE_DIR", "UV_HTTP_TIMEOUT", "HTTPS_PROXY", "SSL_CERT_FILE", "PATH"),
)


def test_an_installation_has_the_users_index_and_no_other_settings() -> None:
    given = dict.fromkeys((*SETTINGS, *PLACES), "x")
    assert {*installing(given)} == {*PLACES}


@pytest.mark.parametrize(
    ("own", "index"),
    [
        ({"PIP_INDEX_URL": "http://127.0.0.1:1/pip"}, "http://127.0.0.1:1/pip"),
        (
            {"PIP_INDEX_URL": "http://127.0.0.1:1/pip", "UV_DEFAULT_INDEX": "http://127.0.0.1:1/uv"},
            "http://127.0.0.1:1/uv",
        ),
        ({"PIP_INDEX_URL": "http://127.0.0.1:1/pip", "UV_INDEX_URL": "http://127.0.0.1:1/uv"}, None),
        ({}, None),
    ],
    ids=["of-pip", "of-both", "of-both-as-before", "none"],
)
def test_uv_gets_the_index_of_pip_where_it_has_none(own: dict[str, str], index: str | None) -> None:
    assert installing(own).get("UV_DEFAULT_INDEX") == index


def test_a_client_that_does_not_start_is_no_environment(
    installer: Installer, environments: EnvironmentFolder
) -> None:
    installer.does("mkdir -p broken")
    installer.program.write_text(
        installer.program.read_text(encoding="utf-8").replace("*broken*", "*--version*"), encoding="utf-8"
    )
    with pytest.raises(UserError, match="does not start"):
        make(PIP, environments)
    assert environments.find(PIP) is None


@pytest.mark.usefixtures("installer")
def test_a_killed_preparation_is_not_used_and_is_removed_a_day_later(environments: EnvironmentFolder) -> None:
    abandoned, young = environments.new_folder(PIP), environments.new_folder(PIP)
    assert environments.find(PIP) is None
    yesterday = time.time() - 25 * 60 * 60
    os.utime(abandoned, (yesterday, yesterday))
    made = make(PIP, environments)
    assert not abandoned.exists()
    assert young.exists()  # another process may be at work in it
    assert environments.find(PIP) == made


@pytest.mark.usefixtures("installer")
def test_of_two_that_are_made_at_once_the_first_to_be_complete_is_used_by_both(
    environments: EnvironmentFolder,
) -> None:
    late = environments.new_folder(PIP)
    first = make(PIP, environments)
    assert environments.complete(PIP, late, version="23.2.1") == first
    assert first.python.exists()
    assert not late.exists()


@pytest.mark.usefixtures("installer")
def test_one_that_is_complete_between_looking_and_writing_is_used(
    environments: EnvironmentFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    late, first, to_text = environments.new_folder(PIP), [], json.dumps

    def meanwhile(table: object) -> str:
        monkeypatch.setattr(json, "dumps", to_text)
        first.append(make(PIP, environments))
        return to_text(table)

    monkeypatch.setattr(json, "dumps", meanwhile)
    assert environments.complete(PIP, late, version="23.2.1") == first[0]
    assert [environments.find(PIP)] == first
    assert not late.exists()


def test_a_folder_that_another_process_removes_meanwhile_is_no_failure(
    environments: EnvironmentFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(EnvironmentFolder, "_folders", lambda self: iter([self.path / "gone"]))
    environments.remove_abandoned()


@pytest.mark.usefixtures("installer")
def test_an_environment_with_other_companions_is_made_anew(
    environments: EnvironmentFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    old = make(PIP, environments)
    monkeypatch.setattr(ClientSpec, "requirements", ("pip==23.2.1", "companion<2"))
    assert environments.find(PIP) is None
    new = make(PIP, environments)
    assert environments.find(PIP) == new != old


@pytest.mark.parametrize("version", ["24.0", "23.2.1"])
def test_an_upgrade_replaces_another_version_and_keeps_its_folder_for_a_day(
    version: str, installer: Installer, environments: EnvironmentFolder
) -> None:
    old = make(ClientSpec("pip"), environments)
    folder = old.python.parents[1]
    long_ago = time.time() - 25 * 60 * 60
    os.utime(folder, (long_ago, long_ago))
    installer.program.write_text(
        installer.program.read_text(encoding="utf-8").replace("23.2.1", version), encoding="utf-8"
    )
    made = make(ClientSpec("pip"), environments, upgrade=True)
    assert environments.find(ClientSpec("pip")) == made
    assert made.version == version
    assert (made == old) is (version == "23.2.1")
    environments.remove_abandoned()
    assert old.python.exists()  # a run may be using it


@pytest.mark.usefixtures("installer")
def test_the_command_upgrades_what_has_no_version(
    environments: EnvironmentFolder, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(EnvironmentFolder, "default", lambda: environments)
    make(PIP, environments)
    make(ClientSpec("pip"), environments)
    assert main(["clients", "prepare", "--upgrade", "pip", "pip==23.2.1"]) == ExitCode.CONFORMS
    printed = capsys.readouterr().out
    assert "pip 23.2.1: is the newest\npip 23.2.1: is there\n" in printed


@pytest.mark.usefixtures("installer")
def test_the_command_prepares_once_and_lists(
    environments: EnvironmentFolder, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(EnvironmentFolder, "default", lambda: environments)
    assert main(["clients", "list"]) == ExitCode.CONFORMS
    assert "No client is prepared" in capsys.readouterr().out
    assert main(["clients", "prepare", "pip==23.2.1"]) == ExitCode.CONFORMS
    assert "pip 23.2.1: made in" in capsys.readouterr().out
    assert main(["clients", "prepare", "pip==23.2.1"]) == ExitCode.CONFORMS
    assert "pip 23.2.1: is there" in capsys.readouterr().out
    assert main(["clients", "list"]) == ExitCode.CONFORMS
    assert "pip==23.2.1" in capsys.readouterr().out


@pytest.mark.parametrize("words", [[], ["npm"], ["pip==new"]])
def test_the_command_refuses_what_it_cannot_prepare(
    words: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["clients", "prepare", *words]) == ExitCode.USAGE
    assert "registry-conformance: " in capsys.readouterr().err


@pytest.mark.usefixtures("installer")
def test_the_plan_names_what_clients_publish_and_what_is_prepared_first(
    environments: EnvironmentFolder, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(EnvironmentFolder, "default", lambda: environments)
    make(PIP, environments)
    assert main(["run", "--plan", "--clients", "pip==23.2.1,uv"]) == ExitCode.CONFORMS
    printed = capsys.readouterr().out
    assert "conformance-xxxxxxxx-clients-<number>-<purpose>" in printed
    assert "  pip==23.2.1  version 23.2.1\n" in printed
    assert "  uv  not prepared: it is installed from a package index first\n" in printed
    assert main(["run", "--plan"]) == ExitCode.CONFORMS
    assert "clients" not in capsys.readouterr().out
