"""The script of a fault's first deviation tells the fault from its absence: thirty faults, chosen by a seed.

`python -m benchmarks.scripts` tries all of them.
"""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

import pytest

from .scripts_of_faults import EXPECTED, conclusions, scriptable

if TYPE_CHECKING:
    from reference_server.faults import Fault

pytestmark = pytest.mark.long

SAMPLE = random.Random(27).sample(scriptable(), 30)  # noqa: S311 - a sample, no secret


@pytest.mark.parametrize(
    ("fault", "requirement", "flavour"), SAMPLE, ids=lambda value: str(getattr(value, "name", ""))
)
def test_a_script_tells_a_fault_from_its_absence(fault: Fault, requirement: str, flavour: str) -> None:
    found = conclusions(fault, requirement, flavour)
    assert not found.reason
    assert not found.misleads, str(found)
    assert found.words == EXPECTED or "not tried" in found.words, str(found)
