"""The script of a fault's first deviation tells the fault from its absence: thirty faults, chosen by a seed.

`python -m benchmarks.scripts` tries all of them.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.long

CHECKOUT = Path(__file__).parents[2]
COMMAND = (sys.executable, "-m", "benchmarks.scripts", "--sample", "30", "--seed", "27")


def test_no_script_misleads() -> None:
    done = subprocess.run(COMMAND, cwd=CHECKOUT, capture_output=True, text=True, timeout=600, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "30 faults" in done.stdout
