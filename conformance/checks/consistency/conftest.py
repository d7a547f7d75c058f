"""What the checks of invariants share."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

import pytest

from conformance.verdicts import NotApplicable

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
    with suppress(NotApplicable):
        found: Driver = request.getfixturevalue("driver")
        return found
    return None
