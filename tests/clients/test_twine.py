"""What the driver for twine makes twine do."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest

from conformance.clients import ClientMissing, ClientRun, Twine
from conformance.clients.process_group import start
from conformance.clients.twine import pypirc
from conformance.wire.credential import Credential

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from pytest_httpserver import HTTPServer

PASSWORD = "glpat-p@ss:w%41/$HOME;#x"
CREDENTIAL = Credential(username="gitlab+deploy-token-1", password=PASSWORD)
ANSWER = (
    '{"message":"400 Bad request - Validation failed: File name has already been taken, ' + "x" * 90 + '"}'
)


@pytest.mark.parametrize("way", [Twine.publish, Twine.publish_with_pypirc])
def test_a_file_is_published_with_basic_authorization(
    way: Callable[..., ClientRun],
    demo: Path,
    upload_url: str,
    httpserver: HTTPServer,
    commands: list[str],
) -> None:
    run = way(Twine(), [demo], to=upload_url, credential=CREDENTIAL)
    assert run.succeeded, run
    ((request, _),) = httpserver.log
    assert request.authorization is not None
    assert (request.authorization.username, request.authorization.password) == (CREDENTIAL.username, PASSWORD)
    with request:
        assert request.form["version"] == "1.0"
        assert request.files["content"].filename == demo.name
    assert upload_url in commands or way is Twine.publish_with_pypirc
    assert not [argument for argument in commands if PASSWORD in argument]


def test_nobody_uploads_without_authorization(demo: Path, upload_url: str, httpserver: HTTPServer) -> None:
    assert Twine().publish([demo], to=upload_url, credential=None).succeeded
    ((request, _),) = httpserver.log
    assert "Authorization" not in request.headers


def test_the_answer_of_the_registry_is_in_the_output_without_secrets(
    demo: Path, httpserver: HTTPServer
) -> None:
    httpserver.expect_request("/upload").respond_with_data(f"{ANSWER} {PASSWORD}", status=400)
    run = Twine().publish([demo], to=httpserver.url_for("/upload"), credential=CREDENTIAL)
    assert run.exit_code == 1
    assert run.says(f"{ANSWER} ***")
    assert run.says("HTTPError: 400 Bad Request from " + httpserver.url_for("/upload"))
    assert PASSWORD not in str(run)


def test_a_distribution_that_exists_may_be_skipped(demo: Path, upload_url: str) -> None:
    # Whether twine does it depends on the registry and on its own version: that is for checks to find out.
    run = Twine().publish([demo], to=upload_url, credential=CREDENTIAL, skip_existing=True)
    assert "--skip-existing" in run.command


def test_settings_of_the_user_are_not_honoured(
    demo: Path, upload_url: str, httpserver: HTTPServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = tmp_path / "home"
    home.mkdir()
    (home / ".netrc").write_text("machine localhost login netrc password netrc\n", encoding="utf-8")
    (home / ".pypirc").write_text("[gitlab]\nrepository = http://127.0.0.1:1/\n", encoding="utf-8")
    for name in ("HOME", "USERPROFILE"):
        monkeypatch.setenv(name, str(home))
    for name in ("TWINE_REPOSITORY_URL", "HTTP_PROXY", "http_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:1/")
    monkeypatch.setenv("TWINE_CERT", str(tmp_path / "no-such-file"))
    monkeypatch.setenv("TWINE_USERNAME", "outer")
    assert Twine().publish_with_pypirc([demo], to=upload_url, credential=CREDENTIAL).succeeded
    assert Twine().publish([demo], to=upload_url, credential=None).succeeded
    (first, _), (second, _) = httpserver.log
    assert first.authorization is not None
    assert first.authorization.username == CREDENTIAL.username
    assert "Authorization" not in second.headers


def test_nothing_is_left_on_disk(demo: Path, upload_url: str, tmp_path: Path) -> None:
    workspace = tmp_path / "workspace"
    workspace.mkdir()
    assert (
        Twine(workspace=workspace).publish_with_pypirc([demo], to=upload_url, credential=CREDENTIAL).succeeded
    )
    assert list(workspace.iterdir()) == []


@pytest.mark.skipif(os.name != "posix", reason="file modes are POSIX's")
def test_the_pypirc_is_for_its_owner_only(
    demo: Path, upload_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    modes: list[int] = []

    def recording(command: list[str], *, cwd: Path, **options: Any) -> object:
        modes.append(stat.S_IMODE((cwd / ".pypirc").stat().st_mode))
        return start(command, cwd=cwd, **options)

    monkeypatch.setattr("conformance.clients.run.start", recording)
    Twine(forked=False).publish_with_pypirc([demo], to=upload_url, credential=CREDENTIAL)
    assert modes == [0o600]


def test_a_pypirc_reads_as_gitlab_documents_it() -> None:
    text = pypirc("gitlab", url="https://host/pypi", credential=Credential(username="u", password="p"))
    assert text == (
        "[distutils]\nindex-servers =\n    gitlab\n\n"
        "[gitlab]\nrepository = https://host/pypi\nusername = u\npassword = p\n"
    )


@pytest.mark.parametrize("password", ["", " blank", "blank ", "two\nlines", "two\u2028lines"])
def test_a_pypirc_refuses_what_it_cannot_hold(password: str) -> None:
    with pytest.raises(ValueError, match="this password"):
        pypirc("gitlab", url="https://host", credential=Credential(username="u", password=password))


def test_a_missing_twine_differs_from_a_failed_upload(tmp_path: Path) -> None:
    bare = tmp_path / "bare"
    code = "import sys, venv; venv.create(sys.argv[1], with_pip=False, symlinks=sys.platform != 'win32')"
    subprocess.run([sys.executable, "-c", code, str(bare)], check=True)
    python = bare / ("Scripts/python.exe" if sys.platform == "win32" else "bin/python")
    with pytest.raises(ClientMissing, match="has no twine") as caught:
        Twine(python=python).publish([], to="http://127.0.0.1:1/", credential=None)
    assert caught.value.hint == f"Install it: {python} -m pip install twine"
