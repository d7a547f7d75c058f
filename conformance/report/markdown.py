"""The result as a comment of a merge request: the verdict, the counts and the problems."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from conformance.report.changes import as_lines
from conformance.report.check_result import EXPLAINED
from conformance.report.client_cells import explanations, row_names
from conformance.report.curl import deciding_command
from conformance.report.problem_counts import problem_counts
from conformance.report.reasons import ranked
from conformance.verdicts import Tally, Verdict
from conformance.verdicts.counting import counted

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from conformance.report.check_result import CheckResult
    from conformance.report.result import RunResult

ROOM = 60_000
"""Characters; a comment on GitHub may have 65,536."""
LONGEST = 4_000
"""Characters of one message."""
MOST_CHANGES = 40
MOST_CLIENTS = 12
"""Lines on clients."""
LONGEST_LINE = 300
"""Characters of a line on clients."""
BRIEF = frozenset({Verdict.KNOWN, Verdict.NOTED})
"""Verdicts that are only counted."""


def as_markdown(result: RunResult) -> str:
    """Return Markdown for GitLab and GitHub. The texts of a registry are in code blocks only."""
    above = [_head(result), *_changes(result)]
    under = [*_clients(result), *_notes(result), _areas(result)]
    problems = _problems(result, ROOM - sum(map(len, (*above, *under))))
    return "\n\n".join([*above, *problems, *under]) + "\n"


def _problems(result: RunResult, room: int) -> Iterator[str]:
    """Yield what is wrong, the worst first, as far as it fits into a number of characters."""
    below = result.consequences()
    causes = [each for each in result.causes() if each.verdict not in BRIEF or each.id in below]
    consequences = [each for each in result.of(*EXPLAINED) if each.cause and each.verdict not in BRIEF]
    explained = [each for each in (*causes, *consequences) if not each.stopped_by]  # which a note is about
    texts = [
        _shared(reason, [first, *others])
        if others
        else _details(
            first, below.get(first.id, []), opened=first is explained[0] and first.verdict not in BRIEF
        )
        for reason, (first, *others) in ranked(explained)
    ]
    for number, text in enumerate(texts):
        room -= len(text) + 2
        if room < 0:
            yield f"And {len(texts) - number} more: see the full report."
            return
        yield text


def code(text: str) -> str:
    """Return a code span with any text in it, on one line."""
    text = " ".join(text.split()) or " "
    fence = "`" * (_longest_run(text) + 1)
    pad = " " if text.startswith("`") or text.endswith("`") else ""
    return f"{fence}{pad}{text}{pad}{fence}"


def table(head: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    """Return a table; the first column is text, the others are figures."""
    head = list(head)
    lines = [head, ["---", *["--:"] * (len(head) - 1)], *map(list, rows)]
    return "\n".join(f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in line)} |" for line in lines)


def _head(result: RunResult) -> str:
    judged = f"{result.tally.judged_in_all} of {counted(len(result.results), 'requirement')} judged"
    figures = f"in {result.seconds:.0f} s with {counted(result.summary.requests, 'request')}"
    origin = f"run {code(result.run)}, seed {result.summary.seed}, {result.suite.name} {code(result.suite.version)}"
    head = f"### {code(result.target.url)} {result.ending}"
    if not result.results:
        return head
    counts = problem_counts(result)
    with_counts = f"{head}, with {counts}" if counts else head
    return f"{with_counts}\n\n{result.kind}: {judged} {figures}, {origin}."


def _notes(result: RunResult) -> Iterator[str]:
    if newer := result.tally.unscored.total():
        joined = counted(newer, "requirement")
        yield f"{joined} joined after set {code(result.summary.set or '')}: judged, but not scored."
    for note in result.summary.notes:
        yield _block(note)


def _areas(result: RunResult) -> str:
    rows = []
    for area, findings in result.by_area().items():
        counts = Tally.of(each.verdict for each in findings).counts
        rows.append([area, *(str(counts[verdict] or "") for verdict in result.verdicts)])
    return table(["area", *map(str, result.verdicts)], rows) if rows else "Nothing was judged."


def _changes(result: RunResult) -> Iterator[str]:
    """Yield what changed since an earlier result, at most `MOST_CHANGES` of it."""
    if found := result.since:
        lines = as_lines(found, most=MOST_CHANGES)
        where = f", {code(found.url)}" if found.url else ""
        yield f"### Since the last time{where}\n\n" + _block("\n".join(lines))


def _clients(result: RunResult) -> Iterator[str]:
    """Yield what did not work for clients, a line each, the failures first."""
    if needed := explanations(result.clients):
        names = row_names(result.clients)
        lines = [
            f"{each.outcome}: {names[each.client]}, {each.scenario}: {' '.join(each.message.split())}"
            for each in needed[:MOST_CLIENTS]
        ]
        more = [f"and {len(needed) - MOST_CLIENTS} more"] if len(needed) > MOST_CLIENTS else []
        cut = [line if len(line) <= LONGEST_LINE else line[:LONGEST_LINE] + "…" for line in lines]
        yield "### Clients\n\n" + _block("\n".join([*cut, *more]))


def _shared(reason: str, findings: list[CheckResult]) -> str:
    """Return a reason that several findings share, and their ids."""
    number = counted(len(findings), "requirement")
    ids = ", ".join(f"`{each.id}`" for each in findings)
    return "\n".join(
        [
            f"<details open><summary><b>{findings[0].verdict}</b> {number}</summary>",
            "",
            _block(reason),
            "",
            f"{ids}",
            "",
            "</details>",
        ]
    )


def _details(finding: CheckResult, consequences: list[CheckResult], *, opened: bool) -> str:
    """Return a finding that a click opens, or closes where it is `opened`."""
    scored = "" if finding.scored else ", not scored"
    if finding.cause:
        scored += f", follows from <code>{finding.cause}</code>"
    if finding.may_follow_from:
        scored += f", perhaps follows from <code>{finding.may_follow_from}</code>, which was not judged"
    name, more = f"<b>{finding.verdict}</b> <code>{finding.id}</code>", []
    if consequences:
        scored += f", causes {len(consequences)} more"
        more = ["Causes " + ", ".join(f"`{each.id}` ({each.verdict})" for each in consequences) + ".", ""]
    return "\n".join(
        [
            f"<details{' open' if opened else ''}><summary>{name} {finding.level}{scored}</summary>",
            "",
            _block(finding.message),
            "",
            *more,
            *([_block(command), ""] if (command := _command(finding)) else []),
            "</details>",
        ]
    )


def _command(finding: CheckResult) -> str:
    """Return the request that shows a deviation; empty for what shows none."""
    return deciding_command(finding) if finding.signature else ""


def _block(text: str) -> str:
    text = text if len(text) <= LONGEST else text[:LONGEST] + "…"
    fence = "`" * max(3, _longest_run(text) + 1)
    return f"{fence}text\n{text}\n{fence}"


def _longest_run(text: str) -> int:
    return max(map(len, re.findall("`+", text)), default=0)
