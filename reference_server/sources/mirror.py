"""A mirror of another index: fetches pages and files on demand, checks hashes, and keeps both."""

from __future__ import annotations

import hashlib
import logging
import time
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from threading import Lock
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from reference_server.model import CoreMetadata, ListedFile
from reference_server.model.errors import PackageNotFoundError, UpstreamError
from reference_server.model.grammar import name_and_version
from reference_server.model.packages import NOT_FETCHED
from reference_server.sources.fetching import Fetcher, refused, whole_number
from reference_server.sources.index_page import ACCEPT, IndexFile, IndexPage, read_page
from reference_server.sources.placing import by_version, files_of, put_files, replace_file
from reference_server.sources.upstream import without_secrets
from reference_server.store.memory import MemoryStore

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from reference_server.model import Package, PackageFile, ProjectStatus
    from reference_server.model.blob import Blob
    from reference_server.sources.fetching import Answer
    from reference_server.sources.upstream import Upstream
    from reference_server.store.blobs import Blobs

OWNER = 0
"""The number of no GitLab project: what is mirrored belongs to none."""
LOCKS = 64
MAX_METADATA = 16 * 1024 * 1024  # bytes
ABSENT = frozenset({404, 410})

log = logging.getLogger("reference_server.upstream")


class MirrorStore(MemoryStore):
    """The projects of another index, which every GitLab project sees alike."""

    def packages(self, gitlab_project: int) -> tuple[Package, ...]:
        """Return all packages, oldest first."""
        del gitlab_project
        return super().packages(OWNER)

    def packages_named(self, gitlab_project: int, normalized: str) -> tuple[Package, ...]:
        """Return the packages of a project, oldest first."""
        del gitlab_project
        return super().packages_named(OWNER, normalized)

    def packages_of_version(self, gitlab_project: int, normalized: str, version: str) -> tuple[Package, ...]:
        """Return those with this version, in any spelling, oldest first."""
        del gitlab_project
        return super().packages_of_version(OWNER, normalized, version)

    def files_named(self, gitlab_project: int, sha256: str, filename: str) -> tuple[PackageFile, ...]:
        """Return the files with this location and this name."""
        del gitlab_project
        return super().files_named(OWNER, sha256, filename)

    def serial(self, gitlab_project: int, normalized: str | None = None) -> int:
        """Return a number that grows with every change of a project."""
        del gitlab_project
        return super().serial(OWNER, normalized)

    def status(self, gitlab_project: int, normalized: str) -> ProjectStatus:
        """Return the status of a project."""
        del gitlab_project
        return super().status(OWNER, normalized)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Kept:
    """What is known of a fetched page. `fresh_until` is on the mirror's clock."""

    etag: str | None
    last_modified: str | None
    fresh_until: float
    digest: bytes
    is_storable: bool


class Mirror:
    """Brings projects, files and metadata files of an upstream into `store`. Safe to use from several threads.

    `clock` counts seconds. Source of the rules for kept pages: RFC 9111.
    """

    def __init__(
        self, upstream: Upstream, *, blobs: Blobs | None = None, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self.upstream = upstream
        self.store = MirrorStore(blobs=blobs)
        self._fetcher = Fetcher(upstream)
        self._clock = clock
        self._pages: dict[str, _Kept] = {}
        self._page_locks = tuple(Lock() for _ in range(LOCKS))
        self._file_locks = tuple(Lock() for _ in range(LOCKS))  # taken before one of a page, never after
        self.trouble = ""
        """What the upstream did wrong last."""

    def projects(self) -> tuple[str, ...]:
        """Return the normalized names of the projects that were brought, sorted."""
        return tuple(sorted({package.normalized for package in self.store.packages(OWNER)}))

    def files(self, name: str) -> tuple[ListedFile, ...]:
        """Return the files of a project, by its normalized name, as far as it was brought."""
        return tuple(each for each in files_of(self.store, OWNER, name) if isinstance(each, ListedFile))

    def close(self) -> None:
        """Remove what was kept."""
        self.store.close()

    def forget(self) -> None:
        """Remove what was kept, to ask for it again."""
        self._pages.clear()
        self.store.forget()
        self.trouble = ""

    def is_loop(self, via: str) -> bool:
        """Return whether a request with this `Via` comes from this mirror itself."""
        return self._fetcher.pseudonym in via

    def bring_project(self, name: str, *, via: str = "") -> None:
        """Fetch the page of a project, unless a kept one is fresh.

        If the upstream fails, a kept page stays in use. Raises `UpstreamError`, and `PackageNotFoundError` if the
        upstream has no such project, or must not be asked for it.
        """
        if not self.upstream.may_be_asked(name):
            raise PackageNotFoundError
        with _lock(self._page_locks, name):
            kept = self._pages.get(name)
            if kept and kept.fresh_until > self._clock():
                return
            try:
                with self._noting():
                    self._fetch_page(name, kept, via)
            except UpstreamError:
                if kept is None or not kept.is_storable:
                    raise
                log.warning("the page of %s is served as it was kept", name)

    def bring_file(self, location: str, filename: str, *, via: str = "") -> None:
        """Fetch a file and check its hashes, unless it is kept. Raises `UpstreamError` and `PackageNotFoundError`."""
        file = self._listed(location, filename, via)
        with _lock(self._file_locks, f"{location}/{filename}"):
            file = self._listed(location, filename, via)
            if not file.is_fetched:
                with self._noting():
                    fetched = self._fetched(file, via)
                with self.store.keeping(fetched) as blob:
                    self._change(file, blob=blob, digests=blob.digests)

    def bring_metadata(self, location: str, filename: str, *, via: str = "") -> None:
        """Fetch the metadata file of a file, unless it is kept. Raises as `bring_file` does."""
        file = self._listed(location, filename, via)
        if file.stated_metadata is None:
            raise PackageNotFoundError
        with _lock(self._file_locks, f"{location}/{filename}"):
            file = self._listed(location, filename, via)
            if file.core_metadata is None:
                with self._noting():
                    document = self._document(file, via)
                self._change(file, core_metadata=CoreMetadata(document))

    def _change(self, file: ListedFile, **changed: Any) -> None:
        """Change a file as it is listed now: its page may have been fetched again meanwhile."""
        with self.store.lock:
            for now in self.store.files_named(OWNER, file.location, file.filename):
                if now.id == file.id:
                    replace_file(self.store, replace(now, **changed))

    @contextmanager
    def _noting(self) -> Iterator[None]:
        try:
            yield
        except UpstreamError as error:
            self.trouble = str(error)
            log.warning("%s", error)
            raise

    def _fetch_page(self, name: str, kept: _Kept | None, via: str) -> None:
        headers = {"Accept": ACCEPT, "Accept-Encoding": "gzip", "Via": via}
        if kept and kept.etag:
            headers["If-None-Match"] = kept.etag
        elif kept and kept.last_modified:
            headers["If-Modified-Since"] = kept.last_modified
        with self._fetcher.get(f"{self.upstream.index}{quote(name)}/", headers) as answer:
            if answer.status == 304 and kept:
                self._pages[name] = self._noted(answer, kept.digest, before=kept)
                return
            if answer.status in ABSENT:
                self._pages.pop(name, None)
                put_files(self.store, OWNER, name, {})
                raise PackageNotFoundError
            if answer.status != 200:
                raise refused(answer)
            body = answer.page()
            digest = hashlib.sha256(answer.url.encode() + b"\n" + body).digest()
            if kept is None or digest != kept.digest:
                self._take(name, read_page(body, answer.headers.get("Content-Type", ""), answer.url))
            self._pages[name] = self._noted(answer, digest)

    def _noted(self, answer: Answer, digest: bytes, *, before: _Kept | None = None) -> _Kept:
        control = _directives(answer.headers.get("Cache-Control", ""))
        lifetime = whole_number(control.get("s-maxage", control.get("max-age", ""))) or 0
        if control.keys() & {"no-cache", "no-store"}:
            lifetime = 0
        return _Kept(
            etag=answer.headers.get("ETag") or (before.etag if before else None),
            last_modified=answer.headers.get("Last-Modified") or (before.last_modified if before else None),
            fresh_until=self._clock() + lifetime - (whole_number(answer.headers.get("Age", "")) or 0),
            digest=digest,
            is_storable="no-store" not in control,
        )

    def _take(self, name: str, page: IndexPage) -> None:
        """Make the project's files those of the page. A file that is fetched and still listed stays so."""
        with self.store.lock:
            known = {(each.filename, each.sha256): each for each in self.files(name)}
            files = [_taken(each, known) for each in page.files]
            put_files(self.store, OWNER, name, by_version(name, files))
            if self.store.status(OWNER, name) != page.status:
                self.store.put_status(OWNER, name, page.status)

    def _listed(self, location: str, filename: str, via: str) -> ListedFile:
        """Find a file. After a new start, the page that lists it has to be fetched first."""
        if not self.store.files_named(OWNER, location, filename):
            parsed = name_and_version(filename)
            if parsed is None:
                raise PackageNotFoundError
            self.bring_project(parsed[0], via=via)
        for file in self.store.files_named(OWNER, location, filename):
            if isinstance(file, ListedFile):
                return file
        raise PackageNotFoundError

    def _fetched(self, file: ListedFile, via: str) -> Blob:
        hashes = {name: hashlib.new(name, usedforsecurity=False) for name in file.digests}
        with self._fetcher.get(file.url, {"Via": via}) as answer, self.store.blobs.spool() as spool:
            _check_status(answer)
            writer, size = spool.writer(), 0
            for piece in answer.pieces():
                writer.write(piece)
                size += len(piece)
                if file.stated_size is not None and size > file.stated_size:
                    break
                for each in hashes.values():
                    each.update(piece)
            if file.stated_size not in {None, size}:
                raise UpstreamError(
                    f"{without_secrets(file.url)} does not have the size that its page states"
                )
            _check(file.url, file.digests, {name: each.hexdigest() for name, each in hashes.items()})
            return spool.take(writer)

    def _document(self, file: ListedFile, via: str) -> bytes:
        url = f"{file.url}.metadata"
        with self._fetcher.get(url, {"Via": via}) as answer:
            _check_status(answer)
            document = answer.page(MAX_METADATA)
        if isinstance(file.stated_metadata, dict):
            found = {
                name: hashlib.new(name, document, usedforsecurity=False).hexdigest()
                for name in file.stated_metadata
            }
            _check(url, file.stated_metadata, found)
        return document


def _taken(file: IndexFile, known: Mapping[tuple[str, str], ListedFile]) -> ListedFile:
    location = file.hashes.get("sha256") or hashlib.sha256(file.url.encode()).hexdigest()
    before = known.get((file.filename, location))
    if before and before.is_fetched and _differs(file, before):
        before = None
    return ListedFile(
        id=0,
        package_id=0,
        filename=file.filename,
        digests=before.digests if before and before.is_fetched else file.hashes,
        requires_python=file.requires_python,
        created_at=file.upload_time or (before.created_at if before else datetime.now(UTC)),
        blob=before.blob if before else NOT_FETCHED,
        core_metadata=before.core_metadata if before and before.stated_metadata == file.metadata else None,
        yanked=file.yanked,
        url=file.url,
        location=location,
        stated_size=file.size,
        stated_time=file.upload_time,
        stated_metadata=file.metadata,
    )


def _differs(file: IndexFile, before: ListedFile) -> bool:
    """Return whether the page now states another content of a file without a sha256."""
    other = any(before.digests.get(name, digest) != digest for name, digest in file.hashes.items())
    return other or file.size not in {None, before.size}


def _lock(locks: Sequence[Lock], key: str) -> Lock:
    return locks[hash(key) % len(locks)]


def _check_status(answer: Answer) -> None:
    if answer.status in ABSENT:
        raise PackageNotFoundError
    if answer.status != 200:
        raise refused(answer)


def _check(url: str, stated: Mapping[str, str], found: Mapping[str, str]) -> None:
    for name, digest in stated.items():
        if digest != found[name]:
            raise UpstreamError(f"{without_secrets(url)} does not have the {name} that its page states")


def _directives(cache_control: str) -> dict[str, str]:
    """Return the directives of Cache-Control, without the quotes of their values."""
    pairs = (each.strip().lower().partition("=") for each in cache_control.split(","))
    return {name: value.strip('"') for name, _, value in pairs if name}
