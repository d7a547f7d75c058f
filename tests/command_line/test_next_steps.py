"""What a command line says to do next can be typed as it stands, and does what it says."""

from __future__ import annotations

import argparse
import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Any

from conformance.catalogue import catalogue
from conformance.commands.main import main
from conformance.commands.run import _next_steps
from conformance.report.result_file import result_from_json
from conformance.run.sweep import Swept
from conformance.verdicts.baseline import Baseline

if TYPE_CHECKING:
    import pytest


def stale_result() -> dict[str, Any]:
    """Return the result of a run in which a requirement passes that the baseline lists."""
    row = catalogue()["simple.html.doctype"]
    stale = {
        "id": row.id,
        "level": str(row.level),
        "standing": str(row.standing),
        "verdict": "stale",
        "message": "The baseline lists it, but it passes.",
        "duration": 0.1,
        "requests": 1,
        "expected": "",
        "found": "",
        "where": "",
        "signature": "",
        "scored": True,
        "exchanges": [],
    }
    return {
        "suite": {"name": "pypi-registry-conformance", "version": "0.1.0"},
        "target": {"url": "https://registry.example.com/", "profile": "index", "embedded": False},
        "run": "abcdefgh",
        "started": "2026-11-22T17:25:54.662+00:00",
        "finished": "2026-11-22T17:25:59.986+00:00",
        "summary": {"requests": 1, "seed": 0, "exit_code": 4, "notes": []},
        "results": [stale],
    }


def test_the_step_that_prunes_names_the_baseline_and_the_result(tmp_path: Path) -> None:
    baseline, kept = tmp_path / "known failures.toml", tmp_path / "the result.json"
    arguments = argparse.Namespace(json=kept, baseline=Baseline({}, baseline), reports=[], verbose=False)
    steps = _next_steps(result_from_json(stale_result()), arguments)
    (prune,) = [shlex.split(step) for step in steps if " prune " in step]
    assert prune == ["registry-conformance", "baseline", "prune", str(baseline), str(kept)]


def test_an_expression_lists_no_requirement_that_only_a_load_judges(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["list", "-k", "load.one"]) == 2
    assert "no requirement matches -k 'load.one'" in capsys.readouterr().err
    assert main(["list", "load.one"]) == 0


def test_a_sweep_says_once_why_ledgers_are_left(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    reasons = {"a": "no driver is named", "b": "no driver is named", "c": "the registry refused it"}
    left = tuple((Path(name), 2, reason) for name, reason in reasons.items())
    swept = Swept(deleted=0, files=0, leftovers=left, unreadable=())
    monkeypatch.setattr("conformance.run.sweep.sweep", lambda *_: swept)
    assert main(["sweep", "https://registry.example.com", "--profile", "pep503-upload"]) == 3
    assert capsys.readouterr().out.splitlines() == [
        "a: 2 distributions left: no driver is named",
        "b: 2 distributions left: for the same reason",
        "c: 2 distributions left: the registry refused it",
        "Deleted 0 packages (0 files); 6 left.",
    ]
