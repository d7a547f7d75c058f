"""Connections to a store's database: one for writing, and one per concurrent reader."""

from __future__ import annotations

import sqlite3
from collections import deque
from contextlib import contextmanager, suppress
from threading import RLock, get_ident
from typing import TYPE_CHECKING, Any

from reference_server.model.errors import StoreFullError, StoreUnavailableError
from reference_server.store import health
from reference_server.store.errors import (
    NotAStoreError,
    StoreDamagedError,
    StoreDoubtfulError,
    StoreTooNewError,
    StoreUnwritableError,
)
from reference_server.store.failures import refusal_of
from reference_server.store.schema import VERSIONS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager
    from pathlib import Path

    from reference_server.model.errors import RegistryError

_PLACE_ERRORS = frozenset(
    {sqlite3.SQLITE_PERM, sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED, sqlite3.SQLITE_READONLY}
    | {sqlite3.SQLITE_IOERR, sqlite3.SQLITE_FULL, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_AUTH}
)
"""Errors of the directory, not of what is in the database."""


class Connections:
    """Writers wait for each other. Readers never wait, and see committed changes only.

    A writing thread also sees its own changes. Creates the database if it is empty and `may_create`, and brings its
    schema up to date if it `migrates`. `checks` whether a database is whole. `is_in_place` tells whether the directory
    is still the same one. Raises `NotAStoreError`, `StoreTooNewError`, `StoreUnwritableError`, and later
    `StoreFullError` and `StoreUnavailableError`.
    """

    def __init__(
        self,
        database: Path,
        *,
        checks: bool = True,
        may_create: bool = True,
        migrates: bool = True,
        is_in_place: Callable[[], bool] = lambda: True,
    ) -> None:
        self._database = database
        self._is_in_place = is_in_place
        self._lock = RLock()
        self._writer_thread: int | None = None
        self._idle: deque[sqlite3.Connection] = deque()
        self._is_closed = False
        self._log = database.with_name(f"{database.name}-wal")
        self._log_file: tuple[int, int] | None = None  # none where SQLite keeps its log in another way
        self.is_suspect = False
        """Whether an error has shown that the database may be damaged."""
        with _explained(database):
            self._writer = self._open()
            try:
                version = self._known_version(may_create=may_create)
                if checks and version:
                    health.check_file(self._writer)
                if migrates:
                    self._migrate(version)
                if checks and (migrates or version == len(VERSIONS)):
                    health.check_content(self._writer)
                self._file = _file(database)
                self._log_file = _file(self._log) if self._log.exists() else None
            except BaseException:
                self._writer.close()
                raise

    @property
    def is_writing(self) -> bool:
        """Whether the calling thread is within a transaction."""
        return self._writer_thread == get_ident()

    @property
    def alone(self) -> AbstractContextManager[object]:
        """Keep all writers out, without writing."""
        return self._lock

    @contextmanager
    def writing(self) -> Iterator[sqlite3.Connection]:
        """Run the block as one transaction: commit at its end, roll back after an error."""
        with self._lock:
            if self.is_writing:
                yield self._writer
                return
            try:
                self._require_files()
                with self._transaction():
                    yield self._writer
                self._require_files()  # else the commit has reached a database or a log that is gone
            except sqlite3.Error as error:
                raise self._refusal_of(error) from error

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        self._writer.execute("BEGIN IMMEDIATE")
        self._writer_thread = get_ident()
        try:
            yield
            self._writer.execute("COMMIT")
        except BaseException:
            with suppress(sqlite3.Error):  # SQLite has rolled back after some errors
                if self._writer.in_transaction:
                    self._writer.execute("ROLLBACK")
            raise
        finally:
            self._writer_thread = None

    @contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        """Yield a connection with one snapshot of the database until the end of the block."""
        if self.is_writing:
            yield self._writer
            return
        try:
            connection = self._reader()
            try:
                connection.execute("BEGIN")
                yield connection
            finally:
                with suppress(sqlite3.Error):
                    connection.execute("COMMIT")
                self._give_back(connection)
        except sqlite3.Error as error:
            raise self._refusal_of(error) from error

    def rows(self, query: str, *values: object) -> list[Any]:
        """Return the rows of a query."""
        try:
            if self.is_writing:
                return self._writer.execute(query, values).fetchall()
            connection = self._reader()
            try:
                return connection.execute(query, values).fetchall()
            finally:
                self._give_back(connection)
        except sqlite3.Error as error:
            raise self._refusal_of(error) from error

    @property
    def has_its_file(self) -> bool:
        """Whether the database that was opened is still in its place."""
        try:
            return _file(self._database) == self._file
        except StoreUnavailableError:
            return False

    def require_place(self) -> None:
        """Require the directory and the database that were opened. Raises `StoreUnavailableError`."""
        if not self._is_in_place() or _file(self._database) != self._file:
            raise StoreUnavailableError

    def _require_files(self) -> None:
        """Require the log, too. Without it, a change survives a clean stop but no crash. Raises as `require_place`."""
        self.require_place()
        if self._log_file is None and self._log.exists():
            self._log_file = _file(self._log)
        if self._log_file is not None and _file(self._log) != self._log_file:
            raise StoreUnavailableError

    def _refusal_of(self, error: sqlite3.Error) -> RegistryError:
        refusal = refusal_of(error)
        self.is_suspect |= not isinstance(refusal, StoreFullError)
        return refusal

    @property
    def identity(self) -> str:
        """The name of the store in the database."""
        ((found,),) = self.rows("SELECT id FROM identity")
        return str(found)

    def checkpoint(self) -> bool:
        """Move all changes from the log into the database. Return False if a reader is in the way."""
        with self._lock:
            (busy, _, _) = self._writer.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        return not busy

    def close(self) -> None:
        """Close all connections. One in use is closed when its reader has finished."""
        with self._lock:
            self._is_closed = True
            while self._idle:
                self._idle.pop().close()
            self._writer.close()

    def _give_back(self, connection: sqlite3.Connection) -> None:
        self._idle.append(connection)
        if self._is_closed:
            self.close()

    def _reader(self) -> sqlite3.Connection:
        if _file(self._database) != self._file:
            raise StoreUnavailableError
        try:
            return self._idle.pop()
        except IndexError:
            self._require_files()  # a connection without the log of the others would see another state
            return self._open()

    def _open(self) -> sqlite3.Connection:
        connection = sqlite3.connect(self._database, isolation_level=None, check_same_thread=False)
        try:
            connection.execute("PRAGMA synchronous = FULL")  # per connection; a commit is on disk
            connection.execute("PRAGMA foreign_keys = ON")
        except BaseException:
            connection.close()
            raise
        return connection

    def _known_version(self, *, may_create: bool) -> int:
        """Return the version of the schema, 0 for an empty database."""
        path = self._database.parent
        (version,) = self._writer.execute("PRAGMA user_version").fetchone()
        (tables,) = self._writer.execute("SELECT count(*) FROM sqlite_schema").fetchone()
        if version > len(VERSIONS):
            raise StoreTooNewError(path, version, len(VERSIONS))
        if version <= 0 and tables:
            raise NotAStoreError(path, f"{self._database.name} is another program's database")
        if version <= 0 and not may_create:
            raise StoreDoubtfulError(path, f"{self._database.name} is empty, but blobs/ is not")
        return max(int(version), 0)

    def _migrate(self, version: int) -> None:
        self._writer.execute("PRAGMA journal_mode = WAL")
        health.migrate(self._writer, version)
        if 0 < version < len(VERSIONS):  # no secret of an old schema stays in a free page or in the log
            self._writer.execute("VACUUM")
            self._writer.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def _file(path: Path) -> tuple[int, int]:
    """Return what names a file as long as it exists. Raises `StoreUnavailableError`."""
    try:
        status = path.stat()
    except OSError as error:
        raise StoreUnavailableError from error
    return status.st_dev, status.st_ino


@contextmanager
def _explained(database: Path) -> Iterator[None]:
    path = database.parent
    try:
        yield
    except sqlite3.DatabaseError as error:
        if getattr(error, "sqlite_errorcode", 0) & 0xFF in _PLACE_ERRORS:
            raise StoreUnwritableError(path, OSError(None, str(error))) from error
        raise StoreDamagedError(path, error) from error
    except ValueError as error:
        raise StoreDamagedError(path, error) from error
