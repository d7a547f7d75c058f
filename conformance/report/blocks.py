"""A finding as a block of lines for a terminal: what was expected and found, where, who is affected, the source."""

from __future__ import annotations

import textwrap
from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from rich.text import Text

from conformance.report.console import printable
from conformance.report.reasons import remedy
from conformance.verdicts import Verdict

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from conformance.report.check_result import CheckResult

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
UNSAFE = "bold red"

LABELS = 11
"""The width of the labels, with the indentation before them."""

BRIEF = {"expected": 3, "found": 4, "where": 2, "": 6}
"""How many lines of a text are shown where all findings cannot be shown in full, by the label before it."""

NAMED = 8
"""How many consequences of a deviation are named per verdict."""

UNLIMITED = 100_000


@dataclass(frozen=True, kw_only=True)
class Page:
    """How wide lines may be, in characters; 0 where they are not wrapped. `brief` shortens texts."""

    width: int = 0
    brief: bool = False

    def wrapped(self, text: str, label: str = "") -> list[str]:
        """Return a text in lines that leave room for the labels."""
        room = max(20, self.width - LABELS) if self.width else UNLIMITED
        lines = [
            line
            for each in printable(text).splitlines() or [""]
            for line in textwrap.wrap(each, room, break_on_hyphens=False, replace_whitespace=False, tabsize=4)
            or [""]
        ]
        most = BRIEF.get(label, UNLIMITED) if self.brief else UNLIMITED
        if len(lines) > most:
            lines = [*lines[: most - 1], f"… and {len(lines) - most + 1} more lines"]
        return lines


def block(finding: CheckResult, consequences: Sequence[CheckResult], page: Page) -> list[Text]:
    """Return the lines of a finding, and of what follows from it."""
    lines = [head(finding)]
    if finding.signature:
        for label, text in _rows(finding):
            lines += _labelled(label, text, page)
    else:
        texts = filter(None, (finding.message, remedy(finding.message)))
        lines += [Text("  " + line) for text in texts for line in page.wrapped(text)]
    return [*lines, *_consequences(consequences, page)]


def head(finding: CheckResult) -> Text:
    """Return the first line of a finding: verdict, id, level, and what the registry does."""
    line = Text.assemble(
        (finding.verdict.upper(), STYLES[finding.verdict]), "  ", (finding.id, "bold"), f"  {finding.level}"
    )
    if finding.verdict in {Verdict.FAILED, Verdict.WARNED, Verdict.NOTED}:
        line.append(f", {finding.standing.words(finding.level)}")
        if finding.does_harm:
            line.append(", ").append(finding.harm.words, UNSAFE)
    if not finding.scored:
        line.append("  unscored", "dim")
    return line


def _rows(finding: CheckResult) -> Iterable[tuple[str, str]]:
    return (
        ("", finding.about_baseline),
        ("", finding.statement),
        ("expected", finding.expected),
        ("found", finding.found),
        ("where", finding.where),
        ("cause", finding.possible_cause and f"perhaps {finding.possible_cause}"),
        ("affects", finding.affects),
        ("source", finding.source),
        ("optional", finding.optional),
    )


def _labelled(label: str, text: str, page: Page) -> list[Text]:
    if not text:
        return []
    if not label:
        return [Text("  " + line) for line in page.wrapped(text, label)]
    first, *rest = page.wrapped(text, label)
    return [
        Text.assemble((f"  {label:<{LABELS - 2}}", "dim"), first),
        *(Text(" " * LABELS + line) for line in rest),
    ]


def _consequences(found: Iterable[CheckResult], page: Page) -> list[Text]:
    """Return what follows from a deviation, in one text per verdict."""
    by_verdict: dict[Verdict, list[str]] = defaultdict(list)
    for each in found:
        by_verdict[each.verdict].append(each.id)
    lines: list[Text] = []
    for verdict, ids in by_verdict.items():
        named = NAMED // 2 if page.brief else NAMED
        rest = f" and {len(ids) - named} more" if len(ids) > named else ""
        lines += _labelled("causes", f"{len(ids)} more {verdict}: {', '.join(ids[:named])}{rest}", page)
    return lines
