"""The result as one HTML file that needs nothing else: no network, no script, no light."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from markupsafe import Markup, escape

from conformance.catalogue import Level
from conformance.report.curl import command_line
from conformance.report.result import EXPLAINED
from conformance.report.script import DEVIATING, makings
from conformance.report.templates import render
from conformance.verdicts import Tally, Verdict

if TYPE_CHECKING:
    from collections.abc import Iterable

    from conformance.report.result import CheckResult, RunResult
    from conformance.wire.exchange import Exchange

ROOM = 700_000
"""Characters of a page, escaped, for what registries have said: the page stays below 2 MB."""
ROOM_FOR_SCRIPTS = 500_000
"""Characters of a page for what its scripts are made of."""
MOST_PER_FINDING = 16_000
MOST_PER_BODY = 1_200
MOST_PER_HEADER = 200

CLIENTS = (
    "pip",
    "uv",
    "twine",
    "poetry",
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
"""Programs that the catalogue names among those who suffer."""


@dataclass(frozen=True, kw_only=True)
class ShownExchange:
    """An exchange as the page has it: cut, and with the command that repeats it."""

    number: int
    command: str
    status: str
    headers: tuple[tuple[str, str], ...]
    body: str
    credential: str
    seconds: float

    @property
    def length(self) -> int:
        """How many characters it takes on the page."""
        headers = sum(len(escape(name)) + len(escape(value)) + 16 for name, value in self.headers)
        return sum(len(escape(text)) for text in (self.command, self.status, self.body)) + headers + 300


@dataclass(frozen=True, kw_only=True)
class ShownFinding:
    """A finding as the page has it. `left_out` counts exchanges for which there was no room."""

    finding: CheckResult
    clients: tuple[str, ...]
    message: str
    expected: str
    found: str
    where: str
    exchanges: tuple[ShownExchange, ...]
    left_out: int


def as_html(result: RunResult) -> str:
    """Return a page with every finding, and the exchanges of those that are worth a look."""
    loud = len(result.of(*EXPLAINED))
    room = min(MOST_PER_FINDING, ROOM // max(loud, 1))
    made_of = makings(result, room=ROOM_FOR_SCRIPTS)
    areas = {area: [_shown(each, room) for each in found] for area, found in result.by_area().items()}
    return render(
        "report.html",
        result=result,
        areas=areas,
        counts={verdict: _count(result.results)[verdict] for verdict in result.verdicts},
        rows={area: _count(found) for area, found in result.by_area().items()},
        levels=[level for level in Level if any(each.level is level for each in result.results)],
        clients=[
            name for name in CLIENTS if any(name in clients_in(each.affects) for each in result.results)
        ],
        loud=EXPLAINED[:4],
        deviating=DEVIATING,
        scripts=made_of.ids,
        # Inside of a script element only `<` could end it, or begin a comment.
        makings=Markup(made_of.json.replace("<", "\\u003c")),  # noqa: S704
        Verdict=Verdict,
    )


def clients_in(text: str) -> tuple[str, ...]:
    """Return the programs that a text names."""
    return tuple(name for name in CLIENTS if re.search(rf"(?<![\w-]){name}(?![\w-])", text))


def _count(findings: Iterable[CheckResult]) -> dict[Verdict, int]:
    counts = Tally.of(each.verdict for each in findings).counts
    return {verdict: counts[verdict] for verdict in Verdict}


def _shown(finding: CheckResult, room: int) -> ShownFinding:
    message = _cut(finding.about_baseline if finding.expected else finding.message, room // 2)
    told = (finding.expected, finding.found, finding.where)
    expected, found, where = (_cut(text, room // 6) for text in told)
    exchanges = finding.exchanges if finding.verdict in EXPLAINED else ()
    shown = _fitting(exchanges, room - sum(len(escape(text)) for text in (message, expected, found, where)))
    return ShownFinding(
        finding=finding,
        clients=clients_in(finding.affects),
        message=message,
        expected=expected,
        found=found,
        where=where,
        exchanges=shown,
        left_out=len(exchanges) - len(shown),
    )


def _fitting(exchanges: tuple[Exchange, ...], room: int) -> tuple[ShownExchange, ...]:
    """Return the last exchanges for which there is room: what was asked last decided."""
    fitting: list[ShownExchange] = []
    for exchange in reversed(exchanges):
        shown = _cut_exchange(exchange)
        room -= shown.length
        if room < 0:
            break
        fitting.insert(0, shown)
    return tuple(fitting)


def _cut_exchange(exchange: Exchange) -> ShownExchange:
    status = "" if exchange.status is None else f"{exchange.status} "
    return ShownExchange(
        number=exchange.number,
        command=_cut(command_line(exchange), MOST_PER_BODY),
        status=_cut(f"{status}{exchange.reason}", MOST_PER_HEADER),
        headers=tuple(
            (_cut(name, MOST_PER_HEADER), _cut(value, MOST_PER_HEADER))
            for name, value in list(exchange.response_headers.items())[:30]
        ),
        body=_cut(exchange.response_body, MOST_PER_BODY),
        credential=exchange.credential,
        seconds=exchange.seconds,
    )


def _cut(text: str, room: int) -> str:
    """Return the head of a text that takes no more than `room` characters when it is escaped."""
    room = max(room, 100)
    kept = text[:room]
    while len(escape(kept)) > room:
        kept = kept[: len(kept) * 2 // 3]
    return kept if len(kept) == len(text) else f"{kept}… <{len(text)} characters in all>"
