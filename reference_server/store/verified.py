"""Stored blobs, whose bytes are hashed before they are sent for the first time."""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass, field
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, BinaryIO

from reference_server.model.blob import Blob
from reference_server.model.errors import FileDamagedError

if TYPE_CHECKING:
    from io import BufferedReader

MOST_KNOWN = 100_000
LONGEST_HELD = 256 * 1024  # bytes of a file
MOST_HELD = 8 * 1024 * 1024  # bytes of all files
MOST_FILES_HELD = 4096  # an entry takes memory for itself, however small its file
_NOTHING = (0, -1, 0), b""


class VerifiedFiles:
    """Remembers which files have the bytes of their digests, until a file changes. Safe to use from several threads."""

    def __init__(self) -> None:
        self._known: dict[str, tuple[int, int, int]] = {}
        self._held: dict[str, tuple[tuple[int, int, int], bytes]] = {}
        self._bytes_held = 0
        self._lock = Lock()

    def trust(self, sha256: str, status: os.stat_result) -> None:
        """Remember a file whose bytes were hashed while they were written."""
        if len(self._known) >= MOST_KNOWN:
            self._known.clear()
        self._known[sha256] = _version(status)

    def open(self, path: Path, sha256: str) -> BinaryIO:
        """Open a file. Raises `FileNotFoundError`, and `FileDamagedError` if it has other bytes."""
        stream = path.open("rb")
        try:
            self._require_digest(stream, sha256)
        except BaseException as error:
            stream.close()
            if isinstance(error, OSError):  # such as a bad sector
                raise FileDamagedError from error
            raise
        return stream

    def read(self, path: Path, sha256: str) -> bytes:
        """Return the bytes of a file. The small ones read last are in memory, as long as their files stay as they are.

        Each call of the system lets another thread go first, which costs more than the call. Raises as `open`.
        """
        try:
            version, content = self._held.get(sha256, _NOTHING)
            if version == _version(path.stat()):
                return content
            with self.open(path, sha256) as stream:
                version, content = _version(os.fstat(stream.fileno())), stream.read()
        except FileNotFoundError:
            raise
        except OSError as error:
            raise FileDamagedError from error
        self._hold(sha256, version, content)
        return content

    def _hold(self, sha256: str, version: tuple[int, int, int], content: bytes) -> None:
        if len(content) > LONGEST_HELD:
            return
        with self._lock:
            _, before = self._held.pop(sha256, _NOTHING)
            self._held[sha256] = version, content
            self._bytes_held += len(content) - len(before)
            while self._bytes_held > MOST_HELD or len(self._held) > MOST_FILES_HELD:
                _, oldest = self._held.pop(next(iter(self._held)))
                self._bytes_held -= len(oldest)

    def _require_digest(self, stream: BufferedReader, sha256: str) -> None:
        status = os.fstat(stream.fileno())
        if self._known.get(sha256) == _version(status):
            return
        if hashlib.file_digest(stream, "sha256").hexdigest() != sha256:
            raise FileDamagedError
        stream.seek(0)
        self.trust(sha256, status)


def _version(status: os.stat_result) -> tuple[int, int, int]:
    return status.st_ino, status.st_size, status.st_mtime_ns


@dataclass(frozen=True, slots=True)
class StoredBlob(Blob):
    """A blob in a store. Raises `FileDamagedError` where its file has other bytes."""

    files: VerifiedFiles = field(default_factory=VerifiedFiles, compare=False, repr=False)

    def open(self) -> BinaryIO:
        """Open it for reading. Raises `FileNotFoundError` if it was removed."""
        assert isinstance(self.content, Path)  # noqa: S101 - for the type checker
        return self.files.open(self.content, self.digests["sha256"])

    def read(self) -> bytes:
        """Return all bytes. Raises `FileNotFoundError` if it was removed."""
        assert isinstance(self.content, Path)  # noqa: S101 - for the type checker
        return self.files.read(self.content, self.digests["sha256"])
