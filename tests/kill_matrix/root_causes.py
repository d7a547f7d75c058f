"""Which row stands first for each fault that turns many red: python -m tests.kill_matrix.root_causes [FAULT ...]

Judges the server with each fault by the requirements that it is known to turn red (where answers break off, by all),
without clients and races, and prints how many deviate, under how many causes, and which one reports put first, with
what follows from it.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from conformance.report.causes import with_causes
from conformance.report.result import by_weight
from reference_server.faults import all_faults

from .matrix import FAULTS, FEW, HTTP, MANY, by_chance, flavour_for, held_by, red
from .signatures import observations
from .trial import Trial

if TYPE_CHECKING:
    from conformance.report.check_result import CheckResult
    from reference_server.faults import Fault

MOST = 6
"""Rows that a fault turns red and that need no table: one cause, and five that follow."""

CUT = frozenset({"truncated-downloads", "truncated-pages"})
"""Faults that break off answers, of which each row is judged: whatever reads such an answer deviates.

The other faults of the network leave no answer, which ends a run, or a whole one.
"""


def far_reaching() -> dict[Fault, frozenset[str]]:
    """Return the faults that turn many requirements red, each with these."""
    kept = observations()
    rows = {
        fault: {*fault.caught_by, *(kept[fault.name].consequences or {})} & HTTP
        for fault in FAULTS
        if fault.name in kept
    }
    found = {fault: frozenset(each for each in ids if not by_chance(each)) for fault, ids in rows.items()}
    every = frozenset(name for name in held_by(flavour_for(())) if not by_chance(name))
    cut = {each: every for each in (kind() for kind in all_faults()) if each.name in CUT}
    return {fault: ids for fault, ids in found.items() if len(ids) > MOST} | cut


def causes_of(trial: Trial, fault: Fault, only: frozenset[str]) -> dict[str, list[CheckResult]]:
    """Return the causes that reports show of a fault, in their order, each with all that stands under it."""
    flavour = flavour_for(HTTP.intersection(fault.caught_by))
    deviations = red(trial(fault, only, examples=FEW, rounds=MANY, flavour=flavour))
    found: dict[str, list[CheckResult]] = {}
    results = with_causes(deviations.values())
    for cause in by_weight(results):
        found[cause.id] = [each for each in results if cause.id in (each.id, each.cause)]
    return found


def main() -> int:
    """Print the table."""
    print("| fault | deviations | causes | first | rows under it | others |\n|---|---|---|---|---|---|")
    with tempfile.TemporaryDirectory() as folder:
        trial = Trial(Path(folder))
        for fault, only in far_reaching().items():
            if sys.argv[1:] and fault.name not in sys.argv[1:]:
                continue
            causes = causes_of(trial, fault, only)
            first, *others = causes
            total = sum(map(len, causes.values()))
            rest = ", ".join(f"`{each}`" for each in others)
            print(
                f"| `{fault.name}` | {total} | {len(causes)} | `{first}` | {len(causes[first])} | {rest} |",
                flush=True,
            )
    return 0


if __name__ == "__main__":
    sys.exit(main())
