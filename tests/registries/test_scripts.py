"""The script of a fault's first deviation tells the fault from its absence: thirty faults, chosen by their names.

`python -m benchmarks.scripts` tries all of them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from .scripts_of_faults import EXPECTED, conclusions, sampled, scriptable

if TYPE_CHECKING:
    from reference_server.faults import Fault

pytestmark = pytest.mark.long

SAMPLE = sampled(scriptable(), 30, seed=27)


@pytest.mark.parametrize(
    ("fault", "requirement", "flavour"), SAMPLE, ids=lambda value: str(getattr(value, "name", ""))
)
def test_a_script_tells_a_fault_from_its_absence(fault: Fault, requirement: str, flavour: str) -> None:
    found = conclusions(fault, requirement, flavour)
    assert not found.reason
    assert not found.misleads, str(found)
    assert found.words == EXPECTED or "not tried" in found.words, str(found)


def test_a_new_fault_changes_one_of_the_sample_at_most() -> None:
    every = scriptable()
    fewer = sampled(every[1:], 30, seed=27)
    assert len({case[0].name for case in fewer} - {case[0].name for case in SAMPLE}) <= 1
    assert len(SAMPLE) == 30
