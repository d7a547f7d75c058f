"""The environment that clients are started with."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from conformance.clients import hermetic

HOSTILE = {
    "PIP_INDEX_URL": "http://127.0.0.1:1/simple",
    "PIP_CERT": "/nowhere.pem",
    "TWINE_USERNAME": "somebody",
    "HTTPS_PROXY": "http://127.0.0.1:1",
    "https_proxy": "http://127.0.0.1:1",
    "REQUESTS_CA_BUNDLE": "/nowhere.pem",
    "SSL_CERT_FILE": "/nowhere.pem",
    "NETRC": "/nowhere",
    "PYTHONPATH": "/nowhere",
    "PYTHONDONTWRITEBYTECODE": "1",
    "LC_ALL": "tr_TR.UTF-8",
    "FORCE_COLOR": "1",
}


@pytest.mark.parametrize("name", HOSTILE)
def test_nothing_of_the_user_is_inherited(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(name, HOSTILE[name])
    assert name not in hermetic(tmp_path)


def test_every_file_of_the_user_is_looked_up_in_the_private_home(tmp_path: Path) -> None:
    code = "import pathlib, tempfile; print(pathlib.Path.home()); print(tempfile.gettempdir())"
    run = subprocess.run(
        [sys.executable, "-c", code], env=hermetic(tmp_path), capture_output=True, text=True, check=True
    )
    assert [Path(line) for line in run.stdout.splitlines()] == [tmp_path, tmp_path]


def test_configuration_files_of_pip_are_shut_out(tmp_path: Path) -> None:
    assert hermetic(tmp_path)["PIP_CONFIG_FILE"] == os.devnull


def test_a_private_ca_is_passed_on_with_an_absolute_path(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    environment = hermetic(tmp_path, ca_bundle=Path("ca.pem"))
    expected = str(tmp_path / "ca.pem")
    assert (environment["REQUESTS_CA_BUNDLE"], environment["SSL_CERT_FILE"]) == (expected, expected)


def test_extra_variables_win(tmp_path: Path) -> None:
    environment = hermetic(tmp_path, LANG="C", PYTHONHASHSEED="1")
    assert (environment["LANG"], environment["PYTHONHASHSEED"]) == ("C", "1")


def test_virtualenv_sends_nothing_to_a_package_index(tmp_path: Path) -> None:
    """Its updater runs in a process of its own, which outlives the client."""
    environment = hermetic(tmp_path)
    assert (environment["VIRTUALENV_NO_PERIODIC_UPDATE"], environment["VIRTUALENV_NO_DOWNLOAD"]) == ("1", "1")
