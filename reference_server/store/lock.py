"""The lock of a store's directory, which a server shares with its worker."""

from __future__ import annotations

import fcntl
import os
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from reference_server.store.errors import NotAStoreError, StoreHeldError, StoreUnwritableError

if TYPE_CHECKING:
    from pathlib import Path

DATABASE = "registry.sqlite3"
LOCK = "lock"


class StoreLock:
    """A locked directory, created if it is missing. Other programs are locked out until every holder has released it.

    A worker process that inherits the object, or gets it as an argument, is a holder of its own. Raises `StoreError`.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        try:
            path.mkdir(parents=True, exist_ok=True)
            _refuse_what_is_not_ours(path)
            held = os.open(path / LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise StoreUnwritableError(path, error) from error
        try:
            fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            os.close(held)
            raise StoreHeldError(path) from error
        self._held: int | None = held
        self._file = _file(os.fstat(held))
        os.ftruncate(held, 0)  # the origin of a server that was killed

    def __getstate__(self) -> dict[str, Any]:
        """Hand the lock to a process that is being started."""
        from multiprocessing.reduction import DupFd

        if self._held is None:
            raise ValueError("the lock is released")
        return vars(self) | {"_held": DupFd(self._held)}

    def __setstate__(self, state: dict[str, Any]) -> None:
        """Receive the lock in that process."""
        vars(self).update(state | {"_held": state["_held"].detach()})

    @property
    def is_held(self) -> bool:
        """Whether this object has not released the directory."""
        return self._held is not None

    @property
    def is_in_place(self) -> bool:
        """Whether the directory is still the locked one: neither taken away nor replaced."""
        try:
            return _file((self.path / LOCK).stat()) == self._file
        except OSError:
            return False

    def announce(self, origin: str) -> None:
        """Write the origin of the server that holds the lock into the lock's file."""
        if self._held is not None:
            os.ftruncate(self._held, 0)
            os.pwrite(self._held, origin.encode(), 0)

    def close(self) -> None:
        """Give up the lock. A second call does nothing."""
        held, self._held = self._held, None
        if held is not None:
            with suppress(OSError):  # a full disk
                os.ftruncate(held, 0)
            os.close(held)


def _file(status: os.stat_result) -> tuple[int, int]:
    return status.st_dev, status.st_ino


def _refuse_what_is_not_ours(path: Path) -> None:
    if (path / DATABASE).exists():
        return
    foreign = sorted(each.name for each in path.iterdir() if each.name != LOCK)
    if "blobs" in foreign:
        raise NotAStoreError(path, f"{DATABASE} is missing beside blobs/", "Restore it from a backup.")
    if foreign:
        raise NotAStoreError(path, f"it is not a store, but contains {foreign[0]!r}")


def announced_origin(path: Path) -> str:
    """Return the origin of the server that uses a store's directory; an empty string without one."""
    try:
        return (path / LOCK).read_text(encoding="utf-8", errors="replace").strip()
    except OSError:
        return ""
