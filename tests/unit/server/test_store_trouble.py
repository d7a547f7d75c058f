"""What happens to a directory while a server uses it: a full disk, damaged files, another directory in its place."""

from __future__ import annotations

import errno
import hashlib
import json
import multiprocessing
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from reference_server.commands import main
from reference_server.distributions import wheel
from reference_server.model.errors import FileDamagedError, StoreFullError
from reference_server.serving.default_registry import default_registry
from reference_server.store import verified
from reference_server.store.connections import Connections
from reference_server.store.errors import StoreError, StoreHeldError
from reference_server.store.lock import StoreLock
from reference_server.store.reserve import RESERVE, Reserve
from reference_server.store.sqlite import SQLiteStore

from .conftest import NOON, Api

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from reference_server.distributions import Distribution

ONE, TWO, NEW = wheel("demo", "1.0"), wheel("demo", "2.0"), wheel("demo", "3.0")
REPOSITORY = "/projects/1/packages/pypi"
REFERENCE = f"/../../-/reference{REPOSITORY}/demo"
PATIENCE = 60  # seconds


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    return tmp_path / "store"


@pytest.fixture
def api(directory: Path) -> Iterator[Api]:
    """Open a registry with two files."""
    registry = default_registry(now=lambda: NOON, store=SQLiteStore(directory))
    for made in (ONE, TWO):
        registry.publish(made.filename, made.content)
    yield Api(registry)
    registry.close()


def upload(api: Api, made: Distribution) -> int:
    fields = {"name": "demo", "version": made.filename.split("-")[1]}
    return api.upload(made.filename, made.content, fields=fields).status_code


def download(api: Api, made: Distribution) -> tuple[int, bytes]:
    answer = api.get(f"{REPOSITORY}/files/{made.sha256}/{made.filename}")
    return answer.status_code, answer.data


def reference(api: Api, method: str, path: str) -> int:
    headers = {"PRIVATE-TOKEN": "reference-api-token"}
    url = f"/-/reference{REPOSITORY}/demo/{path}"
    return api.client.open(url, method=method, headers=headers).status_code


def blob(directory: Path, made: Distribution) -> Path:
    return directory / "blobs" / made.sha256[:2] / made.sha256


def change_a_bit(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


def test_on_a_full_disk_uploads_are_refused_and_space_can_be_freed(
    api: Api, directory: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    api.registry.store.announce("")
    assert (directory / "reserve").stat().st_blocks * 512 >= RESERVE
    monkeypatch.setattr(Reserve, "_free", lambda _: 0)
    refused = api.upload(NEW.filename, NEW.content, fields={"name": "demo", "version": "3.0"})
    assert refused.status_code == 507
    assert refused.json == {"message": "507 Insufficient Storage - The disk is full"}
    assert (directory / "reserve").exists()
    assert reference(api, "PUT", "versions/1.0/yank") == 204
    assert not (directory / "reserve").exists()
    assert reference(api, "DELETE", "versions/2.0") == 204
    assert not blob(directory, TWO).exists()
    monkeypatch.undo()
    assert upload(api, NEW) == 201
    assert reference(api, "DELETE", "versions/3.0") == 204
    assert (directory / "reserve").exists()


def test_a_reserve_is_whole_or_not_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(os, "posix_fallocate", raising=False)  # as on macOS
    Reserve(tmp_path).fill()
    assert (tmp_path / "reserve").stat().st_size == RESERVE
    Reserve(tmp_path).remove()
    monkeypatch.setattr(os, "write", lambda _, content: len(content) // 2)
    Reserve(tmp_path).fill()
    assert not (tmp_path / "reserve").exists()


@pytest.mark.parametrize("size", [None, 2_000_000])
def test_a_disk_that_fills_up_during_an_upload(
    size: int | None, api: Api, directory: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = wheel("demo", "3.0", size=size)

    def full(_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(os, "fsync", full)
        assert upload(api, made) == 507
    assert list((directory / "incoming").iterdir()) == []
    assert download(api, made)[0] == 404
    store: Any = api.registry.store
    writer = store._connections._writer
    (pages,) = writer.execute("PRAGMA page_count").fetchone()
    writer.execute(f"PRAGMA max_page_count = {pages}")
    large = wheel("demo", "3.0", summary="x" * 300_000)
    assert upload(api, large) == 507
    assert not blob(directory, large).exists()
    writer.execute("PRAGMA max_page_count = 1000000")
    assert upload(api, made) == 201


def test_a_damaged_file_is_not_sent_until_it_is_uploaded_again(api: Api, directory: Path) -> None:
    assert download(api, ONE) == (200, ONE.content)
    for damage in (change_a_bit, Path.unlink):
        damage(blob(directory, ONE))
        status, text = download(api, ONE)
        assert status == 500
        assert json.loads(text)["message"].endswith("The stored file is damaged; upload it again")
        assert download(api, TWO) == (200, TWO.content)
        assert upload(api, wheel("demo", "1.0", marker="other bytes")) == 400
        assert download(api, ONE)[0] == 500
        assert upload(api, ONE) == 400  # as a duplicate is
        assert download(api, ONE) == (200, ONE.content)
    blob(directory, ONE).unlink()
    assert reference(api, "DELETE", "versions/1.0") == 204
    assert download(api, ONE)[0] == 404


def test_files_in_memory_are_few_however_small(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(verified, "MOST_FILES_HELD", 2)
    files = verified.VerifiedFiles()
    for content in (b"", b"1", b"2", b"3"):
        path = tmp_path / f"file-{content.decode()}"
        path.write_bytes(content)
        assert files.read(path, hashlib.sha256(content).hexdigest()) == content
    assert [content for _, content in files._held.values()] == [b"2", b"3"]
    assert files._bytes_held == 2


def test_files_in_memory_are_small_and_few(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """And each is read again when its file is another one."""
    monkeypatch.setattr(verified, "LONGEST_HELD", 5)
    monkeypatch.setattr(verified, "MOST_HELD", 8)
    files = verified.VerifiedFiles()

    def written(content: bytes) -> tuple[Path, str]:
        path = tmp_path / content.decode()
        path.write_bytes(content)
        return path, hashlib.sha256(content).hexdigest()

    made = [written(content) for content in (b"one", b"two", b"three", b"longer")]
    for _ in range(2):
        assert [files.read(*each) for each in made] == [b"one", b"two", b"three", b"longer"]
    assert files.read(*made[2]) == b"three"
    assert [content for _, content in files._held.values()] == [b"two", b"three"]
    assert files._bytes_held == 8
    two, sha256 = made[1]
    two.write_bytes(b"2wo")
    with pytest.raises(FileDamagedError):
        files.read(two, sha256)
    two.unlink()
    with pytest.raises(FileNotFoundError):
        files.read(two, sha256)
    two.mkdir()
    with pytest.raises(FileDamagedError):
        files.read(two, sha256)


def test_a_directory_that_is_taken_away_is_never_acknowledged(
    api: Api, directory: Path, tmp_path: Path
) -> None:
    directory.rename(tmp_path / "elsewhere")
    states = [upload(api, NEW), download(api, ONE)[0], api.get(f"{REPOSITORY}/simple/demo/").status_code]
    states += [
        reference(api, "DELETE", "versions/1.0"),
        api.client.get("/conformance/public/-/packages").status_code,
    ]
    assert states == [503] * 5
    other = default_registry(store=SQLiteStore(directory))
    states = [upload(api, NEW), download(api, ONE)[0], reference(api, "PUT", "versions/1.0/yank")]
    assert states == [503] * 3
    assert upload(Api(other), NEW) == 201
    other.close()
    shutil.rmtree(directory)
    (tmp_path / "elsewhere").rename(directory)
    assert upload(api, NEW) == 201
    assert download(api, ONE) == (200, ONE.content)


def test_a_database_that_is_replaced_is_never_acknowledged(api: Api, directory: Path) -> None:
    database = directory / "registry.sqlite3"
    kept = database.rename(directory / "kept")
    assert upload(api, NEW) == 503
    database.touch()
    assert upload(api, NEW) == 503
    assert api.client.get("/").status_code == 503
    kept.rename(database)
    assert upload(api, NEW) == 201


def garbage(database: Path) -> None:
    size = database.stat().st_size
    with database.open("r+b") as file:
        file.write(b"no database " * (size // 12))


def no_bytes(database: Path) -> None:
    os.truncate(database, 0)


def a_half(database: Path) -> None:
    os.truncate(database, database.stat().st_size // 2)


def log_of_garbage(database: Path) -> None:
    log = database.with_name(f"{database.name}-wal")
    with log.open("r+b") as file:
        file.write(b"no log " * (log.stat().st_size // 7))


def no_log(database: Path) -> None:
    database.with_name(f"{database.name}-wal").unlink()


@pytest.mark.parametrize("damage", [garbage, no_bytes, a_half, log_of_garbage, no_log])
@pytest.mark.parametrize("has_log", [True, False], ids=["changes in the log", "changes in the database"])
def test_what_was_read_stays_when_the_database_is_damaged(
    api: Api, directory: Path, damage: Callable[[Path], None], *, has_log: bool
) -> None:
    """Everything else is right or 503, and what is acknowledged is there later, unless a start refuses the store."""
    store: Any = api.registry.store
    page = f"{REPOSITORY}/simple/demo/"
    if not has_log:
        store._connections.checkpoint()
    before = api.get(page).data, download(api, ONE)
    damage(directory / "registry.sqlite3")
    for _ in range(2):
        assert (api.get(page).data, download(api, ONE)) == before
    status, content = download(api, TWO)
    assert (status, content) == (200, TWO.content) or status == 503
    is_stored = upload(api, NEW)
    assert is_stored in {201, 503}
    assert api.get(page, headers={"User-Agent": "pip"}).status_code in {200, 503}
    api.registry.close()
    try:
        again = Api(default_registry(store=SQLiteStore(directory)))
    except StoreError:
        return
    assert download(again, ONE) == (200, ONE.content)
    assert download(again, NEW)[0] == (200 if is_stored == 201 else 404)
    again.registry.close()


def test_a_change_without_its_log_is_never_acknowledged(api: Api, directory: Path) -> None:
    """It would be lost in a crash. What was acknowledged before is there after a stop."""
    log = directory / "registry.sqlite3-wal"
    log.unlink()
    assert [upload(api, NEW), reference(api, "DELETE", "versions/1.0")] == [503, 503]
    assert download(api, ONE) == (200, ONE.content)
    log.touch()
    assert upload(api, NEW) == 503
    api.registry.close()
    again = Api(default_registry(store=SQLiteStore(directory)))
    assert [download(again, each)[0] for each in (ONE, TWO, NEW)] == [200, 200, 404]
    assert upload(again, NEW) == 201
    again.registry.close()


def test_a_log_that_is_removed_before_the_first_change_is_missed_too(api: Api, directory: Path) -> None:
    api.registry.close()
    again = Api(default_registry(store=SQLiteStore(directory)))
    (directory / "registry.sqlite3-wal").unlink()
    assert upload(again, NEW) == 503
    again.registry.close()


def test_a_start_checks_a_database_of_which_a_server_could_not_read_a_part(api: Api, directory: Path) -> None:
    store: Any = api.registry.store
    store._connections.checkpoint()
    a_half(directory / "registry.sqlite3")
    assert api.get(f"{REPOSITORY}/simple/").status_code == 503
    upload(api, NEW)
    api.registry.close()
    with pytest.raises(StoreError):
        SQLiteStore(directory)


def test_verify_and_repair(api: Api, directory: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert upload(api, NEW) == 201
    api.registry.close()
    assert main.main(["verify", "--store", str(directory)]) == 0
    assert "sound: 3 blobs" in capsys.readouterr().out
    change_a_bit(blob(directory, ONE))
    blob(directory, TWO).unlink()
    unused = directory / "blobs" / "ab" / ("ab" * 32)
    unused.write_bytes(b"unused")
    assert main.main(["verify", "--store", str(directory)]) == 1
    listed = capsys.readouterr().out
    for line in (f"damaged  {ONE.sha256}", f"missing  {TWO.sha256}", f"unused   {unused.name}"):
        assert line in listed
    assert f"listed   {ONE.filename} of demo 1.0 in GitLab project 1" in listed
    assert unused.exists()
    assert main.main(["repair", "--store", str(directory)]) == 0
    assert "Removed 2 files from the lists; moved 2 blobs" in capsys.readouterr().out
    trash = {path.name for path in (directory / "trash").iterdir()}
    assert trash == {f"{ONE.sha256}.damaged", unused.name}
    assert main.main(["verify", "--store", str(directory)]) == 0
    registry = default_registry(now=lambda: NOON, store=SQLiteStore(directory))
    again = Api(registry)
    assert NEW.filename in (page := again.get(f"{REPOSITORY}/simple/demo/").text)
    assert ONE.filename not in page
    assert upload(again, ONE) == 201
    registry.close()
    assert main.main(["repair", "--store", str(directory), "--empty-trash"]) == 0
    assert "Deleted 2 files in the trash" in capsys.readouterr().out


def test_verify_leaves_everything_as_it_is(api: Api, directory: Path) -> None:
    api.registry.close()
    for name in ("reserve", "incoming/upload-1"):
        (directory / name).parent.mkdir(exist_ok=True)
        (directory / name).write_bytes(b"kept")
    before = content(directory)
    assert main.main(["verify", "--store", str(directory)]) == 0
    assert content(directory) == before


def content(directory: Path) -> dict[Path, bytes]:
    return {path: path.read_bytes() for path in directory.rglob("*") if path.is_file()}


def test_repair_frees_the_reserve_and_a_full_disk_is_no_crash(
    api: Api, directory: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    api.registry.close()
    (directory / "reserve").write_bytes(b"kept")

    def full(_: object) -> Iterator[None]:
        assert not (directory / "reserve").exists()
        raise StoreFullError

    monkeypatch.setattr(Connections, "writing", full)
    assert main.main(["repair", "--store", str(directory)]) == 2
    assert "The disk is full" in capsys.readouterr().err


@pytest.mark.parametrize("command", ["verify", "repair"])
def test_no_store_and_one_in_use(command: str, api: Api, directory: Path, tmp_path: Path) -> None:
    assert api.registry
    assert main.main([command, "--store", str(tmp_path)]) == 2
    assert main.main([command, "--store", str(directory)]) == 2


def test_old_trash_is_deleted_at_a_start(api: Api, directory: Path) -> None:
    api.registry.close()
    (directory / "trash").mkdir()
    old, new = directory / "trash" / "old", directory / "trash" / "new"
    for path in (old, new):
        path.touch()
    os.utime(old, (0, 0))
    SQLiteStore(directory).close()
    assert not old.exists()
    assert new.exists()


def hold(lock: StoreLock, go_on: Any) -> None:
    go_on.wait(PATIENCE)
    lock.close()


@pytest.mark.parametrize("method", ["fork", pytest.param("spawn", marks=pytest.mark.long)])
def test_a_worker_shares_the_lock_and_keeps_it(method: str, directory: Path) -> None:
    """A second server never gets in between, whichever of the two ends first."""
    context = multiprocessing.get_context(method)
    lock, go_on = StoreLock(directory), context.Event()
    worker = context.Process(target=hold, args=(lock, go_on))  # type: ignore[attr-defined]
    worker.start()
    lock.close()
    with pytest.raises(StoreHeldError):
        StoreLock(directory)
    go_on.set()
    worker.join(PATIENCE)
    StoreLock(directory).close()


@pytest.mark.long
def test_a_worker_ends_with_its_killed_parent_and_keeps_everything(directory: Path, tmp_path: Path) -> None:
    pytest.importorskip("granian", reason="granian is not installed")
    command = [sys.executable, "-m", "reference_server", "serve", "--port", "0", "--store", str(directory)]
    with (tmp_path / "log").open("w+") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log)
        deadline = time.monotonic() + PATIENCE
        while "Ctrl-C" not in (tmp_path / "log").read_text() or not _is_clean_or_open(directory):
            assert time.monotonic() < deadline
            assert process.poll() is None
            time.sleep(0.02)
        process.send_signal(signal.SIGKILL)
        process.wait(PATIENCE)
    while time.monotonic() < deadline:
        try:
            StoreLock(directory).close()
        except StoreHeldError:
            time.sleep(0.02)
        else:
            break
    SQLiteStore(directory).close()


def _is_clean_or_open(directory: Path) -> bool:
    """Whether the worker has opened the store, which its parent had closed."""
    mark = directory / "blobs" / "identity"
    return mark.exists() and (directory / "lock").read_text() != ""
