"""What the tests of several clients look at."""

from __future__ import annotations

from typing import Any

import pytest

from conformance.clients.process_group import start


@pytest.fixture
def commands(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Every argument that was really given to a process."""
    recorded: list[str] = []

    def recording(command: list[str], **options: Any) -> object:
        recorded.extend(command)
        return start(command, **options)

    monkeypatch.setattr("conformance.clients.run.start", recording)
    return recorded
