"""What the checks of simple pages look at together: files, and pages under other URLs."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest

from conformance.checks.simple.downloads import Downloads
from conformance.checks.simple.metadata_inside import MetadataInside

if TYPE_CHECKING:
    from conformance.kit.fixtures import Index, RegistryClient, Run
    from conformance.kit.http import Answer


@pytest.fixture(scope="session")
def downloads(run: Run, registry: RegistryClient) -> Downloads:
    """Files by URL, each fetched once."""
    return Downloads(registry, run.transcript)


@pytest.fixture(scope="session")
def inside(index: Index, downloads: Downloads) -> MetadataInside:
    """The metadata inside a few listed files, for a run that only reads."""
    return MetadataInside(index, downloads)


@pytest.fixture(scope="session")
def slashless(registry: RegistryClient, index: Index) -> list[Answer]:
    """The answers for the URLs of a project and of the root without their slash, in this order."""
    urls = [registry.project_url(index.project)]
    if index.offer.has("project-list"):
        urls.append(registry.target.index_url)
    headers = {"Accept": next(iter(index.media_types.values()))}
    slashless = [url.removesuffix("/") for url in urls]
    # A host without a path is requested as `/`: an index at the root of a host has no URL without the slash.
    return [registry.request("GET", url, headers=headers) for url in slashless if urlsplit(url).path]


@pytest.fixture(scope="session")
def respelled(registry: RegistryClient, index: Index) -> list[Answer]:
    """The answers for other spellings of a project's name than the normalized one."""
    name = index.project
    spellings = dict.fromkeys([name.upper(), name.replace("-", "_"), name.replace("-", "._-")])
    headers = {"Accept": next(iter(index.media_types.values()))}
    return [
        registry.request("GET", registry.project_url(spelling), headers=headers)
        for spelling in spellings
        if spelling != name
    ]
