"""Runs checks against a server with a fault."""

from __future__ import annotations

import tempfile
from contextlib import contextmanager, nullcontext
from dataclasses import replace
from functools import cache
from itertools import count
from typing import TYPE_CHECKING
from unittest.mock import patch

from hypothesis.internal.conjecture import providers
from hypothesis.internal.constants_ast import Constants

from conformance.catalogue import catalogue
from conformance.corpus import planned
from conformance.kit import fixtures
from conformance.run import checks_run, door, setup
from conformance.run.selection import Selection
from conformance.target import DEFAULT, target_from_table
from conformance.verdicts.options import RunOptions
from reference_server.faults import Fault
from reference_server.rules import Rules
from reference_server.serving.in_process import ReferenceServer

from .direct import straight_to

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator
    from pathlib import Path

    from conformance.report.check_result import CheckResult

MAX_FILE_SIZE = 200_000
"""Bytes: small enough for quick checks of the size limit, large enough for every wheel."""

SETTLE = 0.02
"""Seconds to wait for what a fault may keep away for good: this server shows everything at once."""

ON_THE_WIRE = {"clients", "http", "load", "race"}
"""Areas whose checks look at connections, or at what goes on at once on several."""

RUN_ID = "matrix22"
"""The id of every run: the same corpus and the same names each time, so that no signature depends on chance."""


class Trial:
    """Runs checks against a new server for each fault. What a run writes stays below `folder`.

    Faults of the content are judged without a network, except by checks that need one.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def __call__(
        self,
        fault: Fault,
        only: Collection[str],
        *,
        examples: int = RunOptions.examples,
        rounds: int = RunOptions.rounds,
        flavour: str = "reference",
    ) -> dict[str, CheckResult]:
        """Return the results of the checks `only`, by the requirement's id."""
        rules = replace(Rules(), max_file_size=MAX_FILE_SIZE)
        options = RunOptions(examples=examples, rounds=rounds, settle=SETTLE, shrink=False)
        with (
            ReferenceServer(rules=rules, faults=[fault], flavour=flavour) as server,
            tempfile.TemporaryDirectory(dir=self.folder) as folder,
            patch.object(tempfile, "tempdir", folder),  # the ledger of every run has the same name
            patch.object(setup, "new_run_id", lambda: RUN_ID),
            patch.object(door, "planned", _planned),
            patch.object(fixtures, "_NUMBERS", count(1)),
            _same_examples(),
        ):
            table = server.target()
            # The run publishes under the user's own name, so that `__token__` can be what is broken.
            table["credentials"][DEFAULT]["username"] = "maintainer"
            target = target_from_table(table, embedded=True)
            with straight_to(server.app) if _needs_no_network(fault, only) else nullcontext():
                result = checks_run.run_checks(target, options, Selection(only=frozenset(only)))
        return {each.id: each for each in result.results}


def _needs_no_network(fault: Fault, only: Collection[str]) -> bool:
    """Whether a fault is one of the content, and no check needs connections of its own, or sends from threads."""
    areas = {catalogue()[name].area for name in only}
    return type(fault) is not Fault and fault.family == "content" and ON_THE_WIRE.isdisjoint(areas)


_planned = cache(planned)


@contextmanager
def _same_examples() -> Iterator[None]:
    """Let a seed choose the same examples in each process.

    Hypothesis draws constants, too, from all modules of a checkout that the process has imported until then.
    """
    kept = type(providers.CONSTANTS_CACHE)(providers.CONSTANTS_CACHE.max_size)
    with (
        patch.object(providers, "_get_local_constants", Constants),
        patch.object(providers, "CONSTANTS_CACHE", kept),
    ):
        yield
