"""What the checks of races share."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import pytest

from conformance.kit.driver import Ability, delete_alone

if TYPE_CHECKING:
    from collections.abc import Callable

    from conformance.kit.fixtures import Driver
    from reference_server.distributions import Distribution

    Delete = Callable[[Distribution], None]


@pytest.fixture(scope="session")
def delete(driver: Driver) -> Delete:
    """What deletes the only file of a project."""
    return partial(delete_alone, driver, alone_in=Ability.DELETE_PROJECT)
