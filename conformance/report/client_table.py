"""The table of clients on a terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.text import Text

from conformance.report.client_cells import Outcome, by_client, explanations, legend, titles
from conformance.report.console import printable

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.console import Console

    from conformance.report.client_cells import ClientCell

STYLES = {
    Outcome.WORKED: "green",
    Outcome.FAILED: "bold red",
    Outcome.CLIENT: "yellow",
    Outcome.ERROR: "magenta",
}

LISTED = 6
"""How many explanations are printed, unless all are asked for."""

SENT = 8
"""How many requests of a failure are printed, unless all are asked for."""


def print_clients(console: Console, cells: Sequence[ClientCell], *, verbose: bool) -> None:
    """Print what clients could do, a line each, and what they sent where it failed."""
    console.print()
    for line in _table(cells):
        console.print(line)
    console.print()
    for mark, meaning in legend(cells):
        console.print(f"{mark:<7} {meaning}")
    needed = explanations(cells)
    for each in needed if verbose else needed[:LISTED]:
        _print_explanation(console, each, verbose=verbose)
    if len(needed) > LISTED and not verbose:
        console.print(f"and {len(needed) - LISTED} more; --verbose prints them")
    console.print()


def _table(cells: Sequence[ClientCell]) -> list[Text]:
    """Return the lines of the table: they are wider than a terminal may be, and are not cut."""
    rows, columns = by_client(cells), titles(cells)
    first = max(len(name) for name in rows)
    width = max(len(text) for text in (*columns, *(each.outcome.mark for each in cells)))
    lines = [
        Text("  ".join(["client".ljust(first), *(each.ljust(width) for each in columns)]).rstrip(), "bold")
    ]
    for name, row in rows.items():
        line = Text(name.ljust(first))
        for each in row.values():
            line.append("  ").append(each.outcome.mark.ljust(width), STYLES.get(each.outcome, ""))
        lines.append(line)
    return lines


def _print_explanation(console: Console, cell: ClientCell, *, verbose: bool) -> None:
    head = Text.assemble(
        (str(cell.outcome), STYLES.get(cell.outcome, "")), f": {cell.name}, {cell.scenario}: "
    )
    console.print(head + Text(printable(cell.message)))
    for line in cell.requests if verbose else cell.requests[-SENT:]:
        console.print(Text(printable(f"  {line}")))
    if verbose and cell.output:
        console.print(Text(printable(cell.output)))
