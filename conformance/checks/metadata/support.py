"""Metadata files: where they are, and distributions whose metadata is out of the ordinary."""

from __future__ import annotations

import io
import zipfile
from dataclasses import dataclass
from email.parser import BytesHeaderParser
from typing import TYPE_CHECKING
from urllib.parse import urlsplit, urlunsplit

from conformance.kit.publishing import fetch, publish
from reference_server.distributions import invalid, sdist, wheel

if TYPE_CHECKING:
    from collections.abc import Iterable

    from conformance.kit.fixtures import Index, Registry
    from conformance.kit.http import Answer
    from conformance.pages import FileLink
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
    unusual = wheel(name, "1.0", summary=SUMMARY, document=document)
    bare = invalid("wheel_without_metadata", name, "0.1")
    bare_upload = registry.upload(bare)
    publish(registry, sdist(name, "2.0", document=DYNAMIC.replace(b"{name}", name.encode())), unusual)
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
