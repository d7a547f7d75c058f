"""What the checks of provenance share."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

import pytest

from conformance.checks.provenance.provenance_objects import Provenance, fetch_provenance
from conformance.kit.attestations import provenance_of
from conformance.kit.publishing import publish
from conformance.verdicts import NotApplicable, Untestable
from reference_server.distributions import Distribution, wheel

if TYPE_CHECKING:
    from conformance.kit.fixtures import Driver, Index, NewName, Registry


@pytest.fixture(scope="session")
def attested(registry: Registry, driver: Driver, new_name: NewName) -> Distribution:
    """A wheel with a provenance object."""
    distribution = wheel(new_name("provenance"), "1.0")
    publish(registry, distribution)
    driver.attach_provenance(distribution, provenance_of(distribution))
    return distribution


@pytest.fixture(scope="session")
def projects(index: Index, request: pytest.FixtureRequest) -> tuple[str, ...]:
    """Projects with provenance: our own where there is a driver, and those that any run looks at."""
    own = []
    with suppress(NotApplicable):
        own.append(request.getfixturevalue("attested").name)
    return (*own, *index.projects)


@pytest.fixture(scope="session")
def provenance(registry: Registry, index: Index, projects: tuple[str, ...]) -> list[Provenance]:
    """A few provenance objects, as they were served."""
    found = fetch_provenance(registry, index, projects)
    if not found:
        raise NotApplicable("no page links to a provenance object")
    return found


@pytest.fixture(scope="session")
def readable(provenance: list[Provenance]) -> list[Provenance]:
    """Those that are JSON objects."""
    found = [each for each in provenance if each.answer.status == 200 and each.object]
    if not found:
        raise Untestable("no provenance object can be read; see provenance.fetch")
    return found
