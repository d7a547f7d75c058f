"""A registry whose lists are up to date at once is never waited for."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from conformance.run.checks_run import run_checks
from conformance.run.keys import RUN
from conformance.run.selection import Selection
from conformance.target.embedded import embedded_target
from conformance.verdicts.options import RunOptions

if TYPE_CHECKING:
    from pathlib import Path

DELETING = (
    "gitlab.matrix.delete",
    "gitlab.rest.delete-file",
    "gitlab.rest.delete-keeps-others",
    "gitlab.rest.delete-package",
    "gitlab.rest.own-packages-only",
)
READS_THE_LIST = "http.absolute-links-proxy"


@pytest.mark.parametrize("row", DELETING)
def test_nothing_waits_for_what_a_check_has_deleted(row: str, tmp_path: Path) -> None:
    class Waits:
        def pytest_sessionfinish(self, session: pytest.Session) -> None:
            seen.append(session.config.stash[RUN].registry.settling.waits)

    seen: list[tuple[int, float]] = []
    with embedded_target() as target:
        options = RunOptions(settle=2.0, ledger_folder=tmp_path)
        only = frozenset({row, READS_THE_LIST})
        result = run_checks(target, options, Selection(only=only), plugins=[Waits()])
    assert {each.verdict.value for each in result.results} == {"passed"}
    assert seen == [(0, 0.0)]
