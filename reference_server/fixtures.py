"""A pytest fixture for tests of whatever talks to a registry. Importing this costs next to nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

    from reference_server.hosting import ReferenceServer


@pytest.fixture
def reference_server() -> Iterator[ReferenceServer]:
    """Give a registry of its own to the test, running and empty."""
    from reference_server.hosting import ReferenceServer

    with ReferenceServer() as server:
        yield server
