"""State in a directory: rows in SQLite, content in files named by their digest.

Acknowledged changes survive a crash. Content is synced and in its place before the first row that refers to it is
committed, and removed only after the commit that removes the last such row.
"""

from __future__ import annotations

from collections import Counter
from contextlib import contextmanager
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Any

from reference_server.model import ACTIVE, ProjectStatus, Status
from reference_server.model.errors import StoreUnavailableError
from reference_server.model.grammar import version_text
from reference_server.store import counters, rows
from reference_server.store.directory import StoreDirectory
from reference_server.store.memory import MemoryStore
from reference_server.store.only_stored import OnlyStored
from reference_server.store.opening import closed, closing_with, opened
from reference_server.store.tokens import digest_of

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable, Iterator, Mapping
    from contextlib import AbstractContextManager

    from reference_server.model import (
        DeployToken,
        GitLabProject,
        JobToken,
        Package,
        PackageFile,
        PersonalAccessToken,
        Token,
    )
    from reference_server.model.blob import Blob
    from reference_server.store.blobs import Blobs
    from reference_server.store.lock import StoreLock

GREATEST_ID = 2**63 - 1  # of a row


class SQLiteStore(OnlyStored):
    """A store in a directory, which is created if it is missing, and locked until `close`.

    Packages that were read or written are cached in memory until they change. `lock` is the directory's, if the
    caller has locked it. Raises `StoreError`.
    """

    def __init__(self, directory: Path | str, *, lock: StoreLock | None = None) -> None:
        self._directory = StoreDirectory(Path(directory), lock)
        self._bringing: Counter[str] = Counter()  # digests of blobs that may have no row yet
        self._bringing_lock = Lock()
        self._uploads = 0  # that are running
        self._is_closed = False
        self._dropped: set[str] = set()  # digests of blobs that the current transaction may leave unused
        self._committed = 0  # the last change before the current transaction
        self._read: dict[int, tuple[int, Package]] = {}  # packages as of a change, by id
        self._written: dict[int, tuple[int, Package]] = {}  # the same, by the current transaction
        self._known_edition = object()  # a new object after each change of GitLab projects or tokens
        self._kept_known: tuple[object, MemoryStore] = (None, MemoryStore())  # as of an edition
        self._edition: object | None = (
            object()
        )  # another one after each change; None while one becomes visible
        self._changes_known = False  # whether the current transaction changes GitLab projects or tokens
        try:
            self._connections = opened(self._directory)
        except BaseException:
            self._directory.release()
            raise
        self._finish = closing_with(self, self._directory, self._connections)

    @property
    def lock(self) -> AbstractContextManager[object]:
        """One transaction, which keeps all other writers out. The lock is reentrant."""
        return self._writing()

    @property
    def blobs(self) -> Blobs:
        """The place for incoming content."""
        return self._directory.blobs

    def close(self) -> None:
        """Close the database and unlock the directory. A second call does nothing."""
        if self._finish.detach() is None:
            return
        with self._bringing_lock:
            self._edition, self._is_closed = None, True  # no blob arrives any more
            self._directory.has_leftovers |= self._uploads > 0
        with self._connections.alone:
            closed(self._directory, self._connections)
        self._directory.release()

    def announce(self, origin: str) -> None:
        """Write down where the registry is served, for commands on this machine that find the store in use."""
        self._directory.announce(origin)

    @contextmanager
    def keeping(self, blob: Blob) -> Iterator[Blob]:
        """Move a blob into the store, to be added to a package within the block.

        At the end of the block it is removed unless a file uses it. Raises `StoreFullError` and
        `StoreUnavailableError`.
        """
        sha256 = blob.digests["sha256"]
        self._connections.require_place()
        self._directory.reserve.make_room(for_upload=True)
        with self._bringing_lock:
            if self._is_closed:
                raise StoreUnavailableError
            self._bringing[sha256] += 1
            self._uploads += 1
        try:
            yield self._directory.place(blob)
        finally:
            with self._bringing_lock:
                self._bringing -= Counter([sha256])
            self._remove_unused({sha256})
            with self._bringing_lock:
                self._uploads -= 1

    # GitLab projects and tokens

    def add_gitlab_project(self, gitlab_project: GitLabProject) -> None:
        """Add or replace the GitLab project with this id."""
        path, document = gitlab_project.full_path.lower(), rows.gitlab_project_document(gitlab_project)
        with self._writing() as connection:
            self._changes_known = True
            connection.execute(rows.PUT_GITLAB_PROJECT, (gitlab_project.id, path, document))

    def add_personal_access_token(self, token: PersonalAccessToken) -> None:
        """Add or replace the personal access token with this secret."""
        self._add_token(token)

    def add_deploy_token(self, token: DeployToken) -> None:
        """Add or replace the deploy token with this secret."""
        self._add_token(token)

    def add_job_token(self, token: JobToken) -> None:
        """Add or replace the job token with this secret."""
        self._add_token(token)

    def gitlab_project(self, reference: str) -> GitLabProject | None:
        """Find a GitLab project by its id, or by its full path in any case."""
        return self._known().gitlab_project(reference)

    def personal_access_token(self, secret: str) -> PersonalAccessToken | None:
        """Find a personal access token."""
        return self._known().personal_access_token(secret)

    def deploy_token(self, secret: str) -> DeployToken | None:
        """Find a deploy token."""
        return self._known().deploy_token(secret)

    def job_token(self, secret: str) -> JobToken | None:
        """Find a job token."""
        return self._known().job_token(secret)

    def gitlab_projects(self) -> tuple[GitLabProject, ...]:
        """Return all GitLab projects, by id."""
        return self._known().gitlab_projects()

    def tokens(self) -> tuple[Token, ...]:
        """Return all tokens by id, with empty secrets."""
        return self._known().tokens()

    def put_token(self, token: Token) -> None:
        """Replace the token with this id. It keeps its secret."""
        with self._writing() as connection:
            self._changes_known = True
            row = rows.token_document(token), token.record.id
            connection.execute("UPDATE tokens SET document = ? WHERE id = ?", row)

    def remove_token(self, token_id: int) -> None:
        """Remove a token, if it exists."""
        with self._writing() as connection:
            self._changes_known = True
            connection.execute("DELETE FROM tokens WHERE id = ?", (token_id,))

    def _add_token(self, token: Token) -> None:
        row = type(token).__name__, digest_of(token.secret), rows.token_document(token)
        with self._writing() as connection:
            self._changes_known = True
            connection.execute(rows.PUT_ACCESS, row)

    def _known(self) -> MemoryStore:
        """Return the GitLab projects and tokens, cached because every request needs them."""
        edition = self._known_edition
        kept, known = self._kept_known
        if kept == edition and not self._connections.is_writing:
            return known
        known = MemoryStore()
        for (document,) in self._rows("SELECT document FROM gitlab_projects ORDER BY position"):
            known.add_gitlab_project(rows.gitlab_project(document))
        for number, kind, digest, document in self._rows("SELECT id, kind, digest, document FROM tokens"):
            known.load_token(digest, rows.token(number, kind, document))
        if not self._connections.is_writing:
            self._kept_known = edition, known
        return known

    # packages

    def next_id(self) -> int:
        """Return a new id, larger than all earlier ones."""
        with self._writing() as connection:
            return counters.following(connection, "id")

    def put_package(self, package: Package) -> None:
        """Add or replace the package with this id. The blobs of its files are stored or come from `keeping`."""
        with self._writing() as connection:
            known = self.package(package.id)
            change = counters.changed(connection, package.gitlab_project, package.normalized)
            connection.execute(rows.PUT_PACKAGE, (*rows.package_row(package), change))
            before = {file.id: file for file in known.files} if known else {}
            for file in package.files:
                if before.get(file.id) != file:
                    connection.execute(rows.PUT_BLOB, rows.blob_row(file.blob))
                    connection.execute(rows.PUT_FILE, rows.file_row(file))
            for file_id in before.keys() - {file.id for file in package.files}:
                connection.execute("DELETE FROM files WHERE id = ?", (file_id,))
            self._drop_unused(connection, before.values())
            self._written[package.id] = change, package

    def remove_package(self, package_id: int) -> None:
        """Remove a package, if it exists."""
        with self._writing() as connection:
            package = self.package(package_id)
            if package:
                connection.execute("DELETE FROM files WHERE package_id = ?", (package_id,))
                self._drop_unused(connection, package.files)
                connection.execute("DELETE FROM packages WHERE id = ?", (package_id,))
                counters.changed(connection, package.gitlab_project, package.normalized)
                self._read.pop(package_id, None)
                self._written.pop(package_id, None)

    def package(self, package_id: int) -> Package | None:
        """Find a package."""
        if not -GREATEST_ID <= package_id <= GREATEST_ID:
            return None
        found = self._packages("SELECT id, change FROM packages WHERE id = ?", package_id)
        return found[0] if found else None

    def packages(self, gitlab_project: int) -> tuple[Package, ...]:
        """Return the packages of a GitLab project, oldest first."""
        query = "SELECT id, change FROM packages WHERE gitlab_project = ? ORDER BY id"
        return self._packages(query, gitlab_project)

    def packages_named(self, gitlab_project: int, normalized: str) -> tuple[Package, ...]:
        """Return the packages of one project in a GitLab project, oldest first."""
        return self._packages(
            "SELECT id, change FROM packages WHERE gitlab_project = ? AND normalized = ? ORDER BY id",
            gitlab_project,
            normalized,
        )

    def packages_of_version(self, gitlab_project: int, normalized: str, version: str) -> tuple[Package, ...]:
        """Return those with this version, in any spelling, oldest first."""
        key = version_text(version)
        return self._packages(rows.PACKAGES_OF_VERSION, gitlab_project, normalized, key)

    def files_named(self, gitlab_project: int, sha256: str, filename: str) -> tuple[PackageFile, ...]:
        """Return the files with this digest and this name, oldest first."""
        packages = self._packages(rows.PACKAGES_WITH_FILE, sha256, filename, gitlab_project)
        files = (file for package in packages for file in package.files)
        found = [file for file in files if (file.sha256, file.filename) == (sha256, filename)]
        return tuple(sorted(found, key=lambda file: file.id))

    @property
    def edition(self) -> object | None:
        """Another object after each change of anything; None where changes may not be noticed at once."""
        connections = self._connections
        return self._edition if connections.has_its_file and not connections.is_writing else None

    def serial(self, gitlab_project: int, normalized: str | None = None) -> int:
        """Return a number that grows with every change of a project, or of a whole GitLab project."""
        if normalized is None:
            return self._rows(rows.SERIAL_OF_ALL, gitlab_project)[0][0] or 0
        return self._rows(rows.SERIAL, gitlab_project, normalized)[0][0] or 0

    def serials(self, gitlab_project: int) -> Mapping[str, int]:
        """Return the serial of each project that ever changed, by normalized name."""
        return dict(self._rows(rows.SERIALS, gitlab_project))

    def put_status(self, gitlab_project: int, normalized: str, status: ProjectStatus) -> None:
        """Set the status of a project. It outlives the project's packages."""
        row = gitlab_project, normalized, status.status, status.reason
        with self._writing() as connection:
            connection.execute(rows.PUT_STATUS, row)
            counters.changed(connection, gitlab_project, normalized)

    def status(self, gitlab_project: int, normalized: str) -> ProjectStatus:
        """Return the status of a project (default: active)."""
        query = "SELECT status, reason FROM statuses WHERE gitlab_project = ? AND normalized = ?"
        found = self._rows(query, gitlab_project, normalized)
        return ProjectStatus(status=Status(found[0][0]), reason=found[0][1]) if found else ACTIVE

    def close_filename(self, gitlab_project: int, normalized: str, filename: str) -> None:
        """Refuse this file name from now on."""
        with self._writing() as connection:
            connection.execute(rows.CLOSE_FILENAME, (gitlab_project, normalized, filename))

    def is_closed_filename(self, gitlab_project: int, normalized: str, filename: str) -> bool:
        """Return whether this file name is refused."""
        query = "SELECT 1 FROM closed_filenames WHERE gitlab_project = ? AND normalized = ? AND filename = ?"
        return bool(self._rows(query, gitlab_project, normalized, filename))

    def forget(self) -> None:
        """Remove all packages, statuses and closed file names. Serials go on."""
        with self._writing() as connection:
            for (package_id,) in self._rows("SELECT id FROM packages ORDER BY id"):
                self.remove_package(package_id)
            counters.forget_projects(connection)

    # internals

    @contextmanager
    def _writing(self) -> Iterator[sqlite3.Connection]:
        if self._connections.is_writing:
            with self._connections.writing() as connection:
                yield connection
            return
        self._directory.reserve.make_room(for_upload=False)
        with self._connections.alone, self._renewing_edition():  # nothing is closed before all of it is done
            with self._connections.writing() as connection:
                dropped = self._dropped = set()
                written = self._written = {}
                self._changes_known = False
                self._committed = counters.last(connection, "change")
                before = connection.total_changes
                yield connection
                changes_known, has_written = self._changes_known, connection.total_changes > before
                if has_written:
                    self._edition = None
            self._read.update(written)
            if changes_known:
                self._known_edition = object()
            if has_written:
                self._directory.note_change()
            self._remove_unused(dropped)
        if dropped:
            self._directory.reserve.fill()

    @contextmanager
    def _renewing_edition(self) -> Iterator[None]:
        """Leave an edition of its own to the state after a transaction, once all that is kept of it is renewed."""
        try:
            yield
        finally:
            if self._edition is None and not self._is_closed:
                self._edition = object()

    def _rows(self, query: str, *values: object) -> list[Any]:
        return self._connections.rows(query, *values)

    def _packages(self, query: str, *values: object) -> tuple[Package, ...]:
        """Return packages. The query returns their ids and last changes."""
        kept = [(change, self._read.get(number)) for number, change in self._rows(query, *values)]
        if all(each and each[0] == change for change, each in kept):
            return tuple(each[1] for _, each in kept if each)
        with self._connections.reading() as connection:  # one snapshot for both queries
            found = connection.execute(query, values).fetchall()
            return tuple(self._package(connection, package_id, change) for package_id, change in found)

    def _package(self, connection: sqlite3.Connection, package_id: int, change: int) -> Package:
        kept, package = self._read.get(package_id, (None, None))
        if package and kept == change:
            return package
        (row,) = connection.execute(rows.GET_PACKAGE, (package_id,)).fetchall()
        package = rows.package(row, self._files(connection, package_id))
        if not self._connections.is_writing or change <= self._committed:  # else it may be rolled back
            self._read[package_id] = change, package
        return package

    def _files(self, connection: sqlite3.Connection, package_id: int) -> Iterator[PackageFile]:
        for row in connection.execute(rows.GET_FILES, (package_id,)).fetchall():
            yield rows.file(
                row[3:], rows.blob(row[:3], self._directory.path_of(row[0]), self._directory.files)
            )

    def _drop_unused(self, connection: sqlite3.Connection, files: Iterable[PackageFile]) -> None:
        for sha256 in {file.blob.digests["sha256"] for file in files}:
            connection.execute(rows.DROP_BLOB, {"sha256": sha256})
            self._dropped.add(sha256)

    def _remove_unused(self, digests: Iterable[str]) -> None:
        if self._connections.is_writing:
            self._dropped.update(digests)  # at the end: an uncommitted change may be rolled back
            return
        for sha256 in digests:
            if self._is_used(sha256):
                continue
            with self._connections.alone, self._bringing_lock:  # no row and no copy of the blob arrives
                if not self._bringing[sha256] and not self._is_used(sha256):
                    self._directory.remove(sha256)

    def _is_used(self, sha256: str) -> bool:
        return bool(self._rows("SELECT 1 FROM blobs WHERE sha256 = ?", sha256))
