"""Judges a server in this process by one requirement."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from conformance.run.checks_run import run_checks
from conformance.run.selection import Selection
from conformance.target import target_from_table
from conformance.verdicts.options import RunOptions
from reference_server import ReferenceServer

if TYPE_CHECKING:
    from collections.abc import Mapping

    from conformance.report.check_result import CheckResult
    from reference_server.faults import Fault


def result_of(row: str, table: Mapping[str, Any], options: RunOptions) -> CheckResult:
    """Return what a run with one requirement finds at a target."""
    target = target_from_table({**table}, embedded=True)
    (found,) = run_checks(target, options, Selection(only=frozenset({row}))).results
    return found


def judged(row: str, *faults: Fault, settle: float = RunOptions.settle) -> CheckResult:
    """Judge a new server with some faults by one requirement."""
    with ReferenceServer(faults=faults) as server:
        return result_of(row, server.target(), RunOptions(examples=1, settle=settle))
