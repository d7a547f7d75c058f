"""The result as one HTML page that works offline, without scripts and in dark mode."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from markupsafe import Markup, escape

from conformance.catalogue import Level
from conformance.clients import CLIENTS
from conformance.report.change import ABSENT
from conformance.report.changes import summary
from conformance.report.check_result import DEVIATING, EXPLAINED
from conformance.report.client_cells import by_client, explanations, legend, row_names, titles
from conformance.report.evidence import Evidence
from conformance.report.page_exchange import cut, fitting
from conformance.report.problem_counts import problem_counts
from conformance.report.script import script_parts
from conformance.report.templates import render
from conformance.verdicts import Tally, Verdict

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from conformance.report.check_result import CheckResult
    from conformance.report.page_exchange import PageExchange
    from conformance.report.result import RunResult

ROOM = 700_000
"""Characters of a page, escaped, for the texts of registries: the page stays below 2 MB."""
ROOM_FOR_SCRIPTS = 500_000
"""Characters of a page for the parts of its scripts."""
MOST_CLIENTS = 40
"""Scenarios of clients that the page explains."""
MOST_PER_FINDING = 16_000

OTHERS = (
    "pdm",
    "hatch",
    "setuptools",
    "pip-tools",
    "pipenv",
    "devpi",
    "Pulp",
    "bandersnatch",
    "curl",
    "proxpi",
    "rye",
    "conda",
    "Artifactory",
    "Nexus",
)
PROGRAMS = tuple(dict.fromkeys([*(client.name for client in CLIENTS), *OTHERS]))
"""Programs that the catalogue names among the affected ones; the clients of the suite come first."""


PROBLEMS = frozenset(EXPLAINED[:4])
"""Verdicts of what is listed at the top."""

OPENED = 5
"""How many causes are open at first: a page with forty open ones leads nowhere."""


@dataclass(frozen=True, kw_only=True)
class PageResult:
    """The result of a check on the page. `left_out` is the number of exchanges without room."""

    finding: CheckResult
    clients: tuple[str, ...]
    message: str
    expected: str
    found: str
    where: str
    exchanges: tuple[PageExchange, ...]
    left_out: int

    @property
    def is_marked(self) -> bool:
        """Whether an exchange has something marked."""
        return any(each.is_wrong for each in self.exchanges)


def as_html(result: RunResult) -> str:
    """Return a page with every result, and with the exchanges of those that are explained."""
    return render("report.html", **page_context(result))


def page_context(result: RunResult) -> dict[str, Any]:
    """Return what the template `report.html`, and those that extend it, are filled in with."""
    explained = len(result.of(*EXPLAINED))
    room = min(MOST_PER_FINDING, ROOM // max(explained, 1))
    parts = script_parts(result, room=ROOM_FOR_SCRIPTS)
    consequences = result.consequences()
    causes = _causes_of_problems(result, consequences)
    areas = {area: [_page_result(each, room) for each in found] for area, found in result.by_area().items()}
    return {
        "result": result,
        "areas": areas,
        "counts": {verdict: _count(result.results)[verdict] for verdict in result.verdicts},
        "rows": {area: _count(found) for area, found in result.by_area().items()},
        "levels": [level for level in Level if any(each.level is level for each in result.results)],
        "clients": [
            name for name in PROGRAMS if any(name in clients_in(each.affects) for each in result.results)
        ],
        "problems": PROBLEMS,
        "opened": {each.id for each in causes[:OPENED]},
        "causes": causes,
        "problem_counts": problem_counts(result),
        "changes": summary(result.since) if result.since else "",
        "absent": ABSENT,
        "client_rows": by_client(result.clients),
        "client_titles": titles(result.clients),
        "client_names": row_names(result.clients),
        "client_legend": legend(result.clients),
        "client_problems": explanations(result.clients)[:MOST_CLIENTS],
        "more_client_problems": max(0, len(explanations(result.clients)) - MOST_CLIENTS),
        "consequences": consequences,
        "found_here": result.verdict_by_id.keys(),
        "deviating": DEVIATING,
        "scripts": parts.ids,
        # Inside a script element only `<` could end it, or begin a comment.
        "script_parts": Markup(parts.json.replace("<", "\\u003c")),  # noqa: S704
        "Verdict": Verdict,
    }


def _causes_of_problems(
    result: RunResult, consequences: Mapping[str, Sequence[CheckResult]]
) -> list[CheckResult]:
    return [
        each
        for each in result.causes()
        if PROBLEMS.intersection(one.verdict for one in (each, *consequences.get(each.id, [])))
    ]


def clients_in(text: str) -> tuple[str, ...]:
    """Return the programs that a text names."""
    return tuple(name for name in PROGRAMS if re.search(rf"(?<![\w-]){name}(?![\w-])", text))


def _count(findings: Iterable[CheckResult]) -> dict[Verdict, int]:
    counts = Tally.of(each.verdict for each in findings).counts
    return {verdict: counts[verdict] for verdict in Verdict}


def _page_result(finding: CheckResult, room: int) -> PageResult:
    message = cut(finding.about_baseline if finding.expected else finding.message, room // 2)
    parts = (finding.expected, finding.found, finding.where)
    expected, found, where = (cut(text, room // 6) for text in parts)
    exchanges = finding.exchanges if finding.verdict in EXPLAINED else ()
    evidence = Evidence(expected=finding.expected, found=finding.found, where=finding.where)
    left = room - sum(len(escape(text)) for text in (message, expected, found, where))
    kept = fitting(exchanges, evidence, left)
    return PageResult(
        finding=finding,
        clients=clients_in(finding.affects),
        message=message,
        expected=expected,
        found=found,
        where=where,
        exchanges=kept,
        left_out=len(exchanges) - len(kept),
    )
