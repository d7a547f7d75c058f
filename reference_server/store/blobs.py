"""The content of files: small ones in memory, large ones in temporary files, hashed while they are written."""

from __future__ import annotations

import io
import os
import shutil
import tempfile
from contextlib import suppress
from pathlib import Path
from threading import Lock
from types import MappingProxyType
from typing import TYPE_CHECKING, BinaryIO, Self

from reference_server.model.blob import ALGORITHMS, Blob, new_hash
from reference_server.model.errors import FileTooLargeError
from reference_server.store.failures import refused
from reference_server.store.temporary import remove_with

if TYPE_CHECKING:
    from types import TracebackType

IN_MEMORY = 1024 * 1024  # bytes of all parts of a form; what is more goes to temporary files


class Blobs:
    """A place for content. Without a directory it creates one for the first large content."""

    def __init__(self, directory: Path | None = None) -> None:
        self._directory = directory
        self._lock = Lock()

    def spool(self, *, limit: int | None = None) -> Spool:
        """Return a spool for the file parts of one form, each of at most `limit` bytes."""
        return Spool(self, limit)

    def add(self, content: bytes) -> Blob:
        """Store these bytes."""
        with self.spool() as spool:
            writer = spool.writer()
            writer.write(content)
            return spool.take(writer)

    def close(self) -> None:
        """Remove everything from disk."""
        with self._lock:
            directory, self._directory = self._directory, None
        if directory:
            shutil.rmtree(directory, ignore_errors=True)

    def temporary_file(self) -> Path:
        """Create an empty file. Raises `StoreFullError` and `StoreUnavailableError`."""
        with self._lock, refused():
            if self._directory is None:
                self._directory = Path(tempfile.mkdtemp(prefix="reference-server-"))
                remove_with(self, self._directory)
            handle, name = tempfile.mkstemp(prefix="upload-", dir=self._directory)
        os.close(handle)
        return Path(name)


class Spool:
    """The file parts of one form. Parts that are not taken are removed at the end of the `with` block."""

    def __init__(self, blobs: Blobs, limit: int | None) -> None:
        self._blobs = blobs
        self._limit = limit
        self._room = IN_MEMORY
        self._writers: list[BlobWriter] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for writer in self._writers:
            writer.discard()

    def writer(self) -> BlobWriter:
        """Open a new part."""
        writer = BlobWriter(self, self._limit)
        self._writers.append(writer)
        return writer

    def take(self, writer: BlobWriter) -> Blob:
        """Complete a part and hand it to the caller."""
        blob = writer.finish()
        self._writers.remove(writer)
        return blob

    def takes_into_memory(self, size: int) -> bool:
        """Return whether there is room for so many more bytes in memory, and occupy it."""
        self._room -= size
        return self._room >= 0

    def temporary_file(self) -> Path:
        """Create an empty file."""
        return self._blobs.temporary_file()


class BlobWriter:
    """A file that can only be written, in order.

    Raises `FileTooLargeError` beyond its limit, `StoreFullError` and `StoreUnavailableError`.
    """

    def __init__(self, spool: Spool, limit: int | None) -> None:
        self._spool = spool
        self._limit = limit
        self._size = 0
        self._path: Path | None = None
        self._stream: BinaryIO = io.BytesIO()
        self._hashes = {each: new_hash(each) for each in ALGORITHMS}

    @property
    def size(self) -> int:
        """The bytes written so far."""
        return self._size

    def write(self, data: bytes | bytearray) -> int:
        """Append and hash data."""
        self._size += len(data)
        if self._limit is not None and self._size > self._limit:
            raise FileTooLargeError
        if self._path is None and not self._spool.takes_into_memory(len(data)):
            self._move_to_disk()
        for each in self._hashes.values():
            each.update(data)
        with refused():
            return self._stream.write(data)

    def seek(self, offset: int, whence: int = 0) -> int:
        """Do nothing. Form parsers rewind complete parts."""
        del offset, whence
        return 0

    def finish(self) -> Blob:
        """Close the file and return its blob."""
        digests = MappingProxyType({name: each.hexdigest() for name, each in self._hashes.items()})
        content = self._path or (self._stream.getvalue() if isinstance(self._stream, io.BytesIO) else b"")
        with refused():
            self._stream.close()
        return Blob(content, self._size, digests)

    def discard(self) -> None:
        """Close and remove the file."""
        with suppress(OSError):  # there may be no room for the rest of it
            self._stream.close()
        if self._path is not None:
            with suppress(OSError):
                self._path.unlink(missing_ok=True)

    def _move_to_disk(self) -> None:
        self._path = self._spool.temporary_file()
        written = self._stream.getvalue() if isinstance(self._stream, io.BytesIO) else b""
        with refused():
            self._stream = self._path.open("wb")
            self._stream.write(written)
