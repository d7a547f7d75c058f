"""What the checks of the Integrity API share."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from conformance.kit.attestations import provenance_of
from conformance.kit.publishing import publish
from reference_server.distributions import Distribution, wheel

if TYPE_CHECKING:
    from conformance.kit.fixtures import Driver, NewName, Registry


@pytest.fixture(scope="session")
def attested(registry: Registry, driver: Driver, new_name: NewName) -> Distribution:
    """A wheel with a provenance object."""
    distribution = wheel(new_name("integrity"), "1.0")
    publish(registry, distribution)
    driver.attach_provenance(distribution, provenance_of(distribution))
    return distribution
