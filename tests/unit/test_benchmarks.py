"""The programs in `benchmarks/` can be started: what they import is there.

They are part of a checkout, and of no wheel: the tests of an installed wheel import them in a process of their own,
which stands in the checkout like a user who types `python -m benchmarks.NAME`.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

CHECKOUT = Path(__file__).parents[2]
SHARED = ["readers", "serving"]  # what programs import, and no program itself
PROGRAMS = sorted({path.stem for path in (CHECKOUT / "benchmarks").glob("*.py")} - set(SHARED))

FIND_MAIN = """
import importlib, json, sys
print(json.dumps([hasattr(importlib.import_module("benchmarks." + name), "main") for name in sys.argv[1:]]))
"""


def test_every_program_can_be_imported_and_has_a_main_function() -> None:
    assert PROGRAMS
    done = subprocess.run(
        [sys.executable, "-c", FIND_MAIN, *PROGRAMS, *SHARED],
        check=False,
        cwd=CHECKOUT,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    has_main = dict(zip([*PROGRAMS, *SHARED], json.loads(done.stdout), strict=True))
    assert has_main == dict.fromkeys(PROGRAMS, True) | dict.fromkeys(SHARED, False)
