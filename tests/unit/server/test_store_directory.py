"""The store that keeps everything in a directory: what it survives, and what it refuses to open."""

from __future__ import annotations

import gc
import hashlib
import os
import sqlite3
import subprocess
import sys
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import requests

from reference_server import ReferenceServer
from reference_server.commands import main
from reference_server.distributions import wheel
from reference_server.faults import UnknownFaultError
from reference_server.flavours import UnknownFlavourError
from reference_server.rules import Rules
from reference_server.rules.ready_made import (
    DEPLOY_TOKENS,
    GITLAB_PROJECTS,
    JOB_TOKENS,
    PERSONAL_ACCESS_TOKENS,
)
from reference_server.serving import standalone
from reference_server.serving.default_registry import default_registry
from reference_server.serving.ports import PortTakenError
from reference_server.store import opening
from reference_server.store.blobs import IN_MEMORY
from reference_server.store.errors import (
    NotAStoreError,
    StoreError,
    StoreHeldError,
    StoreTooNewError,
    StoreUnwritableError,
)
from reference_server.store.schema import VERSIONS
from reference_server.store.sqlite import SQLiteStore

from .conftest import NOON, Api

if TYPE_CHECKING:
    from collections.abc import Iterator

    from reference_server.rules.registry import Registry

DEMO = wheel("demo", "1.0")
SCHEMA_1 = Path(__file__).parent / "store_schema_1.sql"
SCHEMA_1_BLOB = "e3c053422fea9c050e27746ec9d37d7e3f8a999cdd94b4ae32270fab1ef5a91d"

CRASHED: list[Registry] = []


def opened(directory: Path, **rules: object) -> Registry:
    changed = replace(Rules(), **rules)  # type: ignore[arg-type]
    return default_registry(now=lambda: NOON, rules=changed, store=SQLiteStore(directory))


def crashed(registry: Registry) -> None:
    """Give up the lock, as the end of a process does, and leave everything else as it is."""
    store: Any = registry.store
    store._directory.lock.close()
    CRASHED.append(registry)  # its connections are never closed, and not collected during a later test


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    return tmp_path / "a" / "store"


@pytest.fixture
def registry(directory: Path) -> Iterator[Registry]:
    registry = opened(directory)
    yield registry
    registry.close()


def test_everything_survives_a_restart(directory: Path) -> None:
    registry = opened(directory, reopens_filenames=False)
    for version in ("1.0", "2.0", "3.0"):
        made = wheel(
            "demo", version, requires_python=">=3.8", size=IN_MEMORY + 1 if version == "2.0" else None
        )
        registry.publish(made.filename, made.content)
    registry.yank("demo", version="1.0", reason="old")
    registry.attach_provenance("demo", made.filename, {"version": 1})
    registry.set_status("demo", "deprecated", reason="use other")
    registry.delete("demo", version="3.0")
    project = registry.gitlab_project("1")
    pages = [Api(registry).get("/projects/1/packages/pypi/simple/demo/").data]
    before = registry.packages(project), registry.store.serial(1), registry.status(project, "demo")
    registry.close()
    registry = opened(directory)
    assert (registry.packages(project), registry.store.serial(1), registry.status(project, "demo")) == before
    assert [len(file.blob.read()) for each in before[0] for file in each.files] == [
        file.size for each in before[0] for file in each.files
    ]
    assert registry.store.is_closed_filename(1, "demo", made.filename)
    pages.append(Api(registry).get("/projects/1/packages/pypi/simple/demo/").data)
    assert pages[0] == pages[1]
    assert registry.store.next_id() > max(file.id for each in before[0] for file in each.files)
    registry.close()


def test_a_page_changes_after_a_restart(directory: Path) -> None:
    registry = opened(directory)
    registry.publish(DEMO.filename, DEMO.content)
    registry.close()
    registry = opened(directory)
    api, page = Api(registry), "/projects/1/packages/pypi/simple/demo/"
    assert b"data-yanked" not in api.get(page).data
    registry.yank("demo")
    assert b"data-yanked" in api.get(page).data
    registry.close()


def test_ready_made_ones_are_only_added_when_they_are_missing(directory: Path) -> None:
    registry = opened(directory)
    changed = replace(registry.gitlab_project("1"), packages_enabled=False)
    registry.store.add_gitlab_project(changed)
    registry.close()
    registry = opened(directory)
    assert registry.gitlab_project("1") == changed
    registry.close()


def test_what_a_crash_left_is_swept_and_nothing_else(directory: Path) -> None:
    registry = opened(directory)
    kept = registry.publish(DEMO.filename, DEMO.content).blob
    crashed(registry)
    orphan = directory / "blobs" / "ab" / ("ab" * 32)
    half, foreign = directory / "incoming" / "upload-x", [directory / "blobs" / "README", directory / "notes"]
    for path in (orphan, half, *foreign):
        path.write_bytes(b"left")
    registry = opened(directory)
    assert not orphan.exists()
    assert (directory / "trash" / orphan.name).read_bytes() == b"left"
    assert not half.exists()
    assert all(path.exists() for path in foreign)
    assert kept.read() == DEMO.content
    registry.close()


def test_the_folders_of_blobs_are_created_with_the_first_blob(directory: Path, registry: Registry) -> None:
    assert [path for path in (directory / "blobs").iterdir() if path.is_dir()] == []
    assert Api(registry).upload(DEMO.filename, DEMO.content, fields={"name": "demo"}).status_code == 201
    assert len([path for path in (directory / "blobs").iterdir() if path.is_dir()]) == 256


def test_blobs_in_some_folders_only(directory: Path) -> None:
    """A program that copies a store may leave out empty folders."""
    with closing(opened(directory)) as registry:
        assert Api(registry).upload(DEMO.filename, DEMO.content, fields={"name": "demo"}).status_code == 201
    for folder in (directory / "blobs").iterdir():
        if folder.is_dir() and not any(folder.iterdir()):
            folder.rmdir()
    other = wheel("other", "1.0")
    with closing(opened(directory)) as registry:
        assert (
            Api(registry).upload(other.filename, other.content, fields={"name": "other"}).status_code == 201
        )
        assert (
            Api(registry).get(f"/projects/1/packages/pypi/files/{DEMO.sha256}/{DEMO.filename}").data
            == DEMO.content
        )


def test_a_refused_upload_leaves_nothing(directory: Path, registry: Registry) -> None:
    api = Api(registry)
    large = b"x" * (IN_MEMORY + 1)
    assert api.upload(content=large, fields={"sha256_digest": "0" * 64}).status_code == 400
    assert api.upload(content=large, without=["name"]).status_code == 400
    assert api.upload(DEMO.filename, DEMO.content, fields={"name": "demo"}).status_code == 201
    twin = wheel("demo", "1.0", marker="twin")
    assert api.upload(twin.filename, twin.content, fields={"name": "demo"}).status_code == 400
    assert [path.name for path in (directory / "blobs").glob("*/*")] == [DEMO.sha256]
    assert list((directory / "incoming").iterdir()) == []


def test_an_error_undoes_the_whole_transaction(directory: Path, registry: Registry) -> None:
    file = registry.publish(DEMO.filename, DEMO.content)
    serial = registry.store.serial(1)

    def interrupted() -> None:
        with registry.store.lock:
            registry.delete("demo")
            assert registry.store.packages(1) == ()
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        interrupted()
    assert registry.store.serial(1) == serial
    assert registry.store.packages(1)[0].files == (file,)
    assert file.blob.read() == DEMO.content
    assert (directory / "blobs" / file.sha256[:2] / file.sha256).exists()


def test_readers_see_what_is_committed_and_wait_for_nobody(registry: Registry) -> None:
    from concurrent.futures import ThreadPoolExecutor

    with ThreadPoolExecutor(1) as pool, registry.store.lock:
        registry.publish(DEMO.filename, DEMO.content)
        assert pool.submit(registry.store.packages, 1).result(10) == ()
        assert len(registry.store.packages(1)) == 1
    assert len(registry.store.packages(1)) == 1


def test_another_server_holds_it(directory: Path, registry: Registry) -> None:
    with pytest.raises(StoreHeldError, match="another server uses it"):
        SQLiteStore(directory)
    registry.close()
    opened(directory).close()


def test_no_database(directory: Path) -> None:
    directory.mkdir(parents=True)
    (directory / "registry.sqlite3").write_bytes(b"not a database " * 100)
    with pytest.raises(NotAStoreError, match="not a database"):
        SQLiteStore(directory)
    assert not (directory / "blobs").exists()


def test_another_programs_database(directory: Path) -> None:
    directory.mkdir(parents=True)
    with sqlite3.connect(directory / "registry.sqlite3") as database:
        database.execute("CREATE TABLE theirs (x)")
    database.close()
    with pytest.raises(NotAStoreError, match="another program's"):
        SQLiteStore(directory)


def test_a_newer_schema(directory: Path) -> None:
    opened(directory).close()
    database = sqlite3.connect(directory / "registry.sqlite3")
    database.execute(f"PRAGMA user_version = {len(VERSIONS) + 1}")
    database.close()
    with pytest.raises(StoreTooNewError, match="a later one"):
        SQLiteStore(directory)


def earlier_store(directory: Path) -> None:
    """Make the store that a release with schema 1 made: `store_schema_1.sql` is the dump of its database."""
    directory.mkdir(parents=True)
    database = sqlite3.connect(directory / "registry.sqlite3")
    dump = SCHEMA_1.read_text(encoding="utf-8")
    sha256 = hashlib.sha256(b"content").hexdigest()
    database.executescript(dump.replace(SCHEMA_1_BLOB, sha256))
    database.close()
    blob = directory / "blobs" / sha256[:2] / sha256
    blob.parent.mkdir(parents=True)
    blob.write_bytes(b"content")


def test_verify_upgrades_nothing(directory: Path) -> None:
    earlier_store(directory)
    before = (directory / "registry.sqlite3").read_bytes()
    assert main.main(["verify", "--store", str(directory)]) == 0
    assert (directory / "registry.sqlite3").read_bytes() == before


def test_a_store_of_the_first_schema_is_upgraded(directory: Path) -> None:
    earlier_store(directory)
    secrets = [token.secret for token in (*PERSONAL_ACCESS_TOKENS, *DEPLOY_TOKENS[:3], *JOB_TOKENS[:2])]
    database = sqlite3.connect(directory / "registry.sqlite3", isolation_level=None)
    database.execute("PRAGMA secure_delete = 0")
    database.execute("CREATE TABLE dropped AS SELECT 'dropped-token' AS secret")
    database.execute("DROP TABLE dropped")
    database.close()
    old = (directory / "registry.sqlite3").read_bytes()
    assert b"reference-owner-token" in old
    assert b"dropped-token" in old
    registry = SQLiteStore(directory)
    (package,) = registry.packages(1)
    assert registry.packages_of_version(1, package.normalized, f"{package.version}.0") == (package,)
    assert package.files[0].yanked == "old"
    assert registry.packages(1)[0].files[0].blob.read() == b"content"
    first, *others = GITLAB_PROJECTS[:5]  # those of the release, which knew no allowlist of jobs
    assert registry.gitlab_projects() == (replace(first, job_token_scope=frozenset()), *others)
    for personal in PERSONAL_ACCESS_TOKENS:
        assert registry.personal_access_token(personal.secret) == personal
    assert registry.deploy_token("reference-deploy-read-token") == DEPLOY_TOKENS[0]
    assert registry.job_token("reference-job-finished-token") == JOB_TOKENS[1]
    assert [token.record.id for token in registry.tokens()] == list(range(1, len(secrets) + 1))
    kept = b"".join(path.read_bytes() for path in directory.glob("registry.sqlite3*"))
    assert [secret for secret in (*secrets, "dropped-token") if secret.encode() in kept] == []
    registry.close()
    opened(directory).close()  # adds the ready-made tokens of later releases
    registry = SQLiteStore(directory)
    assert len(registry.tokens()) == len(secrets) + len((*DEPLOY_TOKENS[3:], *JOB_TOKENS[2:]))
    registry.close()


def test_a_directory_with_something_else_in_it(tmp_path: Path) -> None:
    (tmp_path / "holiday.jpg").touch()
    with pytest.raises(NotAStoreError, match=r"holiday\.jpg"):
        SQLiteStore(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["holiday.jpg"]


def test_a_place_that_is_no_directory(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    for place in (tmp_path / "file", tmp_path / "file" / "store"):
        with pytest.raises(StoreUnwritableError, match="may write to"):
            SQLiteStore(place)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_directory_that_cannot_be_written(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    with pytest.raises(StoreUnwritableError):
        SQLiteStore(tmp_path)


def test_the_command_says_what_is_wrong(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    pytest.importorskip("granian", reason="granian is not installed")
    (tmp_path / "file").touch()
    assert main.main(["serve", "--port", "0", "--store", str(tmp_path / "file")]) == 2
    error = capsys.readouterr().err
    assert error.startswith("reference-server: cannot use the store ")
    assert error.count("\n") == 1


def test_the_store_reaches_the_application(directory: Path, tmp_path: Path) -> None:
    app = standalone.application(max_file_size=7, directory=tmp_path, store=directory)
    registry: Registry = app._registry  # type: ignore[attr-defined]
    assert isinstance(registry.store, SQLiteStore)
    assert registry.rules.max_file_size == 7
    registry.close()


def test_a_server_finds_what_an_earlier_one_kept(directory: Path) -> None:
    with ReferenceServer(store=directory) as server:
        file = server.registry.publish(DEMO.filename, DEMO.content)
    with ReferenceServer(store=str(directory)) as server:
        url = f"{server.url}/files/{file.sha256}/{DEMO.filename}"
        answer = requests.get(url, auth=(server.username, server.password), timeout=10)
        assert answer.content == DEMO.content


def test_a_registry_has_its_own_store(directory: Path, registry: Registry) -> None:
    with pytest.raises(ValueError, match="give one of"):
        ReferenceServer(registry=registry, store=directory)


class TestFixture:
    @pytest.fixture
    def reference_server_store(self, directory: Path) -> Path:
        return directory

    def test_the_fixture_takes_a_store(self, reference_server: ReferenceServer) -> None:
        assert isinstance(reference_server.registry.store, SQLiteStore)


def test_all_errors_are_store_errors() -> None:
    for kind in (NotAStoreError, StoreHeldError, StoreTooNewError, StoreUnwritableError):
        assert issubclass(kind, StoreError)


def test_a_store_without_a_close_is_unlocked_and_whole(directory: Path) -> None:
    server = ReferenceServer(store=directory).start()
    server.publish(DEMO)
    port = server.port
    with pytest.raises(PortTakenError), ReferenceServer(store=directory.with_name("other"), port=port):
        pass
    server.stop()
    del server
    gc.collect()
    with pytest.raises(UnknownFaultError):
        ReferenceServer(store=directory, faults=["typo"])
    with pytest.raises(UnknownFlavourError):
        ReferenceServer(store=directory.with_name("other"), flavour="typo")
    for each, names in (directory, ["demo"]), (directory.with_name("other"), []):
        registry = opened(each)
        assert list(registry.project_names(registry.gitlab_project("1"))) == names
        registry.close()


def test_a_process_that_ends_without_a_close_loses_nothing(directory: Path) -> None:
    program = """
import os, sys
from reference_server import ReferenceServer
from reference_server.distributions import wheel
ReferenceServer(store=sys.argv[1]).start().publish(wheel("demo", "1.0"))
os._exit(0)
"""
    subprocess.run([sys.executable, "-c", program, str(directory)], check=True, timeout=60)
    registry = opened(directory)
    assert list(registry.project_names(registry.gitlab_project("1"))) == ["demo"]
    registry.close()


def test_a_forked_child_leaves_the_store_alone(registry: Registry) -> None:
    store: Any = registry.store
    before = store._directory.mark
    opening._abandoned(store._directory, store._connections, os.getpid() + 1)
    assert store._directory.mark == before
    registry.publish(DEMO.filename, DEMO.content)
