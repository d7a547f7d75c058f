"""Write how each requirement is broken: python tests/kill_matrix/examples.py > conformance/catalogue/examples.json"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from conformance.catalogue import catalogue
from reference_server.faults import all_faults

sys.path.insert(0, str(Path(__file__).parents[2]))

from tests.kill_matrix.signatures import ANY, observations

if TYPE_CHECKING:
    from collections.abc import Iterable

    from reference_server.faults import Fault
    from tests.kill_matrix.signatures import Signature


def document() -> str:
    """Return the whole file: by requirement the faults that break it, and what its check says of one of them."""
    faults = [kind() for kind in all_faults()]
    rows = {
        row.id: _broken(row.id, [each for each in faults if row.id in each.caught_by]) for row in catalogue()
    }
    return json.dumps({name: row for name, row in rows.items() if row}, indent=1, ensure_ascii=False) + "\n"


def _broken(requirement: str, faults: Iterable[Fault]) -> dict[str, Any]:
    observed = {
        fault: signatures[0]
        for fault in faults
        if fault.name in observations() and (signatures := observations()[fault.name].named.get(requirement))
    }
    if not observed:
        return {}
    best = min(observed, key=lambda fault: _remoteness(requirement, fault, observed[fault]))
    says = observed[best]
    return {
        "fault": best.name,
        "does": best.summary,
        "expected": says.expected,
        "found": "" if says.found == ANY else says.found,
        "where": "" if says.where == ANY else says.where,
        "others": sorted(fault.name for fault in observed if fault is not best),
    }


def _remoteness(requirement: str, fault: Fault, says: Signature) -> tuple[bool, int, int, str]:
    """Order faults: first what breaks this requirement before others and few of them, and leaves something to see."""
    return says.found == ANY, fault.caught_by.index(requirement), len(fault.caught_by), fault.name


if __name__ == "__main__":
    print(document(), end="")
