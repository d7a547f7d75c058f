"""What clients could do with a registry: one cell per client, version and scenario."""

from __future__ import annotations

from collections import Counter, defaultdict
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

from msgspec import Meta, Struct

from conformance.verdicts.counting import counted

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping


class Outcome(StrEnum):
    """How a scenario ended."""

    WORKED = "worked"
    FAILED = "failed"
    CLIENT = "fails everywhere"
    NOT_OFFERED = "not offered by the client"
    NOT_APPLICABLE = "not applicable"
    UNTESTABLE = "untestable"
    ERROR = "error"

    @property
    def mark(self) -> str:
        """A short word for a table."""
        return _MARKS[self]

    @property
    def meaning(self) -> str:
        """The legend of the mark."""
        return _MEANINGS[self]


_MARKS = {
    Outcome.WORKED: "ok",
    Outcome.FAILED: "FAILS",
    Outcome.CLIENT: "client",
    Outcome.NOT_OFFERED: "·",
    Outcome.NOT_APPLICABLE: "n/a",
    Outcome.UNTESTABLE: "?",
    Outcome.ERROR: "error",
}
_MEANINGS = {
    Outcome.WORKED: "the scenario ended as it should",
    Outcome.FAILED: "it did not, and it does with the reference server",
    Outcome.CLIENT: "it fails with the reference server, too",
    Outcome.NOT_OFFERED: "the client's documents do not offer it",
    Outcome.NOT_APPLICABLE: "the registry does not offer what the scenario needs",
    Outcome.UNTESTABLE: "a prerequisite is missing",
    Outcome.ERROR: "throttling, the network, a budget or the client's start prevented it",
}

EXPLAINED = (Outcome.FAILED, Outcome.CLIENT, Outcome.ERROR, Outcome.UNTESTABLE)
"""Outcomes that reports explain."""


JUDGED = frozenset({Outcome.WORKED, Outcome.FAILED, Outcome.CLIENT})
"""Outcomes that are a verdict, on the registry or on the client."""


class ClientCell(Struct, frozen=True, kw_only=True):
    """One client in one version, and one scenario."""

    client: Annotated[
        str, Meta(description="The client as it was asked for, such as `pip==23.2.1` or `pip`.")
    ]
    version: Annotated[str, Meta(description="Its version; empty where it could not be prepared.")]
    scenario: Annotated[str, Meta(description="Such as `install.latest`.")]
    title: Annotated[str, Meta(description="The scenario in one or two words.")]
    outcome: Outcome
    counts: Annotated[bool, Meta(description="Whether a failure counts for the exit code.")] = True
    message: Annotated[str, Meta(description="Why it did not work, in one sentence or several.")] = ""
    source: Annotated[str, Meta(description="The client's own document, for what it does not offer.")] = ""
    output: Annotated[str, Meta(description="The end of what the client printed, where it failed.")] = ""
    requests: Annotated[
        tuple[str, ...], Meta(description="What the client sent and was answered, where it failed.")
    ] = ()

    @property
    def name(self) -> str:
        """The client with its version."""
        return f"{self.client.partition('==')[0]} {self.version or self.client.partition('==')[2]}".rstrip()


def by_client(cells: Iterable[ClientCell]) -> Mapping[str, Mapping[str, ClientCell]]:
    """Return the cells of each client by the title of their scenario.

    Two that were asked for apart may be of one version: their rows have what was asked for, too.
    """
    cells = [*cells]
    rows: dict[str, dict[str, ClientCell]] = defaultdict(dict)
    for each in cells:
        rows[each.client][each.title] = each
    return {name: rows[client] for client, name in row_names(cells).items()}


def row_names(cells: Iterable[ClientCell]) -> Mapping[str, str]:
    """Return the name of each client in reports, by what was asked for."""
    names = {each.client: each.name for each in cells}
    times = Counter(names.values())
    return {client: name if times[name] == 1 else f"{name} ({client})" for client, name in names.items()}


def titles(cells: Iterable[ClientCell]) -> list[str]:
    """Return the titles of scenarios, in their order."""
    return list(dict.fromkeys(each.title for each in cells))


def explanations(cells: Iterable[ClientCell]) -> list[ClientCell]:
    """Return what needs an explanation, failures first; what one client says of several scenarios stands there once."""
    needed = sorted(
        (each for each in cells if each.outcome in EXPLAINED), key=lambda each: EXPLAINED.index(each.outcome)
    )
    once: dict[tuple[str, str], ClientCell] = {}
    for each in needed:
        once.setdefault((each.client, each.message), each)
    return list(once.values())


def legend(cells: Iterable[ClientCell]) -> list[tuple[str, str]]:
    """Return each mark that a table of these cells has, with its meaning."""
    used = {each.outcome for each in cells}
    return [(each.mark, each.meaning) for each in Outcome if each in used]


def deviates(cells: Iterable[ClientCell]) -> bool:
    """Return whether a scenario failed that counts for the exit code."""
    return any(each.outcome is Outcome.FAILED and each.counts for each in cells)


def unjudged_note(cells: Iterable[ClientCell]) -> str:
    """Return a sentence with the clients that came to no verdict at all; nothing where there is none."""
    judged: dict[str, bool] = {}
    for each in cells:
        judged[each.client] = judged.get(each.client, False) or each.outcome in JUDGED
    unjudged = [client for client, is_judged in judged.items() if not is_judged]
    return f"No scenario could be judged with {', '.join(unjudged)}." if unjudged else ""


def cells_note(cells: Iterable[ClientCell]) -> str:
    """Return the numbers in one sentence; nothing without cells."""
    counts = Counter(each.outcome for each in cells)
    tried = sum(counts[each] for each in (Outcome.WORKED, Outcome.FAILED, Outcome.CLIENT, Outcome.ERROR))
    if not counts:
        return ""
    rest = ", ".join(
        f"{counts[each]} {each}" for each in Outcome if counts[each] and each is not Outcome.WORKED
    )
    return f"Clients: {counts[Outcome.WORKED]} of {counted(tried, 'scenario')} worked{'; ' if rest else ''}{rest}."


def counted_outcomes(cells: Iterable[ClientCell]) -> str:
    """Return how many scenarios of a client ended how, such as "7 worked, 5 not offered by the client"."""
    counts = Counter(each.outcome for each in cells)
    return ", ".join(f"{counts[each]} {each}" for each in Outcome if counts[each])
