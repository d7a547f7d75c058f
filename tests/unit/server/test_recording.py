"""What is recorded of an index once is played for ever the same, and nothing is asked of anybody meanwhile."""

from __future__ import annotations

import json
import shutil
import socket
from typing import TYPE_CHECKING, Any

import pytest
import requests
from werkzeug.test import Client

from reference_server import ReferenceServer
from reference_server.commands.main import main
from reference_server.distributions import sdist, wheel
from reference_server.flavours import flavour_named
from reference_server.serving.create_app import create_app
from reference_server.serving.default_registry import default_registry
from reference_server.sources import recording
from reference_server.sources.mirror import Mirror
from reference_server.sources.mirror_store import OWNER
from reference_server.sources.opening import folder_store
from reference_server.sources.recording import is_recording, write_recording
from reference_server.sources.upstream import Upstream
from reference_server.sources.whole_index import bring_files

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

JSON = "application/vnd.pypi.simple.v1+json"
APP, NEWER = wheel("app", "1.0", requires_dist=("lib",)), wheel("app", "2.0")
LIB = sdist("Lib.Two", "1.0", requires_python=">=3.8")


@pytest.fixture(scope="module")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two of the three files of an index, one of them yanked, of a project that is deprecated."""
    folder = tmp_path_factory.mktemp("recorded") / "folder"
    with ReferenceServer(flavour="pypi") as server:
        for each in (APP, NEWER, LIB):
            server.registry.publish(each.filename, each.content, gitlab_project=2)
        server.registry.yank("lib-two", reason="old", gitlab_project=2)
        server.registry.set_status("lib-two", "deprecated", reason="use lib3", gitlab_project=2)
        server.registry.attach_provenance("app", APP.filename, {"version": 1}, gitlab_project=2)
        mirror = Mirror(Upstream(url=server.index_url))
        for name in ("app", "lib-two"):
            mirror.bring_project(name)
        mirror.bring_file(APP.sha256, APP.filename)
        mirror.bring_file(LIB.sha256, LIB.filename)
        for name in mirror.projects():
            bring_files(mirror, name, fetched=True)
        assert write_recording(mirror.store, OWNER, mirror.projects(), mirror.upstream.index, folder) == 2
        mirror.close()
    return folder


def player(folder: Path) -> Client:
    registry = default_registry(store=folder_store(folder, gitlab_project=2))
    return Client(create_app(registry, flavour=flavour_named("pypi")))


def test_it_plays_offline(recorded: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(socket.socket, "connect", lambda *_: pytest.fail("a connection was made"))
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: pytest.fail("a name was looked up"))
    client = player(recorded)

    def page(name: str) -> Any:
        return client.get(f"/simple/{name}/", headers={"Accept": JSON})

    (app,) = page("app").json["files"]
    assert app["filename"] == APP.filename
    assert client.get(app["url"].removeprefix("../..")).data == APP.content
    metadata = client.get(app["url"].removeprefix("../..") + ".metadata")
    assert metadata.data == APP.metadata.document()
    assert client.get(app["provenance"]).json == {"version": 1}
    lib = page("lib-two").json
    assert lib["project-status"] == {"status": "deprecated", "reason": "use lib3"}
    assert (lib["files"][0]["yanked"], lib["files"][0]["requires-python"]) == ("old", ">=3.8")
    assert page("other").status_code == 404
    assert [each["name"] for each in client.get("/simple/", headers={"Accept": JSON}).json["projects"]] == [
        "app",
        "lib-two",
    ]


def test_a_reset_plays_it_again(recorded: Path) -> None:
    with ReferenceServer(folder=recorded, flavour="pypi") as server:
        store = server.registry.store
        before = [[file.filename for file in each.files] for each in store.packages(2)]
        server.registry.delete("app", gitlab_project=2)
        server.registry.set_status("lib-two", "active", gitlab_project=2)
        server.reset()
        assert [[file.filename for file in each.files] for each in store.packages(2)] == before
        assert store.status(2, "lib-two").status == "deprecated"


def test_it_plays_the_same_each_time(recorded: Path) -> None:
    def everything() -> list[tuple[bytes, Any]]:
        client = player(recorded)
        answers = [
            client.get(f"/simple/{path}", headers={"Accept": JSON}) for path in ("", "app/", "lib-two/")
        ]
        answers.append(client.get(f"/files/{APP.sha256}/{APP.filename}"))
        return [(each.data, sorted(each.headers)) for each in answers]

    assert everything() == everything()


def test_a_server_in_a_test_plays_it(recorded: Path) -> None:
    with ReferenceServer(folder=recorded) as server:
        answer = requests.get(f"{server.index_url}app/", auth=(server.username, server.password), timeout=30)
        assert APP.filename in answer.text
        assert server.registry.store.packages(1)


DAMAGES: dict[str, tuple[Callable[[Path], object], str]] = {
    "not JSON": (lambda folder: (folder / "recording.json").write_text("{"), "not as it was written"),
    "a list": (lambda folder: (folder / "recording.json").write_text("[]"), "not as it was written"),
    "newer": (lambda folder: edit(folder, recording=99), "version 99 is not known"),
    "no projects": (lambda folder: edit(folder, projects=None), "not as it was written"),
    "a bad name": (
        lambda folder: edit(folder, projects=[{"name": "../x", "files": []}]),
        "not as it was written",
    ),
    "a path": (
        lambda folder: edit(
            folder, projects=[{"name": "x", "files": [{"filename": "../x", "sha256": "0" * 64}]}]
        ),
        "not as it was written",
    ),
    "a missing file": (lambda folder: file_in(folder).unlink(), "No such file"),
    "a flipped bit": (
        lambda folder: file_in(folder).write_bytes(bytes([APP.content[0] ^ 1]) + APP.content[1:]),
        "is not what was recorded",
    ),
    "a short file": (
        lambda folder: file_in(folder).write_bytes(APP.content[:-1]),
        "is not what was recorded",
    ),
    "other metadata": (
        lambda folder: file_in(folder, ".metadata").write_bytes(b"Name: x"),
        "is not what was recorded",
    ),
    "missing metadata": (lambda folder: file_in(folder, ".metadata").unlink(), "No such file"),
}


def edit(folder: Path, **changes: Any) -> None:
    path = folder / "recording.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | changes))


def file_in(folder: Path, suffix: str = "") -> Path:
    return folder / "files" / APP.sha256 / f"{APP.filename}{suffix}"


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_recording_is_one_clear_line(
    recorded: Path, tmp_path: Path, damage: str, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = shutil.copytree(recorded, tmp_path / "copy")
    change, reason = DAMAGES[damage]
    change(folder)
    assert main(["serve", "--port", "0", "--folder", str(folder), "--control"]) == 2
    first, hint = capsys.readouterr().err.splitlines()
    assert first.startswith(f"reference-server: {folder} is a damaged recording: ")
    assert reason in first
    assert hint.strip() == "Record it again."


def test_nothing_is_left_of_a_recording_that_fails(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recording, "_project", lambda *_: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        write_recording(
            Mirror(Upstream(url="http://127.0.0.1:9/")).store, OWNER, ["app"], "", tmp_path / "new"
        )
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("record", "ftp://example.com/", "demo", "-o", "{new}"), "not an http(s) URL"),
        (("record", "http://127.0.0.1:9/", "-o", "{new}"), "nothing to record"),
        (("record", "http://127.0.0.1:9/", "demo", "-o", "{full}"), "is not empty"),
        (("record", "http://127.0.0.1:9/", "-r", "{full}/options.txt", "-o", "{new}"), "names another index"),
        (("record", "http://127.0.0.1:9/", "-r", "{full}/none.txt", "-o", "{new}"), "cannot read"),
        (("serve", "{full}", "--folder", "{full}"), "two folders"),
        (("serve", "{full}", "--store", "{new}"), "cannot be served at once"),
        (("serve", "--watch"), "needs a folder"),
        (("serve", "{new}", "--control"), "there is no folder"),
        (("serve", "--upstream", "example.com"), "not an http(s) URL"),
        (("export", "-o", "{new}"), "needs one source"),
        (("export", "{full}", "-o", "{full}"), "is not empty"),
        (("export", "--server", "http://127.0.0.1:9/", "-o", "{new}"), "cannot be read"),
    ],
)
def test_mistakes_on_the_command_line(
    tmp_path: Path, arguments: tuple[str, ...], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    full = tmp_path / "full"
    full.mkdir()
    (full / "options.txt").write_text("demo\n--extra-index-url https://registry.example.com/simple\n")
    given = [each.format(new=tmp_path / "new", full=full) for each in arguments]
    assert main(given) == 2
    assert message in capsys.readouterr().err
    assert not (tmp_path / "new").exists()


def test_a_recording_is_not_watched(recorded: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert is_recording(recorded)
    assert main(["serve", "--port", "0", str(recorded), "--watch", "--control"]) == 2
    assert "does not change" in capsys.readouterr().err
