"""Fixtures for the tests of several clients."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from conformance.clients.process_group import start
from reference_server.distributions import wheel

if TYPE_CHECKING:
    from pathlib import Path

    from pytest_httpserver import HTTPServer


@pytest.fixture
def commands(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The arguments of every process that was started."""
    recorded: list[str] = []

    def recording(command: list[str], **options: Any) -> object:
        recorded.extend(command)
        return start(command, **options)

    monkeypatch.setattr("conformance.clients.run.start", recording)
    return recorded


@pytest.fixture
def demo(tmp_path: Path) -> Path:
    """A wheel on disk."""
    return wheel("demo", "1.0").save(tmp_path)


@pytest.fixture
def upload_url(httpserver: HTTPServer) -> str:
    """The URL of a registry that accepts every upload."""
    httpserver.expect_request("/upload", method="POST").respond_with_data("201 Created", status=201)
    return httpserver.url_for("/upload")
