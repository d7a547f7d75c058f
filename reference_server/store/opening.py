"""Opening and closing a store: what is there has to be whole and to belong together before anything is removed."""

from __future__ import annotations

import os
import weakref
from contextlib import suppress
from typing import TYPE_CHECKING

from reference_server.store import mark
from reference_server.store.connections import Connections
from reference_server.store.errors import StoreDoubtfulError, StoreUnwritableError
from reference_server.store.lock import DATABASE
from reference_server.store.mark import Mark
from reference_server.store.write_ahead_log import lost_changes

if TYPE_CHECKING:
    from reference_server.store.directory import StoreDirectory


def opened(directory: StoreDirectory) -> Connections:
    """Open the database, and move what a crash left to the trash. Raises `StoreError`, and then removes nothing."""
    known = directory.mark
    if cause := lost(directory, known):
        raise StoreDoubtfulError(directory.path, cause)
    connections = connected(directory, known)
    try:
        belongs = _belongs(directory, connections, known)
        directory.prepare()
        if belongs and not (known and known.is_clean(directory.database)):
            directory.sweep(digests(connections))
        directory.trash.empty()
        open_mark(directory, connections)
    except BaseException:
        connections.close()
        raise
    return connections


def lost(directory: StoreDirectory, known: Mark | None) -> str:
    """Return why the database has lost changes; an empty text if it has all. From then on it needs no log."""
    if known is None or known.state not in {mark.OPEN, mark.CHANGED}:
        return ""
    if cause := lost_changes(directory.database, has_some=known.state == mark.CHANGED):
        return cause
    with suppress(OSError):
        directory.mark = Mark(known.store, mark.CLOSING)
    return ""


def connected(
    directory: StoreDirectory, known: Mark | None, *, may_create: bool | None = None, migrates: bool = True
) -> Connections:
    """Open the database, and check it unless it is as the last server left it."""
    if may_create is None:
        may_create = known is None and not any(directory.placed())
    return Connections(
        directory.database,
        checks=not (known and directory.database.exists() and known.is_clean(directory.database)),
        may_create=may_create,
        migrates=migrates,
        is_in_place=lambda: directory.lock.is_in_place,
    )


def digests(connections: Connections) -> set[str]:
    """Return the digests of all blobs that the database has a row for."""
    return {sha256 for (sha256,) in connections.rows("SELECT sha256 FROM blobs")}


def open_mark(directory: StoreDirectory, connections: Connections) -> None:
    """Mark the blobs as those of this database, which changes from now on. Raises `StoreUnwritableError`."""
    try:
        directory.mark = Mark(connections.identity)
    except OSError as error:
        raise StoreUnwritableError(directory.path, error) from error


def closed(directory: StoreDirectory, connections: Connections) -> None:
    """Complete the database, and close it. It needs no log afterwards."""
    if directory.lock.is_in_place:
        with suppress(Exception):  # the next start checks everything
            identity = connections.identity
            directory.mark = Mark(identity, mark.CLOSING)
            is_complete = connections.checkpoint() and not directory.has_leftovers
            if is_complete and not connections.is_suspect:
                directory.mark = mark.clean(identity, directory.database)
    connections.close()


def closing_with(
    store: object, directory: StoreDirectory, connections: Connections
) -> weakref.finalize[..., object]:
    """Close the database and unlock the directory when the store is garbage, or at the end of the process.

    A store that is closed detaches what this returns.
    """
    return weakref.finalize(store, _abandoned, directory, connections, os.getpid())


def _abandoned(directory: StoreDirectory, connections: Connections, owner: int) -> None:
    if os.getpid() != owner or not directory.lock.is_held:  # another process or another server has the store
        return
    directory.has_leftovers = True  # an upload may be running: the next start looks at everything
    closed(directory, connections)
    directory.release()


def _belongs(directory: StoreDirectory, connections: Connections, known: Mark | None) -> bool:
    """Return whether blobs without a row may be moved. Raises `StoreDoubtfulError` for another store's blobs."""
    if known is not None:
        if known.store != connections.identity:
            raise StoreDoubtfulError(directory.path, f"blobs/ belongs to another database than {DATABASE}")
        return True
    if not any(directory.placed()):
        return True
    if not any(directory.path_of(sha256).exists() for sha256 in digests(connections)):
        raise StoreDoubtfulError(directory.path, f"{DATABASE} has none of the files in blobs/")
    return False  # an earlier release made it: nothing is moved until a mark says that both belong together
