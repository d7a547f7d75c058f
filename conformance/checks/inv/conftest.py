"""What the checks of invariants share."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

import pytest

from conformance.verdicts import NotApplicable

if TYPE_CHECKING:
    from conformance.fixtures import Index, Management, WatchedHeat


@pytest.fixture(scope="session")
def raced(index: Index, request: pytest.FixtureRequest) -> tuple[WatchedHeat, ...]:
    """Uploads that met; none where the run only reads."""
    if not index.offer.has("upload"):
        return ()
    heats: tuple[WatchedHeat, ...] = request.getfixturevalue("watched")
    return heats


@pytest.fixture(scope="session")
def driver(request: pytest.FixtureRequest) -> Management | None:
    """What changes the state of projects and files, where there is something."""
    with suppress(NotApplicable):
        found: Management = request.getfixturevalue("management")
        return found
    return None
