"""The fixture that runs checks against servers with a fault."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from .trial import Trial

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def trial(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Trial:
    """Runs checks against servers with a fault; the inner session keeps its files with this one's."""
    monkeypatch.setenv("PYTEST_DEBUG_TEMPROOT", str(tmp_path))
    return Trial(tmp_path)
