"""The mark beside the blobs: which database they belong to, and how the last server left that database."""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

OPEN = "open"
"""A server uses the database, so that its log has to be there."""
CHANGED = "changed"
"""A server has written to the database, so that its log has to have something in it."""
CLOSING = "closing"
"""A server was about to stop: the log may or may not be there."""
CLEAN = "clean"
"""The database is complete without its log, and has the size and the time in the mark."""
LENGTH = 256
"""Bytes. The file never grows, so that it can be written on a full disk."""


@dataclass(frozen=True, slots=True)
class Mark:
    """`store` is the identity in the database; `size` and `changed` describe a clean database."""

    store: str
    state: str = OPEN
    size: int = 0
    changed: int = 0

    def is_clean(self, database: Path) -> bool:
        """Return whether the database is as the last server left it."""
        return self.state == CLEAN and (self.size, self.changed) == _version(database)


def clean(store: str, database: Path) -> Mark:
    """Return the mark of a database that is complete without its log."""
    return Mark(store, CLEAN, *_version(database))


def read(path: Path) -> Mark | None:
    """Return the mark in a file; None for a missing or damaged one."""
    try:
        return Mark(**json.loads(path.read_text(encoding="ascii")))
    except (OSError, ValueError, TypeError):
        return None


def write(path: Path, mark: Mark) -> None:
    """Write a mark. Raises `OSError`."""
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        os.pwrite(handle, json.dumps(asdict(mark)).ljust(LENGTH).encode("ascii"), 0)
    finally:
        os.close(handle)


def _version(database: Path) -> tuple[int, int]:
    status = database.stat()
    return status.st_size, status.st_mtime_ns
