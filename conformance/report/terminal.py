"""The report on a terminal at the end of a run."""

from __future__ import annotations

import io
from collections import defaultdict
from itertools import chain, islice
from typing import TYPE_CHECKING

from rich import box
from rich.table import Table
from rich.text import Text

from conformance.report.blocks import STYLES, Page, block
from conformance.report.changes import as_lines
from conformance.report.check_result import EXPLAINED
from conformance.report.client_table import print_clients
from conformance.report.console import console_on, printable
from conformance.report.problem_counts import problem_counts
from conformance.report.reasons import remedy, shared_reasons
from conformance.verdicts import ExitCode, Tally, Verdict
from conformance.verdicts.counting import counted

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
    from typing import TextIO

    from rich.console import Console

    from conformance.report.check_result import CheckResult
    from conformance.report.result import RunResult

GROUPED = (Verdict.NOT_APPLICABLE, Verdict.UNTESTABLE)
"""Verdicts that checks share a reason for."""

LISTED_ONLY = frozenset({Verdict.KNOWN})
"""Verdicts that have a line each, unless all findings are asked for in full: they ask for no action."""

ROOM = 36
"""Lines for findings in full, unless all are asked for; the worst one is always shown."""

LISTED = 8
"""How many further findings are listed in a line each."""

GOOD, BAD = "bold green", "bold red"


def print_report(
    result: RunResult,
    file: TextIO,
    *,
    verbose: bool = False,
    plain: bool = False,
    next_steps: Mapping[str, str] | None = None,
) -> None:
    """Print the findings, the worst first, a table by area, the next steps, and the ending.

    What follows from another finding stands under it. Without `verbose` only the worst findings are shown in full.
    Lines are wrapped on a terminal only; a `plain` report is for none.
    """
    console = console_on(file, plain=plain)
    page = Page(width=console.width if console.is_terminal else 0, brief=not verbose)
    for verdict in GROUPED if verbose else ():
        _explain_together(console, result.of(verdict), verdict)
    shared = shared_reasons(result.of(Verdict.ERROR, Verdict.STALE))
    together = {each.id for _, group in shared for each in group}
    _findings(console, result, page, without=together)
    for reason, group in shared:
        _explain_shared(console, reason, group, page)
    if result.results:
        console.print()
        console.print(_by_area(result), soft_wrap=False)
    if result.clients:
        print_clients(console, result.clients, verbose=verbose)
    if not verbose:
        explained = {each.id for each in result.of(*EXPLAINED)}
        _untestable(console, [each for each in result.of(Verdict.UNTESTABLE) if each.cause not in explained])
    if newer := result.tally.unscored.total():
        console.print(
            f"{counted(newer, 'requirement')} joined after set {result.summary.set}: judged, but not scored."
        )
    _changes(console, result, most=None if verbose else LISTED)
    for line in _steps(next_steps or {}, page):
        console.print(Text(printable(line)))
    _ending(console, result)


def as_text(result: RunResult) -> str:
    """Return the report as plain text, with every finding in full."""
    file = io.StringIO()
    print_report(result, file, verbose=True, plain=True)
    return file.getvalue()


def _findings(console: Console, result: RunResult, page: Page, *, without: Collection[str]) -> None:
    """Print findings, the worst first, without those of some ids."""
    consequences = result.consequences()
    causes = [each for each in result.causes() if each.id not in without]
    known = {
        each.id: each
        for each in causes
        if page.brief and {one.verdict for one in (each, *consequences.get(each.id, []))} <= LISTED_ONLY
    }
    causes = [each for each in causes if each.id not in known]
    whole = used = 0
    for cause in causes:
        lines = block(cause, consequences.get(cause.id, []), page)
        if page.brief and whole and used + len(lines) + 1 > ROOM:
            break
        console.print()
        for line in lines:
            console.print(line)
        whole, used = whole + 1, used + len(lines) + 1
    rest = causes[whole:]
    if rest:
        console.print()
        console.print(f"{len(rest)} more:")
        for line in _listed(rest, page):
            console.print(line)
    for line in _known([*known.values()], page):
        console.print(line)


def _known(findings: list[CheckResult], page: Page) -> Iterator[Text]:
    """Yield a line for each known failure with what the baseline says of it, and one for those after them."""
    if findings:
        yield Text()
    for each in findings[:LISTED]:
        said = printable(each.about_baseline.partition(": ")[2])
        line = Text.assemble(
            (each.verdict.upper(), STYLES[each.verdict]), "  ", (each.id, "bold"), f"  {said}"
        )
        if page.width:
            line.truncate(page.width, overflow="ellipsis")
        yield line
    if len(findings) > LISTED:
        yield Text(f"and {len(findings) - LISTED} more known failures")


def _listed(findings: list[CheckResult], page: Page) -> Iterator[Text]:
    """Yield a line for each of the next findings, and one for those after them."""
    widest = max(len(each.id) for each in findings[:LISTED])
    for each in islice(findings, LISTED):
        line = Text.assemble(
            "  ", (f"{each.verdict:<6}", STYLES[each.verdict]), f"  {each.id:<{widest}}  {each.statement}"
        )
        if page.width:
            line.truncate(page.width, overflow="ellipsis")
        yield line
    if len(findings) > LISTED:
        yield Text(f"  and {len(findings) - LISTED} more")


def _explain_together(console: Console, checks: Iterable[CheckResult], verdict: Verdict) -> None:
    reasons: dict[str, list[str]] = defaultdict(list)
    for check in checks:
        reasons[printable(check.message)].append(check.id)
    if reasons:
        console.print()
    for reason, ids in reasons.items():
        number = ids[0] if len(ids) == 1 else counted(len(ids), "requirement")
        console.print(Text.assemble((str(verdict), STYLES[verdict]), f": {number}: {reason}"))


def _untestable(console: Console, checks: Sequence[CheckResult]) -> None:
    """Print the reason that all untestable requirements share, or how many there are."""
    if len({each.message for each in checks}) == 1:
        _explain_together(console, checks, Verdict.UNTESTABLE)
    elif checks:
        console.print(f"{counted(len(checks), 'requirement')} untestable; --verbose says why.")


def _steps(steps: Mapping[str, str], page: Page) -> Iterator[str]:
    """Yield commands, each with its use where that fits beside it."""
    widest = max(map(len, steps), default=0)
    for number, (step, use) in enumerate(steps.items()):
        line = f"{'' if number else 'Next:':<5} {step}"
        whole = f"{line:<{widest + 6}}  {use}"
        yield whole if not page.width or len(whole) <= page.width else line


def _explain_shared(console: Console, reason: str, findings: list[CheckResult], page: Page) -> None:
    """Print a reason that several findings share, and their ids where no note has them."""
    first = findings[0]
    head = (f"{first.verdict.upper()}", STYLES[first.verdict])
    console.print()
    console.print(Text.assemble(head, "  ", (counted(len(findings), "requirement"), "bold")))
    ids = "" if first.stopped_by else ", ".join(each.id for each in findings)
    texts = filter(None, (reason, ids, remedy(reason)))
    for line in chain.from_iterable(map(page.wrapped, texts)):
        console.print(Text("  " + line))


def _changes(console: Console, result: RunResult, *, most: int | None) -> None:
    """Print what changed since an earlier result."""
    if result.since:
        console.print(printable(f"Since run {result.since.run}{result.since.elsewhere}:"))
        for line in as_lines(result.since, most=most):
            console.print(Text(printable("  " + line)))
        console.print()


def _by_area(result: RunResult) -> Table:
    areas: dict[str, list[Verdict]] = defaultdict(list)
    for check in result.results:
        if check.scored:
            areas[check.area].append(check.verdict)
    columns = [verdict for verdict in Verdict if result.tally.counts[verdict]]
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, collapse_padding=True)
    table.add_column("area", no_wrap=True)
    for verdict in columns:
        head = str(verdict)
        table.add_column(head, justify="right", style=STYLES[verdict], min_width=max(map(len, head.split())))
    for area, verdicts in sorted(areas.items()):
        counts = Tally.of(verdicts).counts
        table.add_row(area, *(str(counts[verdict] or "·") for verdict in columns))
    return table


def _ending(console: Console, result: RunResult) -> None:
    style = GOOD if result.exit_code is ExitCode.CONFORMS else BAD
    if result.exit_code is ExitCode.TOO_LITTLE_JUDGED:
        console.print(Text("No verdict: too few requirements were judged.", style))
    else:
        counts = problem_counts(result)
        end = f", with {counts}." if counts else "."
        ending = Text.assemble(result.target.url, " ", (result.ending, style), end)
        console.print(ending)
    console.print(
        Text(
            f"{result.kind}: {result.tally.judged} judged in {result.seconds:.1f} s, "
            f"{counted(result.summary.requests, 'request')}, run {result.run}, seed {result.summary.seed}"
        )
    )
    for note in result.summary.notes:
        console.print(Text(printable(note)))
