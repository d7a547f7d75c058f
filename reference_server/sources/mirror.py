"""A mirror of another index: fetches pages and files on demand, checks hashes, and keeps both."""

from __future__ import annotations

import hashlib
import json
import logging
import time
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from reference_server.model import CoreMetadata, ListedFile
from reference_server.model.errors import PackageNotFoundError, UpstreamError, UpstreamRefusedError
from reference_server.model.grammar import name_and_version, version_key
from reference_server.model.packages import NOT_FETCHED
from reference_server.sources.fetching import Fetcher, refused
from reference_server.sources.flights import Flights
from reference_server.sources.index_page import ACCEPT, IndexFile, IndexPage, read_page
from reference_server.sources.kept_page import KeptPage
from reference_server.sources.kept_upstream import KeptUpstream
from reference_server.sources.mirror_store import OWNER, MirrorStore
from reference_server.sources.placing import by_version, files_of, put_files, replace_file, version_in
from reference_server.sources.stored_files import StoredBlob
from reference_server.sources.upstream import without_secrets

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from reference_server.model.blob import Blob
    from reference_server.sources.fetching import Answer
    from reference_server.sources.upstream import Upstream
    from reference_server.store.blobs import Blobs

MAX_DOCUMENT = 16 * 1024 * 1024  # bytes of a metadata file or a provenance object
PROVENANCE_TYPES = "application/vnd.pypi.integrity.v1+json, application/json;q=0.9"
METADATA, PROVENANCE = ".metadata", ".provenance"
"""What kept documents are named by, after the name of their file."""
ABSENT = frozenset({404, 410})

log = logging.getLogger("reference_server.upstream")


class Mirror:
    """Brings projects, files and what belongs to files of an upstream into `store`. Safe to use from several threads.

    What several clients ask for at the same moment is fetched once. What is fetched is kept in memory and in temporary
    files, and in the folder `upstream.keep` for later servers. `clock` counts seconds. Source of the rules for kept
    pages: RFC 9111.
    """

    def __init__(
        self, upstream: Upstream, *, blobs: Blobs | None = None, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self.upstream = upstream
        self.store = MirrorStore(blobs=blobs)
        self._fetcher = Fetcher(upstream)
        self._clock = clock
        self._pages: dict[str, KeptPage] = {}
        self._flights = Flights(
            failure=UpstreamError
        )  # one of a file may wait for one of a page, never the reverse
        self._kept = KeptUpstream(Path(upstream.keep), upstream.index) if upstream.keep else None
        self.trouble = ""
        """What the upstream did wrong last."""

    def projects(self) -> tuple[str, ...]:
        """Return the normalized names of the projects that were brought, sorted."""
        return tuple(sorted({package.normalized for package in self.store.packages(OWNER)}))

    def files(self, name: str) -> tuple[ListedFile, ...]:
        """Return the files of a project, by its normalized name, as far as it was brought."""
        return tuple(each for each in files_of(self.store, OWNER, name) if isinstance(each, ListedFile))

    def close(self) -> None:
        """Remove what is kept for this server alone."""
        self.store.close()

    def forget(self) -> None:
        """Remove everything that is kept, to ask for it again."""
        if self._kept:
            self._kept.clear()
        self._pages.clear()
        self.store.forget()
        self.trouble = ""

    def is_loop(self, via: str) -> bool:
        """Return whether a request with this `Via` comes from this mirror itself."""
        return self._fetcher.pseudonym in via

    def bring_project(self, name: str, *, via: str = "") -> None:
        """Fetch the page of a project, unless a kept one is fresh.

        If the upstream fails, a kept page stays in use; if it refuses the request, none does. Raises `UpstreamError`,
        and `PackageNotFoundError` if the upstream has no such project, or must not be asked for it.
        """
        if not self.upstream.may_be_asked(name):
            raise PackageNotFoundError
        # A mirror of this mirror asks while this one may wait for it, and so waits for no request but its own.
        self._flights.share((name, via), lambda: self._bring_page(name, via))

    def _bring_page(self, name: str, via: str) -> bool:
        """Make the page of a project current, and return whether it stays so for a while."""
        kept = self._pages.get(name) or self._found_again(name)
        if kept and kept.fresh_until > self._clock():
            return True
        try:
            with self._noting():
                page = self._fetch_page(name, kept, via)
        except UpstreamRefusedError:
            self._pages.pop(name, None)
            put_files(self.store, OWNER, name, {})
            raise
        except UpstreamError:
            if kept is None or not kept.is_storable:
                raise
            log.warning("the page of %s is served as it was kept", name)
            return True
        return page.fresh_until > self._clock()

    def bring_file(self, location: str, filename: str, *, via: str = "") -> None:
        """Fetch a file and check its hashes, unless it is kept. Raises `UpstreamError` and `PackageNotFoundError`."""

        def work() -> bool:
            file = self._listed(location, filename, via)
            if not is_here(file):
                file = (
                    replace(file, blob=NOT_FETCHED, digests={"sha256": location}) if file.is_fetched else file
                )
                kept = self._kept.file(file) if self._kept else None
                if kept:
                    self._change(file, blob=kept, digests=kept.digests)
                else:
                    self._fetch_file(file, via)
            return True

        self._flights.share((location, filename), work)

    def bring_metadata(self, location: str, filename: str, *, via: str = "") -> None:
        """Fetch the metadata file of a file, unless it is kept. Raises as `bring_file` does."""

        def work() -> bool:
            file = self._listed(location, filename, via)
            if file.stated_metadata is None:
                raise PackageNotFoundError
            if file.core_metadata is None:
                document = self._kept_metadata(file)
                if document is None:
                    with self._noting():
                        document = self._fetched_metadata(file, via)
                    self._keep(file, METADATA, document)
                self._change(file, core_metadata=CoreMetadata(document))
            return True

        self._flights.share((location, filename, METADATA), work)

    def bring_provenance(self, name: str, version: str, filename: str, *, via: str = "") -> None:
        """Fetch the provenance object of a file, each time. If the upstream fails, a kept one stays in use.

        Raises as `bring_file` does.
        """
        self.bring_project(name, via=via)
        key = version_key(version)
        for file in self.files(name):
            if file.filename == filename and version_key(version_in(filename, name)) == key:
                break
        else:
            raise PackageNotFoundError
        url = file.stated_provenance
        if url is None:
            raise PackageNotFoundError
        self._flights.share((url, PROVENANCE), lambda: self._bring_provenance(file, url, via))

    def _bring_provenance(self, file: ListedFile, url: str, via: str) -> bool:
        try:
            with self._noting():
                document = self._fetched_provenance(url, via)
        except UpstreamRefusedError:
            raise
        except UpstreamError:
            document = (
                file.provenance or (self._kept.document(file, PROVENANCE) if self._kept else None) or b""
            )
            if not document:
                raise
            self._change(file, provenance=document)
            return True
        self._keep(file, PROVENANCE, document)
        self._change(file, provenance=document)
        return False

    def _keep(self, file: ListedFile, suffix: str, document: bytes) -> None:
        if self._kept:
            self._kept.put_document(file, suffix, document)

    def _found_again(self, name: str) -> KeptPage | None:
        """Return the page that an earlier server has kept, and take its files. It has to be asked for again."""
        found = self._kept.page(name) if self._kept else None
        if found is None:
            return None
        page, body = found
        try:
            self._take(name, read_page(body, page.content_type, page.url))
        except UpstreamError:
            return None
        self._pages[name] = page
        return page

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

    def _fetch_page(self, name: str, kept: KeptPage | None, via: str) -> KeptPage:
        headers = {"Accept": ACCEPT, "Accept-Encoding": "gzip", "Via": via}
        headers |= kept.conditions() if kept else {}
        with self._fetcher.get(f"{self.upstream.index}{quote(name)}/", headers) as answer:
            if answer.status == 304 and kept:
                page = self._pages[name] = kept.under(answer.headers, self._clock())
                return page
            if answer.status in ABSENT:
                self._pages.pop(name, None)
                if self._kept:
                    self._kept.drop_page(name)
                put_files(self.store, OWNER, name, {})
                raise PackageNotFoundError
            if answer.status != 200:
                raise refused(answer)
            body = answer.page()
            page = KeptPage.of(body, answer.headers.get("Content-Type", ""), answer.url)
            page = page.under(answer.headers, self._clock())
            if kept is None or page.digest != kept.digest:
                self._take(name, read_page(body, page.content_type, page.url))
            self._pages[name] = page
            if self._kept:
                self._kept.put_page(name, page, body)
            return page

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

    def _fetch_file(self, file: ListedFile, via: str) -> None:
        with self._noting():
            fetched = self._fetched(file, via)
        with self.store.keeping(fetched) as blob:
            placed = self._kept.put_file(file, blob) if self._kept else blob
            self._change(file, blob=placed, digests=placed.digests)

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

    def _fetched_metadata(self, file: ListedFile, via: str) -> bytes:
        url = f"{file.url}.metadata"
        with self._fetcher.get(url, {"Via": via}) as answer:
            _check_status(answer)
            document = answer.page(MAX_DOCUMENT)
        if isinstance(file.stated_metadata, dict):
            _check(url, file.stated_metadata, _hashed(document, file.stated_metadata))
        return document

    def _kept_metadata(self, file: ListedFile) -> bytes | None:
        """Return the metadata file that is kept, if it is what the page states."""
        document = self._kept.document(file, METADATA) if self._kept else None
        stated = file.stated_metadata
        if document is not None and isinstance(stated, dict) and _hashed(document, stated) != stated:
            return None
        return document

    def _fetched_provenance(self, url: str, via: str) -> bytes:
        with self._fetcher.get(url, {"Accept": PROVENANCE_TYPES, "Via": via}) as answer:
            _check_status(answer)
            document = answer.page(MAX_DOCUMENT)
        try:
            is_object = isinstance(json.loads(document), dict)
        except (ValueError, RecursionError):
            is_object = False
        if not is_object:
            raise UpstreamError(f"{without_secrets(url)} is not a provenance object")
        return document


def is_here(file: ListedFile) -> bool:
    """Return whether the content of a file is here, and was not removed or replaced."""
    return file.is_fetched and (not isinstance(file.blob, StoredBlob) or file.blob.stamp.is_current)


def _taken(file: IndexFile, known: Mapping[tuple[str, str], ListedFile]) -> ListedFile:
    location = file.hashes.get("sha256") or hashlib.sha256(file.url.encode()).hexdigest()
    before = known.get((file.filename, location))
    content = before if before and is_here(before) else None
    if content and _differs(file, content):
        before = content = None
    return ListedFile(
        id=0,
        package_id=0,
        filename=file.filename,
        digests=content.digests if content else file.hashes,
        requires_python=file.requires_python,
        created_at=file.upload_time or (before.created_at if before else datetime.now(UTC)),
        blob=content.blob if content else NOT_FETCHED,
        core_metadata=before.core_metadata if before and before.stated_metadata == file.metadata else None,
        yanked=file.yanked,
        url=file.url,
        location=location,
        stated_size=file.size,
        stated_time=file.upload_time,
        stated_metadata=file.metadata,
        stated_provenance=file.provenance,
        provenance=before.provenance if before and before.stated_provenance == file.provenance else None,
    )


def _differs(file: IndexFile, before: ListedFile) -> bool:
    """Return whether the page now states another content of a file, or its content was removed or replaced."""
    try:
        other = any(before.digests.get(name, digest) != digest for name, digest in file.hashes.items())
    except PackageNotFoundError:  # a moment ago
        return True
    return other or file.size not in {None, before.size}


def _check_status(answer: Answer) -> None:
    if answer.status in ABSENT:
        raise PackageNotFoundError
    if answer.status != 200:
        raise refused(answer)


def _check(url: str, stated: Mapping[str, str], found: Mapping[str, str]) -> None:
    for name, digest in stated.items():
        if digest != found[name]:
            raise UpstreamError(f"{without_secrets(url)} does not have the {name} that its page states")


def _hashed(document: bytes, stated: Mapping[str, str]) -> dict[str, str]:
    """Return the digests of a document by the algorithms that its page uses."""
    return {name: hashlib.new(name, document, usedforsecurity=False).hexdigest() for name in stated}
