"""The report as text, JSON and Markdown."""

from __future__ import annotations

import json
from html import escape
from typing import TYPE_CHECKING

from conformance.client_report.reaction import Reaction

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from conformance.client_report.report import Line, Report, Section

QUIET = frozenset({Reaction.WORKED, Reaction.RECOVERED})
"""Reactions without an error message to quote."""

MEANINGS = """\
| | |
|---|---|
| worked | as without the fault |
| recovered | as without the fault, after repeating requests |
| refused | ended with an error, without repeating a request |
| gave up | ended with an error, after several attempts |
| **wrong** | reported success, but ended with other files than without the fault, or none |
| **hung** | did not end within the time limit |
| **crashed** | ended with a traceback |
"""


def as_text(report: Report) -> str:
    """Return one line for each client and fault, with the client's message unless it worked."""
    lines = [f"without a fault: {each.scenario}: {_figures(each)}" for each in report.usual]
    for section in report.sections:
        lines += ["", section.title]
        for each in section.lines:
            lines.append(f"  {each.fault}: {each.scenario}: {_reaction_text(each)} ({_figures(each)})")
            if each.reaction not in QUIET:
                lines.append(f"      {each.message}")
    lines += [f"left out: {reason}" for reason in report.missing]
    return "\n".join(lines) + "\n"


def as_json(report: Report) -> str:
    """Return the whole report."""
    return json.dumps(report.as_json(), indent=1, ensure_ascii=False) + "\n"


def as_markdown(report: Report) -> str:
    """Return tables: the reactions of all clients, then requests and messages of those that did not work."""
    versions = ", ".join(f"{name} {version}".strip() for name, version in report.clients.items())
    parts = [
        f"{report.made.isoformat()}: {versions}; time limit {report.limit:.0f} s per run.",
        MEANINGS.rstrip(),
        _table(
            ["without a fault", "requests", "seconds"],
            ([each.scenario, _requests(each), f"{each.seconds}"] for each in report.usual),
        ),
    ]
    for section in report.sections:
        parts += [f"### {section.title}", _reactions_table(section, report.scenarios)]
    parts += ["### Error messages", _messages_table(report)]
    parts += [f"Left out: {reason}" for reason in report.missing]
    return "\n\n".join(parts) + "\n"


FORMATS: dict[str, Callable[[Report], str]] = {"text": as_text, "json": as_json, "markdown": as_markdown}


def _reactions_table(section: Section, scenarios: Iterable[str]) -> str:
    found = {(each.fault, each.scenario): each for each in section.lines}
    titles = [title for title in scenarios if any(each.scenario == title for each in section.lines)]
    rows = (
        [
            f"`{fault}`<br>{summary}",
            *(_cell(found[fault, title]) if (fault, title) in found else "–" for title in titles),  # noqa: RUF001
        ]
        for fault, summary in section.summaries.items()
        if any(each.fault == fault for each in section.lines)
    )
    return _table(["fault", *titles], rows)


def _messages_table(report: Report) -> str:
    rows = (
        [
            f"`{each.fault}`",
            each.scenario,
            _ending(each),
            _requests(each),
            f"{each.seconds}",
            escape(each.message, quote=False),
        ]
        for section in report.sections
        for each in section.lines
        if each.reaction not in QUIET
    )
    return _table(["fault", "client", "exit", "requests", "seconds", "last message"], rows)


def _table(head: list[str], rows: Iterable[list[str]]) -> str:
    lines = [head, ["---"] * len(head), *([_escaped(cell) for cell in row] for row in rows)]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _escaped(cell: str) -> str:
    return cell.replace("|", "\\|")


def _cell(line: Line) -> str:
    return (
        _reaction_text(line).replace(line.reaction, f"**{line.reaction}**", 1)
        if _is_loud(line)
        else _reaction_text(line)
    )


def _is_loud(line: Line) -> bool:
    return line.reaction in {Reaction.WRONG, Reaction.HUNG, Reaction.CRASHED}


def _reaction_text(line: Line) -> str:
    return ": ".join(filter(None, (line.reaction, line.detail)))


def _figures(line: Line) -> str:
    return f"exit {_ending(line)}, {_requests_in_words(line)}, {line.seconds} s"


def _requests_in_words(line: Line) -> str:
    """Return the requests by kind: "2 page, 1 metadata and 1 file request"."""
    counts = [f"{count} {kind.removesuffix('s')}" for kind, count in sorted(line.requests.items())]
    if not counts:
        return "no request"
    *others, last = counts
    words = " and ".join(filter(None, (", ".join(others), last)))
    return f"{words} request" if last.startswith("1 ") else f"{words} requests"


def _ending(line: Line) -> str:
    return "none" if line.exit_code is None else str(line.exit_code)


def _requests(line: Line) -> str:
    return ", ".join(f"{kind} {count}" for kind, count in sorted(line.requests.items())) or "none"
