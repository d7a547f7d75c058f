"""The configuration of clients: private, hermetic, with the credentials where they were asked for."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
import tomllib
from configparser import ConfigParser
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from reference_server import ReferenceServer
from reference_server.clients.access import Access
from reference_server.clients.configuration import CLIENTS, client_environment
from reference_server.distributions import wheel

if TYPE_CHECKING:
    from collections.abc import Iterator

SECRET = "pass%word"


@pytest.fixture(scope="module")
def server() -> Iterator[ReferenceServer]:
    with ReferenceServer(users={"alice": SECRET}) as running:
        running.publish(wheel("dep", "1.0"))
        running.publish(wheel("demo", "1.0", requires=["dep"]))
        yield running


def texts(folder: Path) -> dict[str, str]:
    return {
        path.relative_to(folder).as_posix(): path.read_text(encoding="utf-8")
        for path in folder.rglob("*")
        if path.is_file() and path.name != "keyring"
    }


@pytest.mark.parametrize("client", CLIENTS)
def test_files_are_private_and_the_environment_is_that_of_the_folder(
    client: str, server: ReferenceServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("PIP_INDEX_URL", "UV_INDEX_URL", "TWINE_PASSWORD", "USERS_OWN"):
        monkeypatch.setenv(name, "the user's")
    for place in CLIENTS[client][0]:
        folder = tmp_path / place
        env = server.client_env(client, folder, credentials=place)
        for path in folder.rglob("*"):
            if path.is_file():
                assert stat.S_IMODE(path.stat().st_mode) & 0o077 == 0, path
        assert env["HOME"] == str(folder)
        assert env["PATH"].endswith(os.environ["PATH"])
        assert not {"PIP_INDEX_URL", "UV_INDEX_URL", "TWINE_PASSWORD", "USERS_OWN"} & set(env)
        written = "".join(texts(folder).values()) + "".join(env.values())
        known = SECRET in written or "pass%25word" in written
        assert known is (place != "none"), place
        assert f"127.0.0.1:{server.port}/" in written


def test_the_places_that_a_client_does_not_read_are_refused(server: ReferenceServer, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="no client is named 'npm'; choose pip, uv"):
        server.client_env("npm", tmp_path)
    with pytest.raises(ValueError, match="twine has no credentials='netrc'; choose config, none"):
        server.client_env("twine", tmp_path, credentials="netrc")


def test_files_have_what_clients_read(server: ReferenceServer, tmp_path: Path) -> None:
    server.client_env("pip", tmp_path / "pip", credentials="netrc")
    pip = ConfigParser(interpolation=None)
    pip.read(tmp_path / "pip" / "pip.conf")
    assert pip["global"]["index-url"] == server.index_url
    assert (tmp_path / "pip" / ".netrc").read_text() == f"machine 127.0.0.1 login alice password {SECRET}\n"
    server.client_env("pip", tmp_path / "url")
    pip.read(tmp_path / "url" / "pip.conf")
    assert pip["global"]["index-url"] == server.index_url_with_credentials
    server.client_env("uv", tmp_path / "uv", username="bob", password="other")
    uv: Any = tomllib.loads((tmp_path / "uv" / "uv.toml").read_text())
    assert uv["publish-url"] == server.url
    assert uv["index"] == [
        {"name": "registry", "url": server.index_url.replace("//", "//bob:other@"), "default": True}
    ]


def run_keyring(folder: Path, *arguments: str) -> tuple[int, str]:
    done = subprocess.run(
        [str(folder / "bin" / "keyring"), *arguments], capture_output=True, text=True, check=False
    )
    return done.returncode, done.stdout


def test_the_keyring_answers_as_pip_and_uv_ask(server: ReferenceServer, tmp_path: Path) -> None:
    env = server.client_env("pip", tmp_path, credentials="keyring")
    assert env["PATH"].startswith(str(tmp_path / "bin"))
    assert run_keyring(tmp_path, "get", server.index_url, "alice") == (0, f"{SECRET}\n")
    assert run_keyring(tmp_path, "--mode=creds", "--output=json", "get", "127.0.0.1") == (
        0,
        f'{{"username": "alice", "password": "{SECRET}"}}\n',
    )
    for others in (
        [server.index_url, "bob"],
        ["registry.example.com"],
        ["https://registry.example.com/", "alice"],
    ):
        assert run_keyring(tmp_path, "get", *others) == (1, "")


@pytest.mark.parametrize("client", ["pip", "twine", "poetry", "flit"])
def test_without_credentials_an_earlier_call_leaves_none(
    client: str, server: ReferenceServer, tmp_path: Path
) -> None:
    if "netrc" in CLIENTS[client][0]:
        server.client_env(client, tmp_path, credentials="netrc")
    server.client_env("twine" if client == "flit" else client, tmp_path)
    server.client_env(client, tmp_path, credentials="none")
    assert SECRET not in "".join(texts(tmp_path).values())


@pytest.mark.parametrize("word", ["two words", "tab\t", 'a"', "a\\b", ""])
def test_a_netrc_file_takes_no_word_that_it_cannot_have(
    word: str, server: ReferenceServer, tmp_path: Path
) -> None:
    with pytest.raises(ValueError, match="takes no password that") as refused:
        server.client_env("pip", tmp_path, credentials="netrc", password=word)
    assert not word or word not in str(refused.value)
    with pytest.raises(ValueError, match="takes no user name that"):
        server.client_env("pip", tmp_path, credentials="netrc", username=word)
    assert not list(tmp_path.iterdir())


@pytest.mark.long
@pytest.mark.parametrize("place", ["config", "netrc", "keyring"])
def test_pip_and_uv_install_with_credentials_from_everywhere(
    place: Any, server: ReferenceServer, tmp_path: Path
) -> None:
    commands = {
        "pip": [sys.executable, "-m", "pip", "install", "--target", str(tmp_path / "pip-out"), "demo"],
        "uv": [
            "uv",
            "pip",
            "install",
            "--python",
            sys.executable,
            "--target",
            str(tmp_path / "uv-out"),
            "demo",
        ],
    }
    for client, command in commands.items():
        server.requests.clear()
        env = server.client_env(client, tmp_path / client, credentials=place)
        env["PATH"] = os.pathsep.join([env["PATH"], str(Path(sys.executable).parent)])
        done = subprocess.run(command, env=env, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
        assert (tmp_path / f"{client}-out" / "dep").is_dir()
        server.requests.by(client).files.answered(200).with_credentials("alice").assert_count(2)


def test_pdm_gets_a_client_certificate_in_both_tables_and_the_authority_in_its_environment(
    tmp_path: Path,
) -> None:
    access = Access(
        index_url="https://127.0.0.1:1/simple/",
        upload_url="https://127.0.0.1:1/upload",
        username="alice",
        password=SECRET,
        ca_bundle=tmp_path / "ca.pem",
        client_certificate=tmp_path / "own.pem",
    )
    env = client_environment("pdm", access, tmp_path / "pdm", credentials="config")
    config: Any = tomllib.loads((tmp_path / "pdm" / "pdm.toml").read_text())
    for table in (config["pypi"], config["repository"]["registry"]):
        assert table["client_cert"] == str(tmp_path / "own.pem")
        assert "ca_certs" not in table  # PDM refuses both
    assert env["SSL_CERT_FILE"] == str(tmp_path / "ca.pem")
    assert not {"REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"} & set(env)
    with pytest.raises(ValueError, match="flit cannot use a client certificate"):
        client_environment("flit", access, tmp_path / "flit", credentials="config")
