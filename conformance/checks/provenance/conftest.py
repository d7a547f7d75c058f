"""What the checks of provenance share."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from conformance.checks.provenance.provenance_objects import Provenance, fetch_provenance
from conformance.kit.optional_fixtures import if_applicable
from conformance.verdicts import NotApplicable, Untestable

if TYPE_CHECKING:
    from conformance.kit.fixtures import Index, RegistryClient
    from reference_server.distributions import Distribution


@pytest.fixture(scope="session")
def projects(index: Index, request: pytest.FixtureRequest) -> tuple[str, ...]:
    """Projects with provenance: our own where there is a driver, and those that any run looks at."""
    attested: Distribution | None = if_applicable(request, "attested")
    return ((attested.name,) if attested else ()) + index.projects


@pytest.fixture(scope="session")
def provenance(registry: RegistryClient, index: Index, projects: tuple[str, ...]) -> list[Provenance]:
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
