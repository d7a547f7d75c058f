"""The programs in `benchmarks/` can be started: what they import is there."""

from __future__ import annotations

import runpy
from pathlib import Path

import pytest

PROGRAMS = sorted((Path(__file__).parents[2] / "benchmarks").glob("*.py"))


@pytest.mark.parametrize("program", PROGRAMS, ids=lambda path: path.stem)
def test_a_program_can_be_imported(program: Path) -> None:
    assert callable(runpy.run_path(str(program), run_name="imported")["main"])


def test_there_are_programs() -> None:
    assert PROGRAMS
