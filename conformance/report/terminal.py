"""The report that a person reads at the end of a run."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from conformance.catalogue import Level, Standing
from conformance.verdicts import ExitCode, Summary, Verdict
from conformance.verdicts.counting import counted

if TYPE_CHECKING:
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
EXPLAINED = (Verdict.KNOWN, Verdict.NOTED, Verdict.WARNED, Verdict.STALE, Verdict.ERROR, Verdict.FAILED)
"""Verdicts that need words of their own, the worst last: what stands last is what is read first."""
GROUPED = (Verdict.NOT_APPLICABLE, Verdict.UNTESTABLE)
"""Verdicts that many checks share a reason for."""

ENDINGS = {
    ExitCode.CONFORMS: ("conforms", "bold green"),
    ExitCode.DEVIATES: ("does not conform", "bold red"),
    ExitCode.HARNESS_ERROR: ("could not be judged in full: checks ended in an error", "bold red"),
    ExitCode.STALE_BASELINE: ("does not match its baseline, which is out of date", "bold red"),
    ExitCode.TOO_LITTLE_JUDGED: ("was judged too little to say", "bold red"),
}


def print_report(result: RunResult, file: TextIO) -> None:
    """Print every verdict that needs words, a table by area, and how it ended."""
    console = Console(file=file, highlight=False, soft_wrap=True)
    for verdict in GROUPED:
        _explain_together(console, result, verdict)
    for verdict in EXPLAINED:
        for check in sorted(result.results, key=lambda check: check.id):
            if check.verdict == verdict:
                _explain(console, check, verdict)
    if result.results:
        console.print()
        console.print(_by_area(result))
    if newer := result.summary.unscored.total():
        console.print(
            f"{counted(newer, 'requirement')} joined after set {result.options.requirement_set}: shown, but not scored."
        )
    _ending(console, result)


def _explain(console: Console, check: CheckResult, verdict: Verdict) -> None:
    head = Text.assemble((verdict.upper(), STYLES[verdict]), "  ", (check.id, "bold"), f"  {check.level}")
    if verdict in {Verdict.FAILED, Verdict.WARNED, Verdict.NOTED}:
        head.append(f", {Standing(check.standing).words(Level(check.level))}")
    if not check.scored:
        head.append("  unscored", "dim")
    console.print()
    console.print(head)
    message = check.message.partition("\n")[0] if verdict is Verdict.KNOWN else check.message
    console.print(Text("  " + message.replace("\n", "\n  ")))


def _explain_together(console: Console, result: RunResult, verdict: Verdict) -> None:
    reasons: dict[str, list[str]] = defaultdict(list)
    for check in sorted(result.results, key=lambda check: check.id):
        if check.verdict == verdict:
            reasons[check.message].append(check.id)
    for reason, ids in reasons.items():
        console.print()
        console.print(Text.assemble((verdict.upper(), STYLES[verdict]), f"  {reason}"))
        console.print(Text("  " + ", ".join(ids)))


def _by_area(result: RunResult) -> Table:
    areas: dict[str, list[Verdict]] = defaultdict(list)
    for check in result.results:
        if check.scored:
            areas[check.id.partition(".")[0]].append(Verdict(check.verdict))
    shown = [verdict for verdict in Verdict if result.summary.counts[verdict]]
    table = Table("area", box=box.SIMPLE_HEAD, pad_edge=False)
    for verdict in shown:
        table.add_column(str(verdict), justify="right", style=STYLES[verdict])
    for area, verdicts in sorted(areas.items()):
        counts = Summary.of(verdicts).counts
        table.add_row(area, *(str(counts[verdict] or "·") for verdict in shown))
    return table


def _ending(console: Console, result: RunResult) -> None:
    words, style = ENDINGS[result.exit_code]
    seconds = ((result.finished or result.started) - result.started).total_seconds()
    judged = result.summary.judged
    console.print(
        Text.assemble(
            result.target.url,
            " ",
            (words, style),
            f" ({result.target.profile.title}): {counted(judged, 'requirement')} judged in {seconds:.1f} s "
            f"with {result.requests} requests and client runs, run {result.run_id}, seed {result.options.seed}",
        )
    )
    for note in result.notes:
        console.print(Text(note))
