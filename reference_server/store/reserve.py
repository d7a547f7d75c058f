"""Disk space for deletions and other small changes, which have to work on a full disk, too."""

from __future__ import annotations

import os
from contextlib import suppress
from typing import TYPE_CHECKING

from reference_server.model.errors import StoreFullError

if TYPE_CHECKING:
    from pathlib import Path

RESERVE = 1024 * 1024  # bytes


class Reserve:
    """A file that keeps space occupied until a change needs it. Uploads never get that space."""

    def __init__(self, store: Path) -> None:
        self._store = store
        self._path = store / "reserve"

    def fill(self) -> None:
        """Occupy the space, if there is some."""
        try:
            if self._path.exists() or self._free() < 2 * RESERVE:
                return
            handle = os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC, 0o600)
            try:
                complete = os.write(handle, os.urandom(RESERVE)) == RESERVE  # a file system may compress
            finally:
                os.close(handle)
        except OSError:
            complete = False
        if not complete:  # a short file is no reserve
            self.remove()

    def make_room(self, *, for_upload: bool) -> None:
        """Free the space for a change on a full disk. Raises `StoreFullError` for an upload."""
        if self._free() >= RESERVE:
            return
        if for_upload:
            raise StoreFullError
        self.remove()

    def remove(self) -> None:
        """Free the space."""
        with suppress(OSError):
            self._path.unlink(missing_ok=True)

    def _free(self) -> int:
        """Return the number of free bytes; a large one where the file system does not tell."""
        try:
            disk = os.statvfs(self._store)
        except OSError:
            return 2 * RESERVE
        return disk.f_bavail * disk.f_frsize if disk.f_blocks else 2 * RESERVE
