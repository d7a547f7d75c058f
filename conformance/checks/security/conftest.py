"""What the checks of security share."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import pytest

from conformance.kit.driver import Ability, delete_alone

if TYPE_CHECKING:
    from collections.abc import Callable

    from conformance.kit.fixtures import Driver
    from reference_server.distributions import Distribution

    Remove = Callable[[Distribution], None]


@pytest.fixture(scope="session")
def remove(driver: Driver) -> Remove:
    """What removes a file that is alone in its release, and that a run's clean-up cannot tell from others."""
    return partial(delete_alone, driver, alone_in=Ability.DELETE_RELEASE)
