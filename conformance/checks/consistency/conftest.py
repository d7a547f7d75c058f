"""What the checks of invariants share."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from conformance.kit.optional_fixtures import if_applicable

if TYPE_CHECKING:
    from conformance.kit.fixtures import Driver, Index, WatchedHeat


@pytest.fixture(scope="session")
def raced(index: Index, request: pytest.FixtureRequest) -> tuple[WatchedHeat, ...]:
    """Uploads that met; none where the run only reads."""
    if not index.offer.has("upload"):
        return ()
    heats: tuple[WatchedHeat, ...] = request.getfixturevalue("watched")
    return heats


@pytest.fixture(scope="session")
def driver_if_any(request: pytest.FixtureRequest) -> Driver | None:
    """What changes the state of projects and files, where there is something."""
    driver: Driver | None = if_applicable(request, "driver")
    return driver
