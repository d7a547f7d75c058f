"""Registries that are late, throttled, cached or elsewhere: nothing is held against them but what is about it.

`python -m benchmarks.fronts` does the full default run at each; these are the areas that each front could hurt most.
"""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from typing import Any

import pytest

from conformance.run.selection import Selection
from conformance.verdicts.options import RunOptions

PROGRAM = Path(__file__).parents[2] / "benchmarks" / "fronts.py"

LATE = "upload.visible or simple.name or same_file_different or smuggling or yank.still"
QUEUED = "upload.visible or upload.status or archive.valid or dup.different"
CHOICES = {
    "elsewhere": "upload.visible or simple.root or gitlab.page or gitlab.rest.pages or yank.still or provenance.fetch",
    "late-50ms": LATE,
    "late-50ms-all": LATE,
    "late-2s": "upload.visible or upload.post",
    "queued": QUEUED,
    "queued-task": QUEUED,
    "throttled": "simple.root",
    "shared-validator": "auth.upload or http.pages or http.head",
    "clock-fast": "upload_time or http.files or http.pages.304",
    "clock-slow": "upload_time",
    "json-only": "upload.post or simple.json.root or http.pages.gzip or format_param or nothing_stored or yank.still",
    "cached": "upload.visible or simple.name or yank.html",
}
"""What is judged at each front, as for `-k`."""
IN_FULL_ONLY = {"late-2s-all", "json-for-all", "html-only"}
"""Fronts that the program alone tries: most of their time is waiting, or they are like another one."""

SETTLE = {"queued": 1.0}
"""Seconds to wait for an upload that never appears, where that is the only sign of a refusal."""


def fronts() -> Any:
    """Import the program from its file: it is in no package."""
    spec = importlib.util.spec_from_file_location("fronts", PROGRAM)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["fronts"] = module
    spec.loader.exec_module(module)
    return module


FRONTS = {front.name: front for front in fronts().FRONTS}


@pytest.mark.parametrize("name", CHOICES)
def test_only_what_is_about_it_fails(name: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv(
        "PYTEST_DEBUG_TEMPROOT", str(tmp_path)
    )  # the session inside this one keeps its files here
    settle = SETTLE.get(name, RunOptions().settle)
    options = RunOptions(examples=5, rounds=3, settle=settle, ledger_folder=tmp_path / "ledgers")
    judged = sys.modules["fronts"].judge(FRONTS[name], Selection(keyword=CHOICES[name]), options)
    assert judged.as_declared, str(judged)
    assert judged.judged > 1


def test_no_front_is_forgotten() -> None:
    assert CHOICES.keys() | IN_FULL_ONLY == FRONTS.keys()
