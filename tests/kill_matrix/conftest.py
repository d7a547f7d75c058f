"""Runs checks against a server with a fault, and finds the function of a check."""

from __future__ import annotations

from dataclasses import replace
from importlib import import_module
from pkgutil import walk_packages
from typing import TYPE_CHECKING, Any

import pytest

import conformance.checks
from conformance.run.checks_run import run_checks
from conformance.run.keys import MARK
from conformance.run.selection import Selection
from conformance.target import DEFAULT, target_from_table
from conformance.verdicts.options import RunOptions
from reference_server.rules import Rules
from reference_server.serving.in_process import ReferenceServer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

    from conformance.report.result import CheckResult
    from reference_server.faults import Fault

MAX_FILE_SIZE = 200_000
"""Bytes: small enough for quick checks of the size limit, large enough for every wheel."""

SETTLE = 0.02
"""Seconds to wait for what a fault may keep away for good: this server shows everything at once."""


class Trial:
    """Runs checks against a new server for each fault."""

    def __call__(
        self,
        fault: Fault,
        only: Iterable[str],
        *,
        examples: int = RunOptions.examples,
        rounds: int = RunOptions.rounds,
        flavour: str = "reference",
    ) -> dict[str, CheckResult]:
        """Return the results of the checks `only`, by the requirement's id."""
        rules = replace(Rules(), max_file_size=MAX_FILE_SIZE)
        with ReferenceServer(rules=rules, faults=[fault], flavour=flavour) as server:
            table = server.target()
            # The run publishes under the user's own name, so that `__token__` can be what is broken.
            table["credentials"][DEFAULT]["username"] = "maintainer"
            target = target_from_table(table, embedded=True)
            result = run_checks(
                target,
                RunOptions(examples=examples, rounds=rounds, settle=SETTLE, shrink=False),
                Selection(only=frozenset(only)),
            )
        return {each.id: each for each in result.results}


@pytest.fixture
def trial(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Trial:
    """Runs checks against servers with a fault; the inner session keeps its files with this one's."""
    monkeypatch.setenv("PYTEST_DEBUG_TEMPROOT", str(tmp_path))
    return Trial()


@pytest.fixture(scope="session")
def checks() -> dict[str, Callable[..., None]]:
    """Every check's function, by the id of its requirement."""
    found: dict[str, Callable[..., None]] = {}
    for module in walk_packages(conformance.checks.__path__, "conformance.checks."):
        for function in vars(import_module(module.name)).values():
            marks: list[Any] = getattr(function, "pytestmark", [])
            found |= {mark.args[0]: function for mark in marks if mark.name == MARK}
    return found
