"""The directory of a store: locked by one server, with files named by their digests."""

from __future__ import annotations

import os
import re
from contextlib import suppress
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING

from reference_server.store import mark
from reference_server.store.blobs import Blobs
from reference_server.store.errors import StoreUnwritableError
from reference_server.store.failures import refused
from reference_server.store.lock import DATABASE, StoreLock
from reference_server.store.reserve import Reserve
from reference_server.store.trash import Trash
from reference_server.store.verified import StoredBlob, VerifiedFiles

if TYPE_CHECKING:
    from collections.abc import Iterator

    from reference_server.model.blob import Blob

_FOLDERS = frozenset(f"{number:02x}" for number in range(256))
"""The folders of blobs: the first two characters of digests."""
_DIGEST = re.compile(r"[0-9a-f]{64}", re.ASCII)


class StoreDirectory:
    """A store's directory, created if it is missing, and locked until `release` unless the lock was an argument.

    `database` is the file for rows, `blobs` the place for incoming content. Raises `StoreError`.
    """

    def __init__(self, path: Path, lock: StoreLock | None = None) -> None:
        self.path = path
        self.database = path / DATABASE
        self._incoming, self._placed = path / "incoming", path / "blobs"
        self._owns_lock = lock is None
        self.lock = lock or StoreLock(path)
        self.blobs = Blobs(self._incoming)
        self.files = VerifiedFiles()
        self.trash = Trash(path)
        self.reserve = Reserve(path)
        self._is_open: mark.Mark | None = None
        self._making_folders = Lock()
        self._has_folders = False
        self.has_leftovers = False
        """Whether a blob could not be removed, so that the next start has to look for it."""

    def announce(self, origin: str) -> None:
        """Write the origin of the server that holds the lock into the lock's file, and occupy the reserve."""
        self.lock.announce(origin)
        self.reserve.fill()

    def release(self, *, cleans: bool = True) -> None:
        """Unlock the directory; if it `cleans`, remove incoming content first. A second call does nothing."""
        if cleans and self.lock.is_in_place:
            self.reserve.remove()
            self.blobs.close()
        if self._owns_lock:
            self.lock.close()

    @property
    def mark(self) -> mark.Mark | None:
        """The mark beside the blobs."""
        return mark.read(self._placed / "identity")

    @mark.setter
    def mark(self, new: mark.Mark) -> None:
        mark.write(self._placed / "identity", new)
        self._is_open = new if new.state == mark.OPEN else None

    def note_change(self) -> None:
        """Note that the database has changed since it was opened."""
        is_open, self._is_open = self._is_open, None
        if is_open:
            with suppress(OSError):
                self.mark = mark.Mark(is_open.store, mark.CHANGED)

    def prepare(self) -> None:
        """Create the folders for incoming content and for blobs. Raises `StoreUnwritableError`."""
        try:
            for folder in (self._incoming, self._placed):
                folder.mkdir(exist_ok=True)
            for folder in (self._placed, self.path, self.path.parent):
                _sync_folder(folder)
        except OSError as error:
            raise StoreUnwritableError(self.path, error) from error

    def placed(self) -> Iterator[Path]:
        """Yield the files that are named by a digest."""
        with suppress(FileNotFoundError, NotADirectoryError):
            for name in sorted(self._folders()):
                with suppress(FileNotFoundError, NotADirectoryError):
                    yield from [
                        path for path in (self._placed / name).iterdir() if _DIGEST.fullmatch(path.name)
                    ]

    def sweep(self, known: set[str]) -> int:
        """Move blobs without a row to the trash, remove incomplete uploads, and return the number of blobs.

        Other files are not touched. What cannot be moved stays.
        """
        number = 0
        for path in self._incoming.glob("upload-*"):
            with suppress(OSError):
                path.unlink()
        for path in self.placed():
            if path.name not in known:
                try:
                    self.trash.take(path)
                    number += 1
                except OSError:
                    self.has_leftovers = True
        return number

    def path_of(self, sha256: str) -> Path:
        """Return the path for the blob with this digest, whether it exists or not."""
        return self._placed / sha256[:2] / sha256

    def place(self, blob: Blob) -> Blob:
        """Move a blob to the path of its digest. Afterwards it survives a crash.

        An existing blob is written again: the first writer may not have synced it yet, or its file may be damaged.
        Raises `StoreFullError` and `StoreUnavailableError`.
        """
        sha256 = blob.digests["sha256"]
        placed = self.path_of(sha256)
        if blob.content == placed:
            return blob
        source = blob.content if isinstance(blob.content, Path) else self.blobs.temporary_file()
        try:
            with refused():
                with source.open("r+b") as stream:
                    if isinstance(blob.content, bytes):
                        stream.write(blob.content)
                        stream.flush()
                    os.fsync(stream.fileno())
                    status = os.fstat(stream.fileno())
                self._make_folders()
                source.replace(placed)
                _sync_folder(placed.parent)
        except BaseException:
            with suppress(OSError):
                source.unlink(missing_ok=True)
            raise
        self.files.trust(sha256, status)
        return StoredBlob(placed, blob.size, blob.digests, self.files)

    def _folders(self) -> frozenset[str]:
        """Return the names of the folders of blobs that are there."""
        return _FOLDERS.intersection(each.name for each in self._placed.iterdir())

    def _make_folders(self) -> None:
        """Create the folders of blobs: with the first blob, because they would take a third of a start."""
        if self._has_folders:
            return
        with self._making_folders:
            for name in _FOLDERS - self._folders():
                (self._placed / name).mkdir(exist_ok=True)
            _sync_folder(self._placed)
            self._has_folders = True

    def remove(self, sha256: str) -> None:
        """Delete a blob. If that fails, the next start moves it to the trash."""
        try:
            self.path_of(sha256).unlink(missing_ok=True)
        except OSError:
            self.has_leftovers = True


def _sync_folder(path: Path) -> None:
    folder = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
