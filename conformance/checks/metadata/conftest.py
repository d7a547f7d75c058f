"""What the checks of metadata files share."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

import pytest

from conformance.checks.metadata.metadata_files import MetadataFile, fetch_metadata_files
from conformance.checks.metadata.unusual_metadata import Release, publish_release
from conformance.verdicts import NotApplicable, Untestable

if TYPE_CHECKING:
    from conformance.kit.fixtures import Corpus, Index, NewName, RegistryClient


@pytest.fixture(scope="session")
def release(registry: RegistryClient, index: Index, corpus: Corpus, new_name: NewName) -> Release:
    """Distributions with unusual metadata."""
    if not corpus.published:
        raise NotApplicable("the run is read-only, and this check publishes")
    return publish_release(registry, index, new_name("metadata"))


@pytest.fixture(scope="session")
def metadata_files(
    registry: RegistryClient, index: Index, request: pytest.FixtureRequest
) -> list[MetadataFile]:
    """A few of the metadata files that pages announce, the unusual ones first."""
    own = []
    with suppress(NotApplicable, Untestable):
        own.append(request.getfixturevalue("release").wheel.name)
    found = fetch_metadata_files(registry, index, (*own, *index.projects))
    if not found:
        raise NotApplicable("no page announces a metadata file")
    return found


@pytest.fixture(scope="session")
def served(metadata_files: list[MetadataFile]) -> list[MetadataFile]:
    """The metadata files that are served."""
    there = [each for each in metadata_files if each.answer.status == 200]
    if not there:
        raise Untestable("no announced metadata file is served; see metadata.served")
    return there
