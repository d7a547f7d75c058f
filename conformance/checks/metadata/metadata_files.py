"""The metadata files that pages announce."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from conformance.kit.uploads.publishing import fetch
from conformance.kit.urls import metadata_url

if TYPE_CHECKING:
    from collections.abc import Iterable

    from conformance.kit.fixtures import Index, RegistryClient
    from conformance.kit.http import Answer
    from conformance.pages import FileLink

MOST_FILES = 5
"""How many metadata files a run fetches."""


@dataclass(frozen=True, kw_only=True)
class MetadataFile:
    """A metadata file that pages announce: what each page says of its distribution, and what was served."""

    links: tuple[FileLink, ...]
    answer: Answer

    @property
    def filename(self) -> str:
        """The name of the distribution."""
        return self.links[0].filename


def fetch_metadata_files(
    registry: RegistryClient, index: Index, projects: Iterable[str]
) -> list[MetadataFile]:
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
