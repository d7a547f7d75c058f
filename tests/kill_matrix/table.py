"""Write the kill matrix as a document: python tests/kill_matrix/table.py > docs/kill-matrix.md"""

from __future__ import annotations

from collections import defaultdict
from itertools import groupby
from operator import attrgetter

from conformance.catalogue import Requirement, catalogue
from reference_server.faults import Fault, all_faults

HEAD = """\
# The kill matrix

Each requirement that has a check, and the faults that its check catches. The project's tests run every fault
on the reference server against the checks that it names, and against their neighbours: exactly the named
ones have to fail, each with its own message. This page is written by `tests/kill_matrix/table.py`.

{checked} requirements with a check, {faults} faults, {survivors} requirements that no fault breaks.
"""


def document() -> str:
    """Return the whole document."""
    caught: dict[str, list[str]] = defaultdict(list)
    faults = [kind() for kind in all_faults() if kind.family == "content"]
    for fault in faults:
        for name in fault.caught_by:
            caught[name].append(fault.name)
    rows = list(catalogue())
    checked = [row for row in rows if not row.untested]
    survivors = sum(not caught[row.id] for row in checked)
    parts = [HEAD.format(checked=len(checked), faults=len(faults), survivors=survivors)]
    parts += [_area(area, list(members), caught) for area, members in groupby(checked, attrgetter("area"))]
    parts += [_untested([row for row in rows if row.untested]), _troubles()]
    return "\n".join(parts)


def _area(area: str, rows: list[Requirement], caught: dict[str, list[str]]) -> str:
    lines = [f"## {area}", "", "| requirement | caught faults |", "|---|---|"]
    lines += [f"| `{row.id}` | {', '.join(f'`{name}`' for name in sorted(caught[row.id]))} |" for row in rows]
    return "\n".join([*lines, ""])


def _untested(rows: list[Requirement]) -> str:
    lines = ["## Requirements without a check", "", "| requirement | why |", "|---|---|"]
    return "\n".join([*lines, *(f"| `{row.id}` | {row.untested} |" for row in rows), ""])


def _troubles() -> str:
    faults: list[Fault] = [kind() for kind in all_faults() if kind.family == "trouble"]
    lines = [
        "## Trouble on the way",
        "",
        "These break no rule of a specification; a run on a server with one of them is never all green.",
        "What only takes its time is the exception: no registry is blamed for being slow.",
        "",
        "| fault | what it does |",
        "|---|---|",
    ]
    return "\n".join([*lines, *(f"| `{fault.name}` | {fault.summary} |" for fault in faults), ""])


if __name__ == "__main__":
    print(document(), end="")
