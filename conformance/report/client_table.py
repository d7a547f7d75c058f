"""The table of clients on a terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.text import Text

from conformance.report.client_cells import Outcome, by_client, explanations, legend, row_names, titles
from conformance.report.console import printable

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

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

GAP = 2
"""Spaces between columns."""

SENT = 8
"""How many requests of a failure are printed, unless all are asked for."""


def print_clients(console: Console, cells: Sequence[ClientCell], *, verbose: bool) -> None:
    """Print what clients could do, a line each, and what they sent where it failed."""
    console.print()
    for line in _table(cells, width=console.width if console.is_terminal else 0):
        console.print(line)
    console.print()
    for mark, meaning in legend(cells):
        console.print(f"{mark:<7} {meaning}")
    needed, names = explanations(cells), row_names(cells)
    for each in needed if verbose else needed[:LISTED]:
        _print_explanation(console, each, names[each.client], verbose=verbose)
    if len(needed) > LISTED and not verbose:
        console.print(f"and {len(needed) - LISTED} more; --verbose prints them")
    console.print()


def _table(cells: Sequence[ClientCell], *, width: int) -> list[Text]:
    """Return the lines of the table: one below the other where its columns are wider than `width` (0: no limit)."""
    rows = by_client(cells)
    first = max(len(name) for name in (*rows, "client"))
    marks = {
        title: [row[title].outcome.mark for row in rows.values() if title in row] for title in titles(cells)
    }
    wide = {title: max(map(len, (title, *found))) for title, found in marks.items()}
    lines: list[Text] = []
    for part in _parts(wide, width - first):
        head = "  ".join(["client".ljust(first), *(title.ljust(wide[title]) for title in part)])
        lines += [
            Text(head.rstrip(), "bold"),
            *(_line(name, first, row, part, wide) for name, row in rows.items()),
        ]
    return lines


def _parts(wide: Mapping[str, int], room: int) -> list[list[str]]:
    """Return the columns in parts that fit into the room beside the first column; all in one where it is negative."""
    parts: list[list[str]] = [[]]
    used = 0
    for title, width in wide.items():
        used += width + GAP
        if parts[-1] and 0 < room < used:
            parts.append([])
            used = width + GAP
        parts[-1].append(title)
    return parts


def _line(
    name: str, first: int, row: Mapping[str, ClientCell], part: list[str], wide: Mapping[str, int]
) -> Text:
    line = Text(name.ljust(first))
    for title in part:
        outcome = row[title].outcome if title in row else None
        mark = outcome.mark if outcome else ""
        line.append(" " * GAP).append(mark.ljust(wide[title]), STYLES.get(outcome, "") if outcome else "")
    line.rstrip()
    return line


def _print_explanation(console: Console, cell: ClientCell, name: str, *, verbose: bool) -> None:
    head = Text.assemble((str(cell.outcome), STYLES.get(cell.outcome, "")), f": {name}, {cell.scenario}: ")
    console.print(head + Text(printable(cell.message)))
    for line in cell.requests if verbose else cell.requests[-SENT:]:
        console.print(Text(printable(f"  {line}")))
    if verbose and cell.output:
        console.print(Text(printable(cell.output)))
