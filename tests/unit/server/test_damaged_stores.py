"""Directories that something has happened to: a clean refusal or clean service, and no blob is deleted."""

from __future__ import annotations

import json
import shutil
import sqlite3
import struct
from contextlib import closing, suppress
from typing import TYPE_CHECKING

import pytest

from reference_server.commands import main
from reference_server.distributions import wheel
from reference_server.serving.default_registry import default_registry
from reference_server.store.errors import NotAStoreError, StoreDoubtfulError, StoreError
from reference_server.store.sqlite import SQLiteStore

from .conftest import Api

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from reference_server.rules.registry import Registry

DATABASE, LOG, IDENTITY = "registry.sqlite3", "registry.sqlite3-wal", "blobs/identity"
VERSIONS = ("1.0", "2.0", "3.0")
INDEX = "/projects/1/packages/pypi/simple/"


@pytest.fixture(scope="module")
def stores(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make three stores: closed, killed, and empty."""
    folder = tmp_path_factory.mktemp("stores")
    registry = default_registry(store=SQLiteStore(folder / "clean"))
    for version in VERSIONS:
        made = wheel("demo", version)
        registry.publish(made.filename, made.content)
    shutil.copytree(folder / "clean", folder / "killed")
    registry.close()
    default_registry(store=SQLiteStore(folder / "other")).close()
    for empty in folder.glob("*/blobs/??"):  # which would only be copied
        with suppress(OSError):
            empty.rmdir()
    return folder


def opened(directory: Path) -> Registry:
    return default_registry(store=SQLiteStore(directory))


def blobs(directory: Path) -> set[str]:
    return {path.name for folder in ("blobs/*", "trash") for path in directory.glob(f"{folder}/*")}


def copied(store: Path, copy: Path) -> Path:
    """Copy a store without its empty folders."""
    for path in store.rglob("*"):
        if path.is_file():
            place = copy / path.relative_to(store)
            place.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(path, place)
    return copy


def cut(name: str, part: float) -> Callable[[Path], None]:
    def damage(directory: Path) -> None:
        content = (directory / name).read_bytes()
        (directory / name).write_bytes(content[: int(len(content) * part)])

    return damage


def overwrite(name: str, at: float, content: bytes) -> Callable[[Path], None]:
    def damage(directory: Path) -> None:
        path = directory / name
        start = int(at * path.stat().st_size) if 0 < at < 1 else int(at)
        with path.open("r+b") as stream:
            stream.seek(start, 0 if start >= 0 else 2)
            stream.write(content)

    return damage


def run(*statements: str) -> Callable[[Path], None]:
    def damage(directory: Path) -> None:
        database = sqlite3.connect(directory / DATABASE, isolation_level=None)
        for statement in statements:
            database.execute(statement)
        database.close()

    return damage


def replaced_by_folder(directory: Path) -> None:
    (directory / DATABASE).unlink()
    (directory / DATABASE).mkdir()


def without(name: str) -> Callable[[Path], None]:
    return lambda directory: (directory / name).unlink()


def of_other_store(name: str) -> Callable[[Path], None]:
    return lambda directory: shutil.copy(directory.parent / "other" / name, directory / name)  # type: ignore[return-value]


DAMAGED = {
    "no database": without(DATABASE),
    "a folder": replaced_by_folder,
    "empty": cut(DATABASE, 0),
    "text": lambda directory: (directory / DATABASE).write_text("hello " * 1000),
    "half": cut(DATABASE, 0.5),
    "header only": lambda directory: (directory / DATABASE).write_bytes(
        (directory / DATABASE).read_bytes()[:100]
    ),
    "cut at the end": cut(DATABASE, 0.99),
    "zeros within": overwrite(DATABASE, 0.3, bytes(9000)),
    "noise within": overwrite(DATABASE, 0.5, bytes(range(256)) * 40),
    "noise in the header": overwrite(DATABASE, 16, b"\xff" * 20),
    "no magic": overwrite(DATABASE, 1, b"x" * 8),
    "another page size": overwrite(DATABASE, 16, struct.pack(">H", 512)),
    "root page of zeros": overwrite(DATABASE, 100, bytes(3000)),
    "schema of the future": run("PRAGMA user_version = 99"),
    "schema 0": run("PRAGMA user_version = 0"),
    "negative schema": run("PRAGMA user_version = -3"),
    "earlier schema than it is": run("PRAGMA user_version = 1"),
    "no table of files": run("PRAGMA foreign_keys = 0", "DROP TABLE files"),
    "no column": run("ALTER TABLE files DROP COLUMN yanked"),
    "no index": run("DROP INDEX files_by_name"),
    "no JSON in a file": run("UPDATE files SET digests = '{' WHERE id = 2"),
    "no digests in a file": run("""UPDATE blobs SET digests = '{"md5": "0"}'"""),
    "no JSON in a GitLab project": run("UPDATE gitlab_projects SET document = '[]' WHERE id = 1"),
    "deep JSON": run("UPDATE gitlab_projects SET document = replace(hex(zeroblob(49999)), '0', '[')"),
    "unknown kind of token": run("UPDATE tokens SET kind = 'Wooden' WHERE id = 1"),
    "no time": run("UPDATE packages SET created_at = 'noon' WHERE id = 1"),
    "no time zone": run("UPDATE files SET created_at = '2026-11-22T12:00:00'"),
    "unknown status": run("INSERT INTO statuses VALUES (1, 'demo', 'asleep', NULL)"),
    "a row without its blob": run("PRAGMA foreign_keys = 0", "DELETE FROM blobs"),
    "no counters": run("DELETE FROM counters"),
    "a counter that is behind": run("UPDATE counters SET value = 0 WHERE name = 'id'"),
    "no identity": run("DELETE FROM identity"),
    "text that is not UTF-8": run("UPDATE packages SET name = CAST(x'ff41' AS TEXT)"),
    "database of another store": of_other_store(DATABASE),
    "blobs of another store": of_other_store(IDENTITY),
}
"""Each is refused."""

KILLED = {
    "no log": without(LOG),
    "empty log": cut(LOG, 0),
    "log without its beginning": overwrite(LOG, 0, bytes(32)),
    "log of text": lambda directory: (directory / LOG).write_text("hello " * 1000),
    "noise in an early transaction": overwrite(LOG, 0.2, b"\xaa" * 64),
    "a copy of nothing but the database and the blobs": lambda directory: [
        (directory / each).unlink() for each in (LOG, "registry.sqlite3-shm", "lock")
    ],
}
"""What can befall a store that was not closed. Each is refused."""


@pytest.mark.parametrize(
    ("kind", "damage"),
    [*(("clean", name) for name in DAMAGED), *(("killed", name) for name in KILLED)],
)
def test_a_damaged_database_is_refused_in_one_line(
    kind: str, damage: str, stores: Path, tmp_path: Path
) -> None:
    copied(stores / "other", tmp_path / "other")
    directory = copied(stores / kind, tmp_path / "store")
    before = blobs(directory)
    (DAMAGED if kind == "clean" else KILLED)[damage](directory)
    for _ in range(2):  # a refusal leaves the cause to be found
        with pytest.raises(StoreError) as refused:
            SQLiteStore(directory)
    assert blobs(directory) == before
    assert "\n" not in str(refused.value)


def test_a_command_prints_the_refusal(
    stores: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    directory = copied(stores / "clean", tmp_path / "store")
    overwrite(DATABASE, 0.5, bytes(range(256)) * 40)(directory)
    assert main.main(["token", "list", "--store", str(directory)]) == 2
    error = capsys.readouterr().err
    assert error.startswith("reference-server: cannot use the store ")
    assert error.count("\n") == 1


SURVIVED: dict[str, tuple[str, Callable[[Path], object]]] = {
    "noise in the shared memory": (
        "killed",
        lambda directory: (directory / "registry.sqlite3-shm").write_bytes(b"x" * 99),
    ),
    "an incomplete last transaction": ("killed", overwrite(LOG, -2000, b"\xaa" * 64)),
    "no mark": ("clean", without(IDENTITY)),
    "a mark of noise": ("clean", overwrite(IDENTITY, 0, b"\xff" * 99)),
    "a log beside a closed database": ("clean", lambda directory: (directory / LOG).write_bytes(b"x" * 5000)),
    "a copy with other times": ("clean", lambda directory: (directory / DATABASE).touch()),
}


@pytest.mark.parametrize("name", SURVIVED)
def test_what_does_no_harm_is_served(name: str, stores: Path, tmp_path: Path) -> None:
    kind, damage = SURVIVED[name]
    directory = copied(stores / kind, tmp_path / "store")
    before = blobs(directory)
    damage(directory)
    registry = opened(directory)
    api = Api(registry)
    page = api.get(f"{INDEX}demo/", headers={"Accept": "application/vnd.pypi.simple.v1+json"})
    listed = json.loads(page.data)["files"]
    assert len(listed) >= len(VERSIONS) - 1
    for file in listed:
        assert (
            api.get(
                f"/projects/1/packages/pypi/files/{file['hashes']['sha256']}/{file['filename']}"
            ).status_code
            == 200
        )
    made = wheel("demo", "4.0")
    assert (
        api.upload(made.filename, made.content, fields={"name": "demo", "version": "4.0"}).status_code == 201
    )
    registry.close()
    assert blobs(directory) >= before


def test_an_empty_database_is_started_where_there_are_no_blobs(tmp_path: Path) -> None:
    (tmp_path / DATABASE).touch()
    opened(tmp_path).close()
    opened(tmp_path).close()


def test_a_kill_before_the_first_change_loses_nothing(stores: Path, tmp_path: Path) -> None:
    directory = copied(stores / "clean", tmp_path / "store")
    registry = opened(directory)
    left = copied(directory, tmp_path / "left")
    assert (left / LOG).stat().st_size == 0
    registry.close()
    opened(left).close()


def test_a_store_is_closed_without_a_log(stores: Path) -> None:
    assert not (stores / "clean" / LOG).exists()
    assert (stores / "killed" / LOG).stat().st_size > 1000


def test_an_earlier_release_did_not_mark_its_blobs(stores: Path, tmp_path: Path) -> None:
    directory = copied(stores / "clean", tmp_path / "store")
    (directory / IDENTITY).unlink()
    stray = directory / "blobs" / "ab" / ("ab" * 32)
    stray.parent.mkdir()
    stray.write_bytes(b"stray")
    opened(directory).close()
    assert stray.exists()
    of_nothing = stores / "other" / DATABASE
    shutil.copy(of_nothing, directory / DATABASE)
    (directory / IDENTITY).unlink()
    with pytest.raises(StoreDoubtfulError, match="none of the files"):
        SQLiteStore(directory)
    assert stray.exists()


def test_a_refusal_names_the_way_out(
    stores: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    directory = copied(stores / "killed", tmp_path / "store")
    (directory / LOG).unlink()
    with pytest.raises(NotAStoreError, match="reference-server repair"):
        SQLiteStore(directory)
    assert main.main(["verify", "--store", str(directory)]) == 1
    assert "registry.sqlite3-wal is missing" in capsys.readouterr().out
    assert main.main(["repair", "--store", str(directory)]) == 0
    opened(directory).close()
    assert main.main(["verify", "--store", str(directory)]) == 0


@pytest.mark.parametrize("key", [None, "", "7"])
def test_a_package_with_another_key_than_that_of_its_version_is_found_again(
    key: str | None, stores: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    directory = copied(stores / "clean", tmp_path / "store")
    with closing(sqlite3.connect(directory / DATABASE)) as database, database:
        database.execute("UPDATE packages SET version_key = ? WHERE version = '2.0'", (key,))
    assert main.main(["verify", "--store", str(directory)]) == 1
    assert "misfiled demo 2.0 in GitLab project 1\n" in capsys.readouterr().out
    assert main.main(["repair", "--store", str(directory)]) == 0
    assert "corrected the versions of 1 packages" in capsys.readouterr().out
    assert main.main(["verify", "--store", str(directory)]) == 0
    with closing(SQLiteStore(directory)) as store:
        assert [each.version for each in store.packages_of_version(1, "demo", "2")] == ["2.0"]
