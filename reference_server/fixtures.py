"""Pytest fixtures for tests of whatever talks to a registry. Importing this costs next to nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from reference_server.serving.in_process import ReferenceServer


@pytest.fixture
def reference_server_store() -> Path | None:
    """Where `reference_server` keeps everything: in memory, unless a test overrides this with a directory."""
    return None


@pytest.fixture
def reference_server(reference_server_store: Path | None) -> Iterator[ReferenceServer]:
    """Give a registry of its own to the test, running, and empty unless its store has something."""
    from reference_server.serving.in_process import ReferenceServer

    with ReferenceServer(store=reference_server_store) as server:
        yield server
