"""Metadata files: where they are, and distributions whose metadata is out of the ordinary."""

from __future__ import annotations

import base64
import gzip
import hashlib
import io
import tarfile
import zipfile
from dataclasses import dataclass, replace
from email.parser import BytesHeaderParser
from typing import TYPE_CHECKING
from urllib.parse import urlsplit, urlunsplit

from conformance.checks.publishing import fetch, publish
from reference_server.distributions import sdist, wheel

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from conformance.fixtures import Index, Registry
    from conformance.pages import FileLink
    from conformance.wire import Answer
    from reference_server.distributions import Distribution

MOST_FILES = 5
"""How many metadata files a run fetches."""

DECISIVE = frozenset({"requires-dist", "requires-python", "provides-extra"})
"""Fields that installers decide by."""

SUMMARY = "Größe, 大きさ, \U0001f40d"

UNUSUAL = f"""Metadata-Version: 2.1
Name: {{name}}
Version: 1.0
Summary: {SUMMARY}
Keywords: one,
  folded,line
Description-Content-Type: text/plain

A description with trailing blanks  \r
in lines that end in two ways,
and no end of the last line""".encode()
"""METADATA in which whoever writes it anew changes something."""

DYNAMIC = b"""Metadata-Version: 2.2
Name: {name}
Version: 2.0
Dynamic: Requires-Dist
"""


@dataclass(frozen=True, kw_only=True)
class MetadataFile:
    """A metadata file that pages announce: what each page says of its distribution, and what was served."""

    links: tuple[FileLink, ...]
    answer: Answer

    @property
    def filename(self) -> str:
        """The name of the distribution."""
        return self.links[0].filename


@dataclass(frozen=True, kw_only=True)
class Release:
    """Distributions with unusual metadata. `at_once` is what came when a page first announced the wheel's."""

    wheel: Distribution
    document: bytes
    at_once: Answer | None
    bare: Distribution
    """A wheel without METADATA, with the answer to its upload."""
    bare_upload: Answer


def publish_release(registry: Registry, index: Index, name: str) -> Release:
    """Publish a wheel with unusual METADATA, one without, and an sdist that its build completes."""
    document = UNUSUAL.replace(b"{name}", name.encode())
    unusual = with_metadata(wheel(name, "1.0", summary=SUMMARY), document)
    bare = with_metadata(wheel(name, "0.1"), None)
    bare_upload = registry.upload(bare)
    publish(registry, with_pkg_info(sdist(name, "2.0"), DYNAMIC.replace(b"{name}", name.encode())), unusual)
    link = next((page.file(unusual.filename) for page in index.pages(name)), None)
    announced = link is not None and link.core_metadata is not None
    at_once = fetch(registry, metadata_url(link.url)) if announced and link else None
    return Release(wheel=unusual, document=document, at_once=at_once, bare=bare, bare_upload=bare_upload)


def fetch_metadata_files(registry: Registry, index: Index, projects: Iterable[str]) -> list[MetadataFile]:
    """Fetch what pages announce: first of every project's sdists, then of one wheel each, then of more."""
    found: dict[str, list[FileLink]] = {}
    order: list[tuple[bool, int, str]] = []
    for name in projects:
        for page in index.pages(name):
            announced = [file for file in page.files if file.core_metadata is not None]
            for number, file in enumerate(announced):
                found.setdefault(file.url, []).append(file)
                order.append((file.filename.endswith(".whl"), number, file.url))
    chosen = list(dict.fromkeys(url for _, _, url in sorted(order, key=lambda item: item[:2])))[:MOST_FILES]
    return [
        MetadataFile(links=tuple(found[url]), answer=fetch(registry, metadata_url(url))) for url in chosen
    ]


def metadata_url(url: str) -> str:
    """Return the URL of a file's metadata file: `.metadata` is appended to the path."""
    parts = urlsplit(url)
    return urlunsplit(parts._replace(path=f"{parts.path}.metadata", fragment=""))


def metadata_of_wheel(content: bytes) -> bytes:
    """Return a wheel's METADATA. Raises zipfile.BadZipFile, or LookupError, when there is none."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        members = [name for name in archive.namelist() if name.endswith(".dist-info/METADATA")]
        return archive.read(members[0])


def is_final(document: bytes) -> bool:
    """Tell whether building an sdist with this PKG-INFO changes nothing that installers decide by.

    Source: Core metadata specifications, #dynamic.
    """
    headers = BytesHeaderParser().parsebytes(document)
    version = tuple(
        int(part) for part in str(headers.get("Metadata-Version", "0")).split(".") if part.isdigit()
    )
    dynamic = {str(value).strip().lower() for value in headers.get_all("Dynamic", [])}
    return version >= (2, 2) and not dynamic & DECISIVE


def with_metadata(distribution: Distribution, document: bytes | None) -> Distribution:
    """Return a wheel with another METADATA, or with none, and a RECORD that is right."""
    with zipfile.ZipFile(io.BytesIO(distribution.content)) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    path = next(name for name in members if name.endswith(".dist-info/METADATA"))
    record = path.replace("METADATA", "RECORD")
    changed = {name: content for name, content in members.items() if name not in {path, record}}
    if document is not None:
        changed[path] = document
    lines = [f"{name},sha256={_record_digest(content)},{len(content)}" for name, content in changed.items()]
    changed[record] = "\n".join([*lines, f"{record},,", ""]).encode()
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, content in changed.items():
            archive.writestr(zipfile.ZipInfo(name), content)
    return replace(distribution, content=buffer.getvalue())


def with_pkg_info(distribution: Distribution, document: bytes) -> Distribution:
    """Return an sdist with another PKG-INFO."""
    with tarfile.open(fileobj=io.BytesIO(distribution.content)) as archive:
        members = {each.name: archive.extractfile(each) for each in archive.getmembers() if each.isfile()}
        contents = {name: stream.read() for name, stream in members.items() if stream}
    path = next(name for name in contents if name.endswith("/PKG-INFO"))
    return replace(distribution, content=_tar(contents | {path: document}))


def _tar(contents: Mapping[str, bytes]) -> bytes:
    plain = io.BytesIO()
    with tarfile.open(fileobj=plain, mode="w", format=tarfile.USTAR_FORMAT) as archive:
        for name, content in contents.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    return gzip.compress(plain.getvalue(), mtime=0)


def _record_digest(content: bytes) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(content).digest()).rstrip(b"=").decode()
