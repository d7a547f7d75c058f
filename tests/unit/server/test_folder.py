"""A folder of distributions, served as it is and followed as it changes."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from werkzeug.test import Client

from reference_server import ReferenceServer
from reference_server.distributions import sdist, wheel
from reference_server.errors import UserError
from reference_server.flavours import flavour_named
from reference_server.serving.create_app import create_app
from reference_server.serving.default_registry import default_registry
from reference_server.sources import folder as folder_module
from reference_server.sources import stored_files
from reference_server.sources.folder import FolderStore

if TYPE_CHECKING:
    from reference_server.distributions import Distribution

JSON = "application/vnd.pypi.simple.v1+json"
DEMO = wheel("Demo.Pkg", "1.0", requires_python=">=3.8")
SOURCE = sdist("Demo.Pkg", "1.0.0", requires_python=">=3.9")
OTHER = wheel("other", "2.0")


class Index:
    """The folder in the flavour that needs no credential."""

    def __init__(self, folder: Path, *, watches: bool = False) -> None:
        self.store = FolderStore(folder, gitlab_project=2, watches=watches)
        self.registry = default_registry(store=self.store)
        self.client = Client(create_app(self.registry, flavour=flavour_named("pypi")))

    def get(self, path: str) -> Any:
        return self.client.get(path, headers={"Accept": JSON})

    def files(self, name: str) -> dict[str, dict[str, Any]]:
        answer = self.get(f"/simple/{name}/")
        return {each["filename"]: each for each in answer.json.get("files", ())}

    def names(self) -> list[str]:
        return [each["name"] for each in self.get("/simple/").json["projects"]]


def write(folder: Path, distribution: Distribution, content: bytes | None = None) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / distribution.filename
    path.write_bytes(distribution.content if content is None else content)
    return path


def test_wheels_and_sdists_below_the_folder(tmp_path: Path) -> None:
    write(tmp_path, DEMO)
    write(tmp_path / "deep" / "er", SOURCE)
    write(tmp_path / ".hidden", OTHER)
    for name in ("notes.txt", "broken.whl", "no_version.tar.gz", f"{DEMO.filename}.metadata"):
        (tmp_path / name).write_bytes(b"x")
    index = Index(tmp_path)
    assert index.names() == ["demo-pkg"]
    files = index.files("demo-pkg")
    assert files.keys() == {DEMO.filename, SOURCE.filename}
    for distribution in (DEMO, SOURCE):
        file = files[distribution.filename]
        assert file["hashes"] == {"sha256": distribution.sha256}
        assert file["size"] == len(distribution.content)
        assert file["requires-python"] == distribution.metadata.requires_python
        url = file["url"].removeprefix("../..")
        assert index.get(url).data == distribution.content
        if file.get("core-metadata"):
            assert index.get(f"{url}.metadata").data == distribution.metadata.document()
    assert files[DEMO.filename]["core-metadata"]
    assert index.store.distributions == 2


def test_nothing_is_opened_to_begin_and_each_file_is_hashed_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened: list[str] = []
    real = stored_files._digests.__wrapped__

    def counted(stamp: Any) -> Any:
        opened.append(Path(stamp.path).name)
        return real(stamp)

    monkeypatch.setattr(stored_files, "_digests", stored_files.lru_cache(counted))
    monkeypatch.setattr(stored_files, "_metadata", lambda *_: (None, None))
    write(tmp_path, DEMO)
    write(tmp_path, OTHER)
    index = Index(tmp_path)
    assert index.names() == ["demo-pkg", "other"]
    assert opened == []
    for _ in range(2):
        assert index.files("other")
    assert opened == [OTHER.filename]


def test_a_broken_archive_is_listed_without_metadata(tmp_path: Path) -> None:
    write(tmp_path, DEMO, DEMO.content[:100])
    write(tmp_path, SOURCE, b"no archive")
    files = Index(tmp_path).files("demo-pkg")
    assert files.keys() == {DEMO.filename, SOURCE.filename}
    assert all("core-metadata" not in each and "requires-python" not in each for each in files.values())


def test_an_upload_lies_beside_the_folder(tmp_path: Path) -> None:
    path = write(tmp_path, DEMO)
    index = Index(tmp_path)
    index.registry.publish(SOURCE.filename, SOURCE.content, gitlab_project=2)
    assert index.files("demo-pkg").keys() == {DEMO.filename, SOURCE.filename}
    index.registry.yank("demo-pkg", gitlab_project=2)
    assert all(each["yanked"] for each in index.files("demo-pkg").values())
    index.registry.delete("demo-pkg", gitlab_project=2)
    assert index.get("/simple/demo-pkg/").status_code == 404
    index.store.close()
    assert path.read_bytes() == DEMO.content
    assert [each.name for each in tmp_path.iterdir()] == [DEMO.filename]


def test_a_watched_folder_is_followed(tmp_path: Path) -> None:
    write(tmp_path, DEMO)
    index = Index(tmp_path, watches=True)
    assert index.names() == ["demo-pkg"]
    write(tmp_path / "new", OTHER)
    assert index.names() == ["demo-pkg", "other"]
    url = index.files("other")[OTHER.filename]["url"].removeprefix("../..")
    changed = wheel("other", "2.0", requires_python=">=3.12")
    path = write(tmp_path / "new", OTHER, changed.content)
    os.utime(path, ns=(1, time.time_ns() + 5_000_000_000))
    assert index.files("other")[OTHER.filename]["hashes"] == {"sha256": changed.sha256}
    assert index.get(url).status_code == 404
    path.unlink()
    assert index.names() == ["demo-pkg"]
    assert index.get("/simple/other/").status_code == 404
    index.registry.publish(SOURCE.filename, SOURCE.content, gitlab_project=2)
    (tmp_path / DEMO.filename).unlink()
    assert index.files("demo-pkg").keys() == {SOURCE.filename}


def test_a_settled_folder_is_not_read_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path, DEMO)
    os.utime(tmp_path, ns=(1, 1))
    index = Index(tmp_path, watches=True)
    monkeypatch.setattr(folder_module, "_scanned", lambda _: pytest.fail("read again"))
    assert index.names() == ["demo-pkg"]
    assert index.files("demo-pkg")


def test_an_unwatched_folder_is_as_it_was_and_never_wrong(tmp_path: Path) -> None:
    path = write(tmp_path, DEMO)
    index = Index(tmp_path)
    url = index.files("demo-pkg")[DEMO.filename]["url"].removeprefix("../..")
    write(tmp_path, OTHER)
    assert index.names() == ["demo-pkg"]
    path.write_bytes(b"something else")
    assert index.get(url).status_code == 404


def test_a_file_that_is_gone_hides_no_other(tmp_path: Path) -> None:
    gone = write(tmp_path, DEMO), write(tmp_path, OTHER)
    write(tmp_path, SOURCE)
    index = Index(tmp_path)
    for path in gone:
        path.unlink()
    assert index.files("demo-pkg").keys() == {SOURCE.filename}
    assert index.get("/simple/other/").status_code == 404
    (package,) = index.store.packages_named(2, "demo-pkg")
    rest = index.client.get(
        f"/api/v4/projects/2/packages/{package.id}/package_files",
        headers={"PRIVATE-TOKEN": "reference-api-token"},
    )
    assert [each["file_name"] for each in rest.json] == [SOURCE.filename]


def test_a_watched_folder_that_is_away_is_unavailable(tmp_path: Path) -> None:
    folder = tmp_path / "folder"
    write(folder, DEMO)
    index = Index(folder, watches=True)
    folder.rename(tmp_path / "away")
    assert index.get("/simple/demo-pkg/").status_code == 503
    (tmp_path / "away").rename(folder)
    assert index.files("demo-pkg").keys() == {DEMO.filename}


def test_a_name_that_is_free_again_is_that_of_the_other_file(tmp_path: Path) -> None:
    first = write(tmp_path / "a", DEMO)
    write(tmp_path / "b", DEMO, b"other")
    index = Index(tmp_path, watches=True)
    before, serial = index.files("demo-pkg"), index.store.serial(2)
    index.names()
    assert index.store.serial(2) == serial
    first.unlink()
    after = index.files("demo-pkg")
    assert after.keys() == before.keys() == {DEMO.filename}
    assert after != before


def test_a_reset_lists_the_folder_as_it_is(tmp_path: Path) -> None:
    write(tmp_path, DEMO)
    with ReferenceServer(folder=tmp_path) as server:
        server.publish(SOURCE)
        server.registry.delete("demo-pkg", filename=DEMO.filename)
        write(tmp_path, OTHER)
        server.reset()
        packages = server.registry.store.packages(1)
    found = {file.filename for package in packages for file in package.files}
    assert found == {DEMO.filename, OTHER.filename}


def test_the_first_of_two_files_with_one_name_counts(tmp_path: Path) -> None:
    write(tmp_path / "a", DEMO)
    write(tmp_path / "b", DEMO, b"other")
    files = Index(tmp_path).files("demo-pkg")
    assert [each["hashes"]["sha256"] for each in files.values()] == [DEMO.sha256]


def test_a_folder_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="there is no folder"):
        ReferenceServer(folder=tmp_path / "missing")
    with pytest.raises(ValueError, match="one of registry=, store=, folder= and generated="):
        ReferenceServer(folder=tmp_path, store=tmp_path)
