"""Fixtures for the tests of several clients."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from conformance.clients.fork_server import ForkServer
from conformance.clients.process_group import start
from reference_server.distributions import wheel

if TYPE_CHECKING:
    from pathlib import Path

    from pytest_httpserver import HTTPServer


@pytest.fixture
def commands(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The arguments of every run of a client, whether it was started or forked."""
    recorded: list[str] = []
    fork = ForkServer.start

    def recording(command: list[str], **options: Any) -> object:
        recorded.extend(command)
        return start(command, **options)

    def recording_fork(server: ForkServer, arguments: list[str], **options: Any) -> object:
        recorded.extend(arguments)
        return fork(server, arguments, **options)

    monkeypatch.setattr("conformance.clients.run.start", recording)
    monkeypatch.setattr(ForkServer, "start", recording_fork)
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
