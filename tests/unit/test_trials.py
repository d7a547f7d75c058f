"""Long measurements run in processes, and are continued where they were stopped."""

from __future__ import annotations

import subprocess
import sys
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]

IN_PROCESSES = """
import os, sys, time
from tests.trials import processes

processes.WAITING = 3

def work(trial):
    if trial == "dies":
        os._exit(3)
    while trial == "never ends":
        time.sleep(60)
    while trial == "loops":
        pass
    print("what a trial prints is dropped")
    return f"{trial} done"

processes.run_trials(
    ["one", "dies", "never ends", "loops", "two"],
    work,
    processes=2,
    seconds=1.0,
    report=lambda trial, answer, took: print(trial, answer, sep=": ", file=sys.stderr),
    died="died",
    no_end="no end",
)
"""


@pytest.fixture(scope="module")
def kept() -> Any:
    """The module that keeps outcomes, which is in no package."""
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(ROOT))
        return import_module("tests.trials.kept")


@pytest.mark.skipif(sys.platform != "linux", reason="processes are forked")
def test_each_trial_has_an_outcome() -> None:
    done = subprocess.run(
        [sys.executable, "-c", IN_PROCESSES], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stdout == ""
    assert sorted(done.stderr.splitlines()) == [
        "dies: died",
        "loops: no end",
        "never ends: no end",
        "one: one done",
        "two: two done",
    ]


def test_outcomes_are_found_again(kept: Any, tmp_path: Path) -> None:
    path = tmp_path / "outcomes.jsonl"
    first = kept.Kept(path, "before", kept.Outcome)
    first.add(kept.Outcome(state="before", key="a"))
    again = kept.Kept(path, "before", kept.Outcome)
    assert "a" in again
    assert "b" not in again
    assert len(again) == 1


def test_outcomes_of_other_sources_do_not_count(kept: Any, tmp_path: Path) -> None:
    path = tmp_path / "outcomes.jsonl"
    kept.Kept(path, "before", kept.Outcome).add(kept.Outcome(state="before", key="a"))
    assert "a" not in kept.Kept(path, "after", kept.Outcome)


def test_the_state_is_that_of_the_sources(kept: Any) -> None:
    whole = kept.state_of("tests/trials")
    assert whole == kept.state_of("tests/trials")
    assert whole != kept.state_of("tests/trials", without={ROOT / "tests/trials/kept.py"})
    assert kept.state_of("tests/trials/kept.py") != kept.state_of("tests/trials/processes.py")
