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
def descriptions(registry: RegistryClient) -> Descriptions:
    """The JSON API of the target."""
    return Descriptions(registry)


@pytest.fixture(scope="session")
def rich(registry: RegistryClient, corpus: Corpus, new_name: NewName) -> Rich:
    """A project with all metadata, several releases and several files of each."""
    if not corpus.published:
        raise NotApplicable("the run only reads, and this check looks at what it has published")
    return publish_rich(registry, new_name("described"))


@pytest.fixture(scope="session")
def previews(registry: RegistryClient, rich: Rich, new_name: NewName) -> tuple[Distribution, ...]:
    """A project of pre-releases alone."""
    del rich  # published only where anything is
    return publish_previews(registry, new_name("described-previews"))


@pytest.fixture(scope="session")
def yanked(registry: RegistryClient, driver: Driver, new_name: NewName) -> YankedProjects:
    """Projects in which releases are yanked."""
    require(driver, Ability.YANK)
    return publish_yanked(registry, driver, new_name)


@pytest.fixture(scope="session")
def projects(index: Index, request: pytest.FixtureRequest) -> tuple[str, ...]:
    """Projects to look at: our own, and those that any run looks at."""
    own: tuple[str, ...] = ()
    with suppress(NotApplicable, Untestable):  # a registry may take wheels alone
        rich: Rich = request.getfixturevalue("rich")
        own = (rich.name,)
    return own + index.projects
