"""What the checks of the JSON API share."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

import pytest

from conformance.checks.jsonapi.described_projects import (
    Rich,
    YankedProjects,
    publish_previews,
    publish_rich,
    publish_yanked,
)
from conformance.checks.jsonapi.descriptions import Descriptions
from conformance.kit.driver import Ability, require
from conformance.verdicts import NotApplicable, Untestable

if TYPE_CHECKING:
    from conformance.kit.fixtures import Corpus, Driver, Index, NewName, RegistryClient
    from reference_server.distributions import Distribution


@pytest.fixture(scope="session")
def descriptions(registry: RegistryClient, corpus: Corpus) -> Descriptions:
    """The JSON API of the target."""
    found = Descriptions(registry)
    if registry.target.has_json_api:
        found.published(*(item.distribution for item in corpus.published.values() if item.accepted))
    return found


@pytest.fixture(scope="session")
def rich(descriptions: Descriptions, corpus: Corpus, new_name: NewName) -> Rich:
    """A project with all metadata, several releases and several files of each."""
    if not corpus.published:
        raise NotApplicable("the run only reads, and this check looks at what it has published")
    return publish_rich(descriptions, new_name("described"))


@pytest.fixture(scope="session")
def previews(descriptions: Descriptions, rich: Rich, new_name: NewName) -> tuple[Distribution, ...]:
    """A project of pre-releases alone."""
    del rich  # published only where anything is
    return publish_previews(descriptions, new_name("described-previews"))


@pytest.fixture(scope="session")
def yanked(descriptions: Descriptions, driver: Driver, new_name: NewName) -> YankedProjects:
    """Projects in which releases are yanked."""
    require(driver, Ability.YANK)
    return publish_yanked(descriptions, driver, new_name)


@pytest.fixture(scope="session")
def projects(index: Index, request: pytest.FixtureRequest) -> tuple[str, ...]:
    """Projects to look at: our own, and those that any run looks at."""
    own: tuple[str, ...] = ()
    with suppress(NotApplicable, Untestable):  # a registry may take wheels alone
        rich: Rich = request.getfixturevalue("rich")
        own = (rich.name,)
    return own + index.projects
