"""The plan of a run: which requirements are to be judged, collected from their checks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from conformance.catalogue import Requirement, catalogue
from conformance.run.keys import MARK
from conformance.run.limits import run_again_when_throttled

if TYPE_CHECKING:
    from collections.abc import Callable

    from conformance.profiles import Profile

PLANNED = "registry_conformance_planned"
"""The key under which a worker process hands over the requirements of its plan."""

BROKEN = "registry_conformance_broken"
"""The key under which a worker process hands over the errors of the harness."""


class Plan:
    """A pytest plugin that collects the checks of one run, here and in workers.

    `profile` returns the profile of the run's target, or None for the whole catalogue; `only` is a choice of
    requirements, by id.
    """

    def __init__(
        self, profile: Callable[[pytest.Config], Profile | None], only: frozenset[str] | None
    ) -> None:
        self._profile = profile
        self._only = only
        self.planned: set[str] = set()
        self.harness_errors: list[str] = []
        self.stopped = False
        """Whether the session was to end before its last check."""

    @pytest.hookimpl(trylast=True)
    def pytest_collection_modifyitems(self, config: pytest.Config, items: list[pytest.Item]) -> None:
        """Leave out what the target's profile is not held to; clients run late, as they take longest."""
        ours = [item for item in items if requirement_id(item)]
        if not ours:
            return
        self.harness_errors += [
            f"{item.nodeid} is the check of {requirement_id(item)!r}, which conformance/catalogue lacks: add its row."
            for item in ours
            if not requirement_of(item)
        ]
        profile = self._profile(config)
        held = {row.id for row in (catalogue().for_profile(profile) if profile else catalogue())}
        if self._only is not None:
            held &= self._only
        left_out = [item for item in ours if requirement_of(item) and requirement_id(item) not in held]
        if left_out:
            config.hook.pytest_deselected(items=left_out)
        kept = [item for item in items if item not in left_out]
        items[:] = sorted(
            kept, key=lambda item: (is_last(item), (requirement_id(item) or "").startswith("clients."))
        )

    def pytest_itemcollected(self, item: pytest.Item) -> None:
        """Let `-k` find a check by the id of its requirement, and let a check wait for a registry that throttles."""
        if name := requirement_id(item):
            item.extra_keyword_matches.add(name)
            run_again_when_throttled(item)

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        """Count a module of checks that cannot be imported as an error of the harness."""
        if report.failed:
            self.harness_errors.append(str(report.longrepr))

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        """Record the plan: each of its requirements has to have a result in the end."""
        self.planned |= {row.id for item in session.items if (row := requirement_of(item))}

    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """Record whether the session ended early; a worker hands its plan over to the first process."""
        self.stopped = bool(session.shouldstop or session.shouldfail)
        if hasattr(session.config, "workeroutput"):
            session.config.workeroutput[PLANNED] = sorted(self.planned)
            session.config.workeroutput[BROKEN] = self.harness_errors

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: Any) -> None:
        """Take over the plan and the errors of a worker: every worker collects everything."""
        output = getattr(node, "workeroutput", {})
        self.planned |= set(output.get(PLANNED, ()))
        self.harness_errors += [each for each in output.get(BROKEN, ()) if each not in self.harness_errors]


def requirement_of(item: pytest.Item) -> Requirement | None:
    """Return the requirement that an item is the check of; None for other tests, and without a row."""
    return catalogue().requirements.get(requirement_id(item) or "")


def requirement_id(item: pytest.Item) -> str | None:
    """Return the id of the requirement that an item is the check of; None for other tests."""
    mark = item.get_closest_marker(MARK)
    return mark.args[0] if mark else None


def is_last(item: pytest.Item) -> bool:
    """Tell whether an item is a check that runs after the others, such as one that may lock an account."""
    mark = item.get_closest_marker(MARK)
    return mark is not None and bool(mark.kwargs.get("last"))


def is_alone(item: pytest.Item) -> bool:
    """Tell whether an item is a check that no other one may run beside in its process."""
    mark = item.get_closest_marker(MARK)
    return is_last(item) or (mark is not None and bool(mark.kwargs.get("alone")))
