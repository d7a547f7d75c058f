"""Connections to a store's database: one for writing, and one per concurrent reader."""

from __future__ import annotations

import sqlite3
from collections import deque
from contextlib import contextmanager
from threading import RLock, get_ident
from typing import TYPE_CHECKING, Any

from reference_server.store.errors import NotAStoreError, StoreTooNewError, StoreUnwritableError
from reference_server.store.schema import VERSIONS
from reference_server.store.tokens import digest_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from contextlib import AbstractContextManager
    from pathlib import Path


class Connections:
    """Writers wait for each other. Readers never wait, and see committed changes only.

    A writing thread also sees its own changes. Creates the database, or migrates its schema.
    Raises `NotAStoreError`, `StoreTooNewError`, `StoreUnwritableError`.
    """

    def __init__(self, database: Path) -> None:
        self._database = database
        self._lock = RLock()
        self._writer_thread: int | None = None
        self._idle: deque[sqlite3.Connection] = deque()
        self._is_closed = False
        with _explained(database):
            self._writer = self._open()
            try:
                self._prepare()
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
            self._writer.execute("BEGIN IMMEDIATE")
            self._writer_thread = get_ident()
            try:
                yield self._writer
                self._writer.execute("COMMIT")
            except BaseException:
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
        connection = self._reader()
        connection.execute("BEGIN")
        try:
            yield connection
        finally:
            connection.execute("COMMIT")
            self._give_back(connection)

    def rows(self, query: str, *values: object) -> list[Any]:
        """Return the rows of a query."""
        if self.is_writing:
            return self._writer.execute(query, values).fetchall()
        connection = self._reader()
        try:
            return connection.execute(query, values).fetchall()
        finally:
            self._give_back(connection)

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
        try:
            return self._idle.pop()
        except IndexError:
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

    def _prepare(self) -> None:
        path = self._database.parent
        (version,) = self._writer.execute("PRAGMA user_version").fetchone()
        (tables,) = self._writer.execute("SELECT count(*) FROM sqlite_schema").fetchone()
        if version > len(VERSIONS):
            raise StoreTooNewError(path, version, len(VERSIONS))
        if version == 0 and tables:
            raise NotAStoreError(path, f"{self._database.name} is another program's database")
        self._writer.execute("PRAGMA journal_mode = WAL")
        self._writer.create_function("digest_of", 1, digest_of, deterministic=True)
        for number, script in enumerate(VERSIONS[version:], version + 1):
            self._writer.executescript(f"BEGIN; {script} PRAGMA user_version = {number}; COMMIT;")
        if 0 < version < len(VERSIONS):  # no secret of an old schema stays in a free page or in the log
            self._writer.execute("VACUUM")
            self._writer.execute("PRAGMA wal_checkpoint(TRUNCATE)")


@contextmanager
def _explained(database: Path) -> Iterator[None]:
    try:
        yield
    except sqlite3.OperationalError as error:
        raise StoreUnwritableError(database.parent, OSError(None, str(error))) from error
    except sqlite3.DatabaseError as error:
        raise NotAStoreError(database.parent, f"{database.name}: {error}") from error
