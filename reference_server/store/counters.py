"""The counters of a store: ids of rows, and serials of changes."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import sqlite3


def last(connection: sqlite3.Connection, counter: str) -> int:
    """Return the value of a counter, `id` or `change`."""
    found = connection.execute("SELECT value FROM counters WHERE name = ?", (counter,)).fetchall()
    return int(found[0][0])


def following(connection: sqlite3.Connection, counter: str) -> int:
    """Increase a counter, and return its value."""
    connection.execute("UPDATE counters SET value = value + 1 WHERE name = ?", (counter,))
    return last(connection, counter)


def changed(connection: sqlite3.Connection, gitlab_project: int, normalized: str) -> int:
    """Note a change of a project, and return its serial."""
    change = following(connection, "change")
    row = gitlab_project, normalized, change
    connection.execute(
        "INSERT OR REPLACE INTO serials (gitlab_project, normalized, serial) VALUES (?, ?, ?)", row
    )
    return change


def forget_projects(connection: sqlite3.Connection) -> None:
    """Delete all statuses and closed file names, and note the changes."""
    for gitlab_project, normalized in connection.execute(
        "SELECT gitlab_project, normalized FROM statuses ORDER BY gitlab_project, normalized"
    ).fetchall():
        changed(connection, gitlab_project, normalized)
    connection.execute("DELETE FROM statuses")
    connection.execute("DELETE FROM closed_filenames")
