"""Real clients go through every scenario with the reference server, and with one that is at fault."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from conformance.clients.prepared import EnvironmentFolder
from conformance.report.client_cells import Outcome
from conformance.run.checks_run import run_checks
from conformance.run.selection import Selection
from conformance.target.embedded import embedded_target
from conformance.verdicts import ExitCode
from conformance.verdicts.options import RunOptions

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = [pytest.mark.long, pytest.mark.xdist_group("project-clients")]

FEW = Selection(keyword="simple.html.root.one-anchor-per-project")


def test_pip_uv_twine_and_flit_do_everything_that_they_offer(
    programs: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(EnvironmentFolder, "default", lambda: EnvironmentFolder(programs.kept / "clients"))
    options = RunOptions(clients="pip==26.3,uv==0.13.9,twine==7.0.0,flit", ledger_folder=tmp_path)
    with embedded_target() as target:
        result = run_checks(target, options, FEW)
    trouble = [each for each in result.clients if each.outcome not in {Outcome.WORKED, Outcome.NOT_OFFERED}]
    assert trouble == []
    worked = {each.name: 0 for each in result.clients}
    for each in result.clients:
        worked[each.name] += each.outcome is Outcome.WORKED
    assert {name.partition(" ")[0]: number for name, number in worked.items()} == {
        "pip": 20,
        "uv": 24,
        "twine": 5,
        "flit": 4,
    }
    assert result.exit_code is ExitCode.CONFORMS
