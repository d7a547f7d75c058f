"""Checks that change what others read are alone: several are judged at once where a target is far away."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from conformance.run.checks_run import run_checks
from conformance.run.order import may_be_beside
from conformance.run.plan import requirement_id
from conformance.run.selection import Selection
from conformance.target import target_from_table
from conformance.verdicts.options import RunOptions
from reference_server import ReferenceServer

if TYPE_CHECKING:
    from collections.abc import Generator
    from pathlib import Path

AREAS = "not clients and not race and not load"
"""Of the other areas no check is judged beside others."""


KNOWN = {"gitlab.matrix.delete": "the fixture publishes what it deletes for it alone"}
"""Checks that change what no other one reads, with the reason."""


class Watched:
    """A plugin of an inner session that looks at the registry before and after each check.

    What changes before the first check, or while a fixture of the session is set up, is shared.
    """

    def __init__(self, server: ReferenceServer) -> None:
        self._store = server.registry.store
        self.shared: set[tuple[int, str]] = set()
        """Projects, each by the id of its GitLab project and its normalized name."""
        self.looked_at = 0
        self.changed: dict[str, list[tuple[int, str]]] = {}
        """By requirement, the shared projects that its check changes although others may run beside it."""

    def _serials(self) -> set[tuple[int, str, int]]:
        """Return each project with a number that grows with every change, even one that is undone."""
        owners = [each.id for each in self._store.gitlab_projects()]
        return {
            (owner, name, serial) for owner in owners for name, serial in self._store.serials(owner).items()
        }

    def _changed_since(self, before: set[tuple[int, str, int]]) -> set[tuple[int, str]]:
        return {(owner, name) for owner, name, _ in self._serials() - before}

    def pytest_collection_finish(self) -> None:
        self.shared |= self._changed_since(set())

    @pytest.hookimpl(wrapper=True)
    def pytest_fixture_setup(self, fixturedef: pytest.FixtureDef[Any]) -> Generator[None, object, object]:
        before = self._serials()
        try:
            return (yield)
        finally:
            if fixturedef.scope == "session":
                self.shared |= self._changed_since(before)

    @pytest.hookimpl(wrapper=True)
    def pytest_pyfunc_call(self, pyfuncitem: pytest.Function) -> Generator[None, object, object]:
        before = self._serials()
        try:
            return (yield)
        finally:
            self.looked_at += 1
            name = requirement_id(pyfuncitem) or ""
            changed = self.shared & self._changed_since(before)
            if changed and may_be_beside(pyfuncitem) and name not in KNOWN:
                self.changed[name] = sorted(changed)


def test_what_changes_a_shared_project_is_alone(tmp_path: Path) -> None:
    with ReferenceServer() as server:
        watched = Watched(server)
        options = RunOptions(ledger_folder=tmp_path)
        result = run_checks(
            target_from_table(server.target()), options, Selection(keyword=AREAS), plugins=[watched]
        )
    assert watched.looked_at > 300, result.summary
    assert len(watched.shared) > 20
    assert not watched.changed, "give these checks `alone=True`, or a project of their own"
