"""Pytest fixtures for tests of registry clients. Importing this module is fast."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from reference_server.serving.in_process import ReferenceServer


@pytest.fixture
def reference_server_store() -> Path | None:
    """Where `reference_server` keeps its state: in memory, unless a test overrides this with a directory."""
    return None


@pytest.fixture
def reference_server(reference_server_store: Path | None) -> Iterator[ReferenceServer]:
    """Provide a running registry to one test. It is empty unless its store has content."""
    from reference_server.serving.in_process import ReferenceServer

    with ReferenceServer(store=reference_server_store) as server:
        yield server
