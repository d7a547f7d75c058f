"""What a mirror has fetched, in a folder that outlives the server: pages, files, metadata and provenance.

`<index>/pages/<name>` is a page as it was received, below a line of JSON; `<index>/files/<sha256>/<file name>` is a
file, with its metadata file and its provenance object beside it, each below a line with its sha256. `<index>` is the
beginning of the sha256 of its URL. All of it is compared with its hashes when it is found again; what is damaged is
fetched again. Several servers may share a folder. Nothing is synced.
"""

from __future__ import annotations

import hashlib
import json
import logging
import os
import shutil
import tempfile
import time
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from reference_server.sources.kept_page import KeptPage
from reference_server.sources.stored_files import Stamp, StoredBlob

if TYPE_CHECKING:
    from collections.abc import Callable

    from reference_server.model import ListedFile
    from reference_server.model.blob import Blob

INCOMING = ".incoming"
"""The folder of files that are being written."""
LEFT_OVER = 3600  # seconds after which nothing writes a file any more

log = logging.getLogger("reference_server.upstream")


class KeptUpstream:
    """What was fetched from one index, in a folder. What cannot be written is logged, and not kept."""

    def __init__(self, folder: Path, index: str) -> None:
        self._folder = folder / hashlib.sha256(index.encode()).hexdigest()[:16]
        self._incoming = self._folder / INCOMING
        self._remove_leftovers()

    def clear(self) -> None:
        """Remove everything."""
        shutil.rmtree(self._folder, ignore_errors=True)

    def page(self, name: str) -> tuple[KeptPage, bytes] | None:
        """Return a page and its body, or None."""
        try:
            line, _, body = (self._folder / "pages" / name).read_bytes().partition(b"\n")
            known = json.loads(line)
            digest = known.pop("digest")
            page = KeptPage.of(body, **known)
        except (OSError, ValueError, KeyError, TypeError, AttributeError):
            return None
        return (page, body) if page.digest.hex() == digest else None

    def put_page(self, name: str, page: KeptPage, body: bytes) -> None:
        """Keep a page, or remove the one that is kept if this one must not be stored."""
        if not page.is_storable:
            self.drop_page(name)
            return
        known = {
            "url": page.url,
            "content_type": page.content_type,
            "etag": page.etag,
            "last_modified": page.last_modified,
            "digest": page.digest.hex(),
        }
        content = json.dumps(known).encode() + b"\n" + body
        self._write(self._folder / "pages" / name, lambda stream: stream.write(content))

    def drop_page(self, name: str) -> None:
        """Remove a page, if it is there."""
        with suppress(OSError):
            (self._folder / "pages" / name).unlink(missing_ok=True)

    def file(self, file: ListedFile) -> Blob | None:
        """Return the content of a file that has all hashes and the size of its page, or None."""
        if not is_kept(file):
            return None
        path = self._place(file)
        try:
            stamp = Stamp.of(path)
            if file.stated_size not in {None, stamp.size}:
                return None
            for name, digest in file.digests.items():
                with path.open("rb") as stream:
                    if hashlib.file_digest(stream, name).hexdigest() != digest:
                        return None
        except OSError:
            return None
        return StoredBlob.at(stamp, sha256=file.location)

    def put_file(self, file: ListedFile, blob: Blob) -> Blob:
        """Keep the content of a file, and return it where it is now: here, or where it was."""
        if not is_kept(file):
            return blob
        path = self._place(file)
        with blob.open() as source:
            is_there = self._write(
                path,
                lambda stream: shutil.copyfileobj(source, stream),
                stays=lambda: self.file(file) is not None,  # other servers may read it
            )
        try:
            return StoredBlob.at(Stamp.of(path), sha256=file.location) if is_there else blob
        except OSError:
            return blob

    def document(self, file: ListedFile, suffix: str) -> bytes | None:
        """Return what is kept beside a file under this suffix, or None."""
        if not is_kept(file):
            return None
        try:
            line, _, document = self._place(file, suffix).read_bytes().partition(b"\n")
        except OSError:
            return None
        return document if line == _digest(document) else None

    def put_document(self, file: ListedFile, suffix: str, document: bytes) -> None:
        """Keep something beside a file."""
        if is_kept(file):
            content = _digest(document) + b"\n" + document
            self._write(self._place(file, suffix), lambda stream: stream.write(content))

    def _write(
        self, path: Path, write: Callable[[BinaryIO], object], *, stays: Callable[[], bool] = lambda: False
    ) -> bool:
        """Write a file as a whole or not at all, and return whether it is there. What cannot be written is logged.

        A file that is already there is replaced, unless it `stays`.
        """
        made = None
        try:
            for folder in (self._incoming, path.parent):
                folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            handle, made = tempfile.mkstemp(dir=self._incoming)
            with os.fdopen(handle, "wb") as stream:
                write(stream)
            _named(Path(made), path, stays)
        except OSError as error:
            log.warning("%s is not kept: %s", path.name, error.strerror)
            return False
        else:
            return True
        finally:
            if made:
                with suppress(OSError):
                    Path(made).unlink(missing_ok=True)

    def _remove_leftovers(self) -> None:
        """Remove what servers were writing when they were killed."""
        with suppress(OSError):
            for path in tuple(self._incoming.iterdir()):
                if path.stat().st_mtime < time.time() - LEFT_OVER:
                    path.unlink()

    def _place(self, file: ListedFile, suffix: str = "") -> Path:
        return self._folder / "files" / file.location / f"{file.filename}{suffix}"


def is_kept(file: ListedFile) -> bool:
    """Return whether the page states the sha256 of a file: without it, nothing says that a kept one is the same."""
    return file.digests.get("sha256") == file.location


def _digest(document: bytes) -> bytes:
    return hashlib.sha256(document).hexdigest().encode()


def _named(made: Path, path: Path, stays: Callable[[], bool]) -> None:
    """Give a file its name. Raises `OSError`."""
    try:
        path.hardlink_to(made)
    except OSError:  # there is one, or the file system has no links
        if not stays():
            made.replace(path)
