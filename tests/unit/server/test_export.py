"""A registry as static files: the same pages, files and metadata files as the server's own."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from werkzeug.test import Client

from reference_server import ReferenceServer
from reference_server.commands.main import main
from reference_server.distributions import sdist, wheel
from reference_server.errors import UserError
from reference_server.flavours import flavour_named
from reference_server.model.blob import Blob
from reference_server.serving.create_app import create_app
from reference_server.serving.default_registry import default_registry
from reference_server.sources import folder
from reference_server.sources.export import _export_file
from reference_server.store.sqlite import SQLiteStore

if TYPE_CHECKING:
    from pathlib import Path

    from reference_server.rules.registry import Registry

DEMO, SOURCE, OTHER = (
    wheel("Demo.Pkg", "1.0", requires_python=">=3.8,<5"),
    sdist("Demo.Pkg", "1.0"),
    wheel("other", "1"),
)
TYPES = {"html": "text/html", "json": "application/vnd.pypi.simple.v1+json"}


def fill(registry: Registry, gitlab_project: int) -> None:
    for each in (DEMO, SOURCE, OTHER):
        registry.publish(each.filename, each.content, gitlab_project=gitlab_project)
    registry.yank("demo-pkg", filename=SOURCE.filename, reason="<old>", gitlab_project=gitlab_project)
    registry.attach_provenance("demo-pkg", DEMO.filename, {"version": 1}, gitlab_project=gitlab_project)
    registry.set_status("other", "quarantined", gitlab_project=gitlab_project)


@pytest.fixture
def store(tmp_path: Path) -> Path:
    directory = tmp_path / "store"
    registry = default_registry(store=SQLiteStore(directory))
    fill(registry, 2)
    registry.attach_provenance("demo-pkg", DEMO.filename, None, gitlab_project=2)
    registry.close()
    return directory


@pytest.mark.parametrize("option", [(), ("--link",)])
def test_the_files_are_those_of_the_server(store: Path, tmp_path: Path, option: tuple[str, ...]) -> None:
    out = tmp_path / "deep" / "out"
    assert main(["export", str(store), "--gitlab-project", "2", "-o", str(out), *option]) == 0
    registry = default_registry(store=SQLiteStore(store), adds_ready_made=False)
    client = Client(create_app(registry, flavour=replace(flavour_named("pypi"), has_serials=False)))
    for page in ("", "demo-pkg/", "other/"):
        for kind, accepted in TYPES.items():
            served = client.get(f"/simple/{page}", headers={"Accept": accepted}).data
            written = (out / "simple" / page / f"index.{kind}").read_bytes()
            assert written == served
    files = {
        str(path.relative_to(out)): path.read_bytes() for path in (out / "files").rglob("*") if path.is_file()
    }
    expected = {f"files/{each.sha256}/{each.filename}": each.content for each in (DEMO, SOURCE)}
    expected[f"files/{DEMO.sha256}/{DEMO.filename}.metadata"] = DEMO.metadata.document()
    assert {name: files[name] for name in expected} == expected
    for name in files.keys() - expected.keys():
        assert client.get(f"/{name}").data == files[name]
    registry.close()


def test_a_running_server_is_exported_by_its_pages(tmp_path: Path) -> None:
    out = tmp_path / "out"
    with ReferenceServer() as server:
        fill(server.registry, 1)
        url = server.index_url.replace("//", f"//{server.username}:{server.password}@")
        assert main(["export", "--server", url, "-o", str(out)]) == 0
    page = json.loads((out / "simple" / "demo-pkg" / "index.json").read_bytes())
    files = {each["filename"]: each for each in page["files"]}
    assert files.keys() == {DEMO.filename, SOURCE.filename}
    assert files[SOURCE.filename]["yanked"] == "<old>"
    assert "provenance" not in files[DEMO.filename]
    for each in files.values():
        assert (out / "simple" / "demo-pkg" / each["url"]).read_bytes() in {DEMO.content, SOURCE.content}
    assert server.password not in "".join(path.read_text("latin-1") for path in out.rglob("index.*"))


def test_a_damaged_file_is_not_exported(
    store: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (damaged,) = (
        each for each in (store / "blobs").rglob("*") if each.is_file() and each.read_bytes() == DEMO.content
    )
    damaged.chmod(0o644)
    damaged.write_bytes(DEMO.content[:-1] + b"x")
    assert main(["export", str(store), "--gitlab-project", "2", "-o", str(tmp_path / "out")]) == 2
    assert (
        f"the content of {DEMO.filename} is missing, or is not what was uploaded" in capsys.readouterr().err
    )
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("kind", ["store", "folder"])
def test_a_missing_file_is_named(
    kind: str,
    store: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    place, path = store, store / "blobs" / DEMO.sha256[:2] / DEMO.sha256
    if kind == "folder":
        place = tmp_path / "folder"
        place.mkdir()
        path = place / DEMO.filename
        path.write_bytes(DEMO.content)
        scanned = folder._scanned

        def scanned_before(found: Path) -> Any:
            scan = scanned(found)
            path.unlink()
            return scan

        monkeypatch.setattr(folder, "_scanned", scanned_before)
    else:
        path.unlink()
    assert main(["export", str(place), "--gitlab-project", "2", "-o", str(tmp_path / "out")]) == 2
    assert f"the content of {DEMO.filename} is missing" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def test_a_gitlab_project_that_is_not_there(
    store: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["export", str(store), "--gitlab-project", "99", "-o", str(tmp_path / "out")]) == 2
    assert "no GitLab project '99'" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("filename", "sha256"),
    [("authorized_keys", "/etc"), (DEMO.filename, "../../x"), ("../x.whl", DEMO.sha256), ("..", DEMO.sha256)],
)
def test_nothing_is_written_outside_the_folder(
    filename: str, sha256: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Flavours take names and digests as they are claimed."""
    registry = default_registry()
    file = registry.publish(DEMO.filename, DEMO.content, gitlab_project=1)
    claimed = replace(file, filename=filename, digests={**file.digests, "sha256": sha256})
    monkeypatch.setattr("reference_server.sources.export._linked", pytest.fail)
    with pytest.raises(UserError, match="a static index cannot have"):
        _export_file(claimed, tmp_path, links=True)
    assert not [*tmp_path.iterdir()]


def test_a_file_that_is_listed_twice_is_linked_once(tmp_path: Path) -> None:
    content = tmp_path / "stored"
    content.write_bytes(DEMO.content)
    file = default_registry().publish(DEMO.filename, DEMO.content, gitlab_project=1)
    stored = replace(file, blob=Blob(content, len(DEMO.content), file.digests))
    for _ in range(2):
        _export_file(stored, tmp_path, links=True)
    assert content.read_bytes() == DEMO.content
