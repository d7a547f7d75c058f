"""The report on a terminal at the end of a run."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from conformance.verdicts import ExitCode, Tally, Verdict
from conformance.verdicts.counting import counted

if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import TextIO

    from conformance.report.result import CheckResult, RunResult

STYLES = {
    Verdict.PASSED: "green",
    Verdict.FAILED: "bold red",
    Verdict.WARNED: "yellow",
    Verdict.NOTED: "cyan",
    Verdict.NOT_APPLICABLE: "dim",
    Verdict.UNTESTABLE: "magenta",
    Verdict.KNOWN: "blue",
    Verdict.STALE: "bold yellow",
    Verdict.ERROR: "bold red",
}
GROUPED = (Verdict.NOT_APPLICABLE, Verdict.UNTESTABLE)
"""Verdicts that checks share a reason for."""

NAMED = 8
"""How many consequences of a deviation are named per verdict."""

GOOD, BAD = "bold green", "bold red"


def print_report(result: RunResult, file: TextIO) -> None:
    """Print an explanation per verdict that needs one, the worst last, a table by area, and the ending."""
    console = Console(file=file, highlight=False, soft_wrap=True)
    for verdict in GROUPED:
        _explain_together(console, result.of(verdict), verdict)
    _explain_together(console, [each for each in result.of(Verdict.ERROR) if each.stopped_by], Verdict.ERROR)
    consequences = result.consequences()
    for check in reversed(result.causes()):
        if not check.stopped_by:
            _explain(console, check, check.verdict)
            _consequences(console, consequences.get(check.id, []))
    if result.results:
        console.print()
        console.print(_by_area(result))
    if newer := result.tally.unscored.total():
        console.print(
            f"{counted(newer, 'requirement')} joined after set {result.summary.set}: judged, but not scored."
        )
    _ending(console, result)


def _explain(console: Console, check: CheckResult, verdict: Verdict) -> None:
    head = Text.assemble((verdict.upper(), STYLES[verdict]), "  ", (check.id, "bold"), f"  {check.level}")
    if verdict in {Verdict.FAILED, Verdict.WARNED, Verdict.NOTED}:
        head.append(f", {check.standing.words(check.level)}")
    if not check.scored:
        head.append("  unscored", "dim")
    console.print()
    console.print(head)
    message = check.message.partition("\n")[0] if verdict is Verdict.KNOWN else check.message
    console.print(Text("  " + message.replace("\n", "\n  ")))


def _consequences(console: Console, checks: list[CheckResult]) -> None:
    """Print what follows from the deviation above it, in one line per verdict."""
    by_verdict: dict[Verdict, list[str]] = defaultdict(list)
    for check in checks:
        by_verdict[check.verdict].append(check.id)
    for verdict, ids in by_verdict.items():
        number = f"{len(ids)} more {verdict}"
        rest = f" and {len(ids) - NAMED} more" if len(ids) > NAMED else ""
        console.print(
            Text.assemble("    causes   ", (number, STYLES[verdict]), f": {', '.join(ids[:NAMED])}{rest}")
        )


def _explain_together(console: Console, checks: Iterable[CheckResult], verdict: Verdict) -> None:
    reasons: dict[str, list[str]] = defaultdict(list)
    for check in checks:
        reasons[check.message].append(check.id)
    if reasons:
        console.print()
    for reason, ids in reasons.items():
        number = ids[0] if len(ids) == 1 else counted(len(ids), "requirement")
        console.print(Text.assemble((str(verdict), STYLES[verdict]), f": {number}: {reason}"))


def _by_area(result: RunResult) -> Table:
    areas: dict[str, list[Verdict]] = defaultdict(list)
    for check in result.results:
        if check.scored:
            areas[check.area].append(check.verdict)
    columns = [verdict for verdict in Verdict if result.tally.counts[verdict]]
    table = Table("area", box=box.SIMPLE_HEAD, pad_edge=False)
    for verdict in columns:
        table.add_column(str(verdict), justify="right", style=STYLES[verdict])
    for area, verdicts in sorted(areas.items()):
        counts = Tally.of(verdicts).counts
        table.add_row(area, *(str(counts[verdict] or "·") for verdict in columns))
    return table


def _ending(console: Console, result: RunResult) -> None:
    style = GOOD if result.exit_code is ExitCode.CONFORMS else BAD
    if result.exit_code is ExitCode.TOO_LITTLE_JUDGED:
        console.print(Text("No verdict: too few requirements were judged.", style))
    else:
        ending = Text.assemble(result.target.url, " ", (result.ending, style), f"{_counts(result)}.")
        console.print(ending)
    console.print(
        Text(
            f"{result.kind}: {result.tally.judged} judged in {result.seconds:.1f} s, "
            f"{counted(result.summary.requests, 'request')}, run {result.run}, seed {result.summary.seed}"
        )
    )
    for note in result.summary.notes:
        console.print(Text(note))


def _counts(result: RunResult) -> str:
    """Return how many scored requirements failed and warned, and from how many causes, as the end of a sentence."""
    counts = result.tally.counts
    nouns = {Verdict.FAILED: "failure", Verdict.WARNED: "warning"}
    found = [counted(counts[verdict], noun) for verdict, noun in nouns.items() if counts[verdict]]
    deviations = [each for each in result.of(*nouns) if each.scored]
    causes = {each.cause or each.id for each in deviations}
    origin = f" from {counted(len(causes), 'cause')}" if len(causes) < len(deviations) else ""
    return f", with {' and '.join(found)}{origin}" if found else ""
