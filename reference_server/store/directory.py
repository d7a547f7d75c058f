"""The directory of a store: locked by one process, with files named by their digests."""

from __future__ import annotations

import fcntl
import os
import re
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from reference_server.store.blobs import Blobs
from reference_server.store.errors import NotAStoreError, StoreHeldError, StoreUnwritableError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from reference_server.model.blob import Blob

DATABASE = "registry.sqlite3"
LOCK = "lock"
_HEX = "0123456789abcdef"
_DIGEST = re.compile(r"[0-9a-f]{64}", re.ASCII)


class StoreDirectory:
    """A store's directory, created if it is missing, and locked until `release`.

    `database` is the file for rows, `blobs` the place for incoming content. Raises `StoreError`.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.database = path / DATABASE
        self._incoming, self._placed = path / "incoming", path / "blobs"
        try:
            path.mkdir(parents=True, exist_ok=True)
            self._refuse_what_is_not_ours()
            held = os.open(path / LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise StoreUnwritableError(path, error) from error
        try:
            fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            os.close(held)
            raise StoreHeldError(path) from error
        os.ftruncate(held, 0)  # the origin of a server that was killed
        self._held: int | None = held
        self.blobs = Blobs(self._incoming)

    def announce(self, origin: str) -> None:
        """Write the origin of the server that holds the lock into the lock's file."""
        if self._held is not None:
            os.ftruncate(self._held, 0)
            os.pwrite(self._held, origin.encode(), 0)

    def release(self) -> None:
        """Unlock the directory. A second call does nothing."""
        self.blobs.close()
        if self._held is not None:
            os.ftruncate(self._held, 0)
            os.close(self._held)
            self._held = None

    def prepare(self, referred_to: Iterable[str]) -> None:
        """Create the folders, and remove leftovers of a crash: incomplete and unused blobs.

        Other files are not touched. Raises `StoreUnwritableError`.
        """
        try:
            folders = [self._placed / (first + second) for first in _HEX for second in _HEX]
            for folder in (self._incoming, self._placed, *folders):
                folder.mkdir(exist_ok=True)
            for folder in (self._placed, self.path, self.path.parent):
                _sync_folder(folder)
            known = set(referred_to)
            for path in self._incoming.glob("upload-*"):
                path.unlink()
            for path in (path for folder in folders for path in folder.iterdir()):
                if _DIGEST.fullmatch(path.name) and path.name not in known:
                    path.unlink()
        except OSError as error:
            raise StoreUnwritableError(self.path, error) from error

    def path_of(self, sha256: str) -> Path:
        """Return the path for the blob with this digest, whether it exists or not."""
        return self._placed / sha256[:2] / sha256

    def place(self, blob: Blob) -> Blob:
        """Move a blob to the path of its digest. Afterwards it survives a crash.

        An existing blob is written again: the first writer may not have synced it yet.
        """
        placed = self.path_of(blob.digests["sha256"])
        if blob.content == placed:
            return blob
        source = blob.content if isinstance(blob.content, Path) else self.blobs.temporary_file()
        try:
            with source.open("r+b") as stream:
                if isinstance(blob.content, bytes):
                    stream.write(blob.content)
                    stream.flush()
                os.fsync(stream.fileno())
            source.replace(placed)
        except BaseException:
            source.unlink(missing_ok=True)
            raise
        _sync_folder(placed.parent)
        return replace(blob, content=placed)

    def remove(self, sha256: str) -> None:
        """Delete a blob. If that fails, the next start removes it."""
        with suppress(OSError):
            self.path_of(sha256).unlink(missing_ok=True)

    def _refuse_what_is_not_ours(self) -> None:
        if not self.database.exists():
            foreign = sorted(path.name for path in self.path.iterdir() if path.name != LOCK)
            if foreign:
                raise NotAStoreError(self.path, f"it is not a store, but contains {foreign[0]!r}")


def announced_origin(path: Path) -> str:
    """Return the origin of the server that uses a store's directory; an empty string without one."""
    try:
        return (path / LOCK).read_text(encoding="utf-8", errors="replace").strip()
    except OSError:
        return ""


def _sync_folder(path: Path) -> None:
    folder = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
