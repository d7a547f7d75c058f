"""What every store does, and that all of them do the same."""

from __future__ import annotations

import sqlite3
import tempfile
from contextlib import closing
from dataclasses import replace
from datetime import date
from pathlib import Path
from threading import Event, Thread
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reference_server.model import (
    CoreMetadata,
    Package,
    PackageFile,
    ProjectStatus,
    ProtectionRule,
    RegistryAccess,
    Status,
    TokenRecord,
    Visibility,
)
from reference_server.model.blob import Blob
from reference_server.rules.ready_made import (
    DEPLOY_TOKENS,
    GITLAB_PROJECTS,
    JOB_TOKENS,
    PERSONAL_ACCESS_TOKENS,
)
from reference_server.store import MemoryStore, rows
from reference_server.store.blobs import IN_MEMORY
from reference_server.store.sqlite import SQLiteStore

from .conftest import NOON

if TYPE_CHECKING:
    from collections.abc import Iterator

    from reference_server.store.protocol import Store

ABSENT = ("", "0", "99", "1" * 18, "9" * 19, "9" * 25, "²", "conformance", "nobody/nothing")


@pytest.fixture(params=["memory", "sqlite"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    made: Store = MemoryStore() if request.param == "memory" else SQLiteStore(tmp_path / "store")
    yield made
    made.close()


def put(store: Store, *contents: bytes, name: str = "demo", version: str = "1.0", owner: int = 1) -> Package:
    """Put a package with a file for each of the contents."""
    with store.lock:
        package = Package(
            id=store.next_id(),
            gitlab_project=owner,
            name=name.title(),
            normalized=name,
            version=version,
            created_at=NOON,
        )
        for content in contents:
            package = add(store, package, content)
        if not contents:
            store.put_package(package)
    return package


def add(store: Store, package: Package, content: bytes) -> Package:
    with store.keeping(store.blobs.add(content)) as blob:
        file = PackageFile(
            id=store.next_id(),
            package_id=package.id,
            filename=f"{package.normalized}-{package.version}-{len(package.files)}.whl",
            digests=blob.digests,
            requires_python=">=3.8",
            created_at=NOON,
            blob=blob,
            core_metadata=CoreMetadata(b"Metadata-Version: 2.1\n"),
        )
        package = replace(package, files=(*package.files, file))
        store.put_package(package)
    return package


def test_gitlab_projects_by_id_and_path_in_any_case(store: Store) -> None:
    for each in GITLAB_PROJECTS:
        store.add_gitlab_project(each)
    for each in GITLAB_PROJECTS:
        assert store.gitlab_project(str(each.id)) == each
        assert store.gitlab_project(each.full_path.upper()) == each
    assert [store.gitlab_project(reference) for reference in ABSENT] == [None] * len(ABSENT)
    changed = replace(GITLAB_PROJECTS[0], visibility=Visibility.INTERNAL, packages_enabled=False)
    store.add_gitlab_project(changed)
    assert store.gitlab_project("1") == changed


def test_tokens_by_their_secret_and_kind(store: Store) -> None:
    for personal in PERSONAL_ACCESS_TOKENS:
        store.add_personal_access_token(personal)
        assert store.personal_access_token(personal.secret) == personal
        assert store.deploy_token(personal.secret) is None
    for deploy in DEPLOY_TOKENS:
        store.add_deploy_token(deploy)
        assert store.deploy_token(deploy.secret) == deploy
        assert store.job_token(deploy.secret) is None
    for job in JOB_TOKENS:
        store.add_job_token(job)
        assert store.job_token(job.secret) == job
        assert store.personal_access_token(job.secret) is None
    revoked = replace(PERSONAL_ACCESS_TOKENS[0], revoked=True)
    store.add_personal_access_token(revoked)
    assert store.personal_access_token(revoked.secret) == revoked


def test_tokens_are_listed_changed_and_removed_without_their_secrets(store: Store) -> None:
    record = TokenRecord(name="laptop", created_at=NOON, expires_at=date(2027, 1, 1))
    store.add_personal_access_token(replace(PERSONAL_ACCESS_TOKENS[0], record=record))
    store.add_deploy_token(replace(DEPLOY_TOKENS[0], record=record))
    store.add_job_token(JOB_TOKENS[0])
    personal, deploy, job = store.tokens()
    assert [each.record.id for each in store.tokens()] == [1, 2, 3]
    assert personal == replace(PERSONAL_ACCESS_TOKENS[0], secret="", record=record)
    assert {each.secret for each in store.tokens()} == {""}
    store.put_token(replace(deploy, revoked=True))
    found = store.deploy_token(DEPLOY_TOKENS[0].secret)
    assert found == replace(DEPLOY_TOKENS[0], revoked=True, record=record)
    store.remove_token(1)
    store.remove_token(1)
    assert store.personal_access_token(PERSONAL_ACCESS_TOKENS[0].secret) is None
    assert store.tokens()[1:] == (job,)
    store.add_deploy_token(DEPLOY_TOKENS[0])  # the same secret: the same token
    assert [each.record.id for each in store.tokens()] == [2, 3]


def test_gitlab_projects_by_id(store: Store) -> None:
    for each in reversed(GITLAB_PROJECTS):
        store.add_gitlab_project(each)
    changed = replace(
        GITLAB_PROJECTS[0],
        duplicates_allowed=True,
        registry_access=RegistryAccess.PUBLIC,
        protection_rules=(ProtectionRule(id=7, pattern="a-*", push="owner"),),
        job_token_scope=frozenset({2, 3}),
    )
    store.add_gitlab_project(changed)
    assert store.gitlab_projects() == (changed, *GITLAB_PROJECTS[1:])


def test_packages_oldest_first(store: Store) -> None:
    first, second = put(store, b"1"), put(store, b"2", b"3", version="2.0")
    other, elsewhere = put(store, name="other"), put(store, b"4", owner=2)
    assert store.packages(1) == (first, second, other)
    assert store.packages(2) == (elsewhere,)
    assert store.packages_named(1, "demo") == (first, second)
    assert store.packages_named(2, "other") == ()
    assert store.package(second.id) == second
    assert store.package(10**30) is None
    store.remove_package(first.id)
    store.remove_package(first.id)
    assert store.packages_named(1, "demo") == (second,)
    assert store.next_id() > elsewhere.files[0].id


def test_packages_stay_oldest_first_when_one_changes_its_version(store: Store) -> None:
    first, second = put(store, b"1"), put(store, b"2", version="2.0")
    store.put_package(changed := replace(first, version="3.0"))
    assert store.packages_named(1, "demo") == store.packages(1) == (changed, second)


def test_a_package_is_as_old_as_its_id(store: Store) -> None:
    older, newer = put(store), put(store, version="2.0")
    store.remove_package(older.id)
    store.put_package(older)
    assert store.packages_named(1, "demo") == store.packages(1) == (older, newer)


def test_packages_of_a_version_in_any_spelling(store: Store) -> None:
    first, second = put(store, b"1"), put(store, b"2", version="1")
    put(store, b"3", version="1.0.post1")
    put(store, b"4", name="other")
    put(store, b"5", owner=2)
    odd = put(store, b"6", version="latest")
    assert store.packages_of_version(1, "demo", "v1.0.0") == (first, second)
    assert store.packages_of_version(1, "demo", "latest") == (odd,)
    assert store.packages_of_version(1, "demo", "Latest") == ()
    store.put_package(changed := replace(second, version="2"))
    assert store.packages_of_version(1, "demo", "1.0") == (first,)
    assert store.packages_of_version(1, "demo", "2.0") == (changed,)


def test_a_version_is_found_without_the_others(tmp_path: Path) -> None:
    """An upload looks for its version a few times: a project of ten thousand would cost ten thousand rows each."""
    SQLiteStore(tmp_path / "store").close()
    with closing(sqlite3.connect(tmp_path / "store" / "registry.sqlite3")) as database:
        plan = database.execute(f"EXPLAIN QUERY PLAN {rows.PACKAGES_OF_VERSION}", (1, "demo", "1")).fetchall()
    (*_, step), *more = plan
    assert "packages_by_version (gitlab_project=? AND normalized=? AND version_key=?)" in step
    assert more == []


def test_files_by_digest_and_name(store: Store) -> None:
    packages = [put(store, b"same"), put(store, b"same"), put(store, b"other"), put(store, b"same", owner=2)]
    files = [package.files[0] for package in packages]
    assert store.files_named(1, files[0].sha256, files[0].filename) == (files[0], files[1])
    assert store.files_named(1, files[0].sha256, "other") == ()
    store.put_package(replace(packages[0], files=()))
    assert store.files_named(1, files[0].sha256, files[0].filename) == (files[1],)


def test_everything_about_a_file(store: Store) -> None:
    package = put(store, b"content")
    for yanked, provenance, requires_python in (
        ("", b"{}", None),
        ("why?", None, ""),
        (None, b"\xff", "~=3"),
    ):
        file = replace(
            package.files[0],
            yanked=yanked,
            provenance=provenance,
            requires_python=requires_python,
            published_by=yanked,
        )
        store.put_package(replace(package, files=(replace(file, core_metadata=None),)))
        assert store.packages(1)[0].files == (replace(file, core_metadata=None),)
    assert store.packages(1)[0].files[0].blob.read() == b"content"


def test_serials_grow_with_every_change(store: Store) -> None:
    def serials() -> tuple[int, ...]:
        return store.serial(1), store.serial(1, "demo"), store.serial(1, "other"), store.serial(2)

    assert serials() == (0, 0, 0, 0)
    package = put(store, b"1")
    whole, project, other, elsewhere = serials()
    assert whole == project > other == elsewhere == 0
    store.put_status(1, "demo", ProjectStatus(status=Status.ARCHIVED, reason="old"))
    assert serials()[:2] > (whole, project)
    whole, project, *_ = serials()
    put(store, name="other")
    assert serials()[:2] > (whole, project)
    assert serials()[1] == project
    store.remove_package(package.id)
    assert serials()[1] > project


def test_statuses_and_closed_file_names(store: Store) -> None:
    assert store.status(1, "demo") == ProjectStatus()
    archived = ProjectStatus(status=Status.ARCHIVED, reason="old")
    store.put_status(1, "demo", ProjectStatus(status=Status.QUARANTINED))
    store.put_status(1, "demo", archived)
    assert (store.status(1, "demo"), store.status(2, "demo")) == (archived, ProjectStatus())
    assert not store.is_closed_filename(1, "demo", "a.whl")
    store.close_filename(1, "demo", "a.whl")
    store.close_filename(1, "demo", "a.whl")
    assert store.is_closed_filename(1, "demo", "a.whl")
    assert not store.is_closed_filename(2, "demo", "a.whl")


@pytest.mark.parametrize("size", [10, IN_MEMORY + 1])
def test_a_blob_goes_with_its_last_file(store: Store, size: int) -> None:
    content = b"x" * size
    one, two = put(store, content), put(store, content, owner=2)
    store.remove_package(one.id)
    assert two.files[0].blob.read() == content
    store.put_package(replace(two, files=()))
    if isinstance(two.files[0].blob.content, Path):
        assert not two.files[0].blob.content.exists()


@pytest.mark.parametrize("size", [10, IN_MEMORY + 1])
def test_a_blob_that_no_file_takes_is_gone(store: Store, size: int) -> None:
    with store.keeping(store.blobs.add(b"x" * size)) as blob:
        assert len(blob.read()) == size
    if isinstance(blob.content, Path):
        assert not blob.content.exists()


@pytest.mark.parametrize("size", [10, IN_MEMORY + 1])
def test_a_blob_that_a_file_has_stays_when_it_is_brought_again(store: Store, size: int) -> None:
    kept = put(store, b"x" * size).files[0].blob
    with store.keeping(store.blobs.add(b"x" * size)):
        pass
    assert len(kept.read()) == size


def test_writers_wait_for_each_other(store: Store) -> None:
    started = Event()

    def write() -> None:
        started.set()
        put(store, b"2", version="2.0")

    with store.lock:
        thread = Thread(target=write)
        thread.start()
        started.wait(10)
        first = put(store, b"1")
        assert store.packages(1) == (first,)
    thread.join(10)
    assert [package.version for package in store.packages(1)] == ["1.0", "2.0"]


NAMES = st.sampled_from(["demo", "other", "Ünï\x00"])
CONTENTS = st.sampled_from([b"", b"small", b"twin"])
OWNERS = st.sampled_from([1, 2])
PLACES = st.integers(0, 5)
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("put"), OWNERS, NAMES, st.lists(CONTENTS, max_size=2)),
        st.tuples(st.just("add"), PLACES, CONTENTS),
        st.tuples(st.just("yank"), PLACES, st.sampled_from([None, "", "why"])),
        st.tuples(st.just("drop"), PLACES),
        st.tuples(st.just("remove"), PLACES),
        st.tuples(st.just("status"), OWNERS, NAMES, st.sampled_from(list(Status))),
        st.tuples(st.just("close"), OWNERS, NAMES),
        st.tuples(st.just("reopen")),
    ),
    max_size=12,
)


def do(store: Store, step: tuple[Any, ...]) -> None:
    packages = store.packages(1) + store.packages(2)
    match step:
        case "put", owner, name, contents:
            put(store, *contents, name=name, owner=owner)
        case "status", owner, name, status:
            store.put_status(owner, name, ProjectStatus(status=status))
        case "close", owner, name:
            store.close_filename(owner, name, "a.whl")
        case kind, place, *more if place < len(packages):
            change(store, packages[place], kind, *more)


def change(store: Store, package: Package, kind: str, *more: Any) -> None:
    if kind == "add":
        add(store, package, *more)
    elif kind == "yank":
        files = tuple(replace(file, yanked=more[0]) for file in package.files)
        store.put_package(replace(package, files=files))
    elif kind == "drop":
        store.put_package(replace(package, files=package.files[1:]))
    elif kind == "remove":
        store.remove_package(package.id)


def seen(store: Store) -> list[Any]:
    """Give all that can be asked, without where contents lie."""
    packages = [package for owner in (1, 2, 3) for package in store.packages(owner)]
    files = [file for package in packages for file in package.files]
    return [
        [replace(package, files=()) for package in packages],
        [replace(file, blob=Blob(file.blob.read(), file.size, file.blob.digests)) for file in files],
        [
            [file.id for file in store.files_named(owner, file.sha256, file.filename)]
            for owner in (1, 2)
            for file in files
        ],
        [
            (
                store.serial(owner, name),
                store.status(owner, name),
                store.is_closed_filename(owner, name, "a.whl"),
                [package.id for package in store.packages_named(owner, name)],
            )
            for owner in (1, 2)
            for name in ("demo", "other", "Ünï\x00")
        ],
        [store.serial(owner) for owner in (1, 2, 3)],
        store.next_id(),
    ]


@settings(deadline=None, max_examples=15)
@given(steps=STEPS)
def test_both_stores_agree_whatever_is_done_to_them(steps: list[tuple[Any, ...]]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        memory, sqlite = MemoryStore(), SQLiteStore(Path(folder, "store"))
        try:
            for step in steps:
                if step == ("reopen",):
                    sqlite.close()
                    sqlite = SQLiteStore(Path(folder, "store"))
                else:
                    do(memory, step)
                    do(sqlite, step)
            assert seen(sqlite) == seen(memory)
            blobs = {
                file.sha256 for owner in (1, 2) for each in sqlite.packages(owner) for file in each.files
            }
            assert {path.name for path in Path(folder, "store", "blobs").glob("*/*")} == blobs
        finally:
            sqlite.close()
            memory.close()


def test_to_forget_notes_changes_in_one_order(store: Store) -> None:
    for name in ("y", "x"):
        store.put_status(1, name, ProjectStatus(status=Status.ARCHIVED))
    older, newer = put(store, name="b"), put(store, name="a")
    store.remove_package(older.id)
    store.put_package(older)
    store.forget()
    assert sorted("abxy", key=lambda name: store.serial(1, name)) == ["b", "a", "x", "y"]
    assert newer.id > older.id


def test_to_forget_leaves_no_package_no_status_and_no_closed_name(store: Store) -> None:
    package = put(store, b"content")
    (file,) = package.files
    for name in ("demo", "without-packages"):
        store.put_status(1, name, ProjectStatus(status=Status.ARCHIVED))
    store.close_filename(1, "demo", "demo-1.0.tar.gz")
    serials = store.serial(1), store.serial(1, "without-packages")
    store.forget()
    assert not store.packages(1)
    assert not store.files_named(1, file.sha256, file.filename)
    assert not store.is_closed_filename(1, "demo", "demo-1.0.tar.gz")
    for name in ("demo", "without-packages"):
        assert store.status(1, name).status is Status.ACTIVE
    assert serials < (store.serial(1), store.serial(1, "without-packages"))
    assert store.serial(1, "without-packages") > serials[1]
