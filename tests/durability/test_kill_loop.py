"""Kills in the middle of uploads: what was acknowledged is there, what was not is there whole or not at all."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.xdist_group("durability")

PROGRAM = Path(__file__).parents[2] / "benchmarks" / "kill_loop.py"
KILLS = 6


@pytest.fixture(scope="module")
def kill_loop() -> Any:
    """Import the program from its file: it is in no package."""
    pytest.importorskip("granian", reason="granian is not installed")
    spec = importlib.util.spec_from_file_location("kill_loop", PROGRAM)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["kill_loop"] = module
    spec.loader.exec_module(module)
    return module


def test_nothing_acknowledged_is_lost(kill_loop: Any, tmp_path: Path) -> None:
    tally = kill_loop.run(KILLS, seed=7, folder=tmp_path)
    assert tally.failures == []
    assert tally.kills == KILLS
    assert tally.acknowledged
    assert tally.interrupted
