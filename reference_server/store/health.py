"""Whether a database can be relied on: whole, with this release's schema, and with rows that can be read."""

from __future__ import annotations

import sqlite3
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from reference_server.model import Status
from reference_server.model.grammar import version_text
from reference_server.store import rows
from reference_server.store.schema import VERSIONS
from reference_server.store.tokens import digest_of
from reference_server.store.verified import VerifiedFiles

if TYPE_CHECKING:
    from collections.abc import Iterator

UNREADABLE = (ValueError, TypeError, KeyError, AttributeError, LookupError, RecursionError)
"""What the readers of rows raise for a damaged row."""


def check_file(connection: sqlite3.Connection) -> None:
    """Require a database that SQLite finds whole. Raises `ValueError` and `sqlite3.DatabaseError`."""
    (found,) = connection.execute("PRAGMA integrity_check(1)").fetchone()
    if found != "ok":
        raise ValueError(found)


def check_content(connection: sqlite3.Connection) -> None:
    """Require all tables, and rows that can be read and belong together. Raises as `check_file`."""
    if missing := _schema_of_this_release() - _schema(connection):
        raise ValueError(f"it lacks {min(missing)[1]}")
    if connection.execute("PRAGMA foreign_key_check").fetchone():
        raise ValueError("a row refers to a missing one")
    try:
        _read_all(connection)
    except UNREADABLE as error:
        raise ValueError(f"a row cannot be read: {error}") from error


def migrate(connection: sqlite3.Connection, version: int) -> None:
    """Bring a database from an earlier schema, or from none, to this release's."""
    connection.create_function("digest_of", 1, digest_of, deterministic=True)
    connection.create_function("version_text", 1, version_text, deterministic=True)
    for number, script in enumerate(VERSIONS[version:], version + 1):
        connection.executescript(f"BEGIN; {script} PRAGMA user_version = {number}; COMMIT;")


@cache
def _schema_of_this_release() -> set[tuple[str, str, str]]:
    reference = sqlite3.connect(":memory:", isolation_level=None)
    try:
        migrate(reference, 0)
        return _schema(reference)
    finally:
        reference.close()


def _schema(connection: sqlite3.Connection) -> set[tuple[str, str, str]]:
    found = connection.execute("SELECT type, name, sql FROM sqlite_schema WHERE sql IS NOT NULL").fetchall()
    return {(str(kind), str(name), str(sql)) for kind, name, sql in found}


def _read_all(connection: sqlite3.Connection) -> None:
    for (document,) in connection.execute("SELECT document FROM gitlab_projects"):
        rows.gitlab_project(document)
    for number, kind, document in connection.execute("SELECT id, kind, document FROM tokens"):
        rows.token(number, kind, document)
    for row in connection.execute(rows.GET_PACKAGES):
        rows.package(row, ())
    for row in connection.execute(rows.GET_ALL_FILES):
        blob = rows.blob(row[:3], Path(), VerifiedFiles())
        if blob.digests["sha256"] != row[0] or "sha256" not in rows.file(row[3:], blob).digests:
            raise ValueError("a digest is missing")
    for (status,) in connection.execute("SELECT DISTINCT status FROM statuses"):
        Status(status)
    for counter, greatest in _counters(connection):
        if counter is None or counter < (greatest or 0):
            raise ValueError("a counter is behind its rows")
    if len(connection.execute("SELECT id FROM identity").fetchall()) != 1:
        raise ValueError("it has no identity")


def _counters(connection: sqlite3.Connection) -> Iterator[tuple[int | None, int | None]]:
    value = "(SELECT value FROM counters WHERE name = '{}')"
    for counter, table, column in (
        ("id", "packages", "id"),
        ("id", "files", "id"),
        ("change", "packages", "change"),
        ("change", "serials", "serial"),
    ):
        query = f"SELECT {value.format(counter)}, (SELECT max({column}) FROM {table})"  # noqa: S608 - constants
        yield connection.execute(query).fetchone()
