"""Slow clients of `serve` do not hold up others."""

from __future__ import annotations

import asyncio
import runpy
from pathlib import Path

import pytest

pytestmark = [pytest.mark.long, pytest.mark.xdist_group("durability")]

PROGRAM = Path(__file__).parents[2] / "benchmarks" / "slow_connections.py"


def test_slow_connections_do_not_stop_quick_ones() -> None:
    pytest.importorskip("granian", reason="granian is not installed")
    program = runpy.run_path(str(PROGRAM), run_name="imported")
    with program["served"]() as server:
        latencies, failures = asyncio.run(program["measured"](server, slow=60, clients=4, seconds=1))
    assert failures == []
    assert len(latencies) >= 4
