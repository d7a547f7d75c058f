"""What came of mutants: kept in a file, compared with the known survivors, printed as a table."""

from __future__ import annotations

from collections import Counter, defaultdict
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import msgspec

from tests.trials.kept import Kept, Outcome

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from tests.mutants.mutations import Mutation

SURVIVORS = Path(__file__).with_name("survivors.toml")
NOTICED = {
    "failed": "a requirement failed",
    "refused": "the run could not begin, or broke off",
    "error": "a check could not be made",
    "no end": "the run took too long",
    "warned": "a SHOULD is missed",
    "noted": "a MAY is missed",
}
"""Outcomes by which a run tells a mutant from the server as it is."""
ALIVE = {
    "survived": "every check passed",
    "untestable": "none failed, and one had nothing to judge by",
    "unreached": "no check runs the line",
}
NEVER_STARTED = "no start"
"""The outcome of a mutant that no run can begin with: it counts neither way."""

HEADINGS = (
    "room",
    "mutants",
    "failed",
    "warned of",
    "survived",
    "open",
    "unasked",
    "out of sight",
    "noticed",
    "of what is asked",
)


class Survivor(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """A mutant that is known to survive, by its key, and why."""

    mutant: str
    reason: str
    sight: Literal["equivalent", "hidden", "unasked", "open"]
    """`equivalent`: it changes nothing. `hidden`: nothing that a client can see. `unasked`: a client can see it, and no
    source asks for it. `open`: a check is missing."""


class Part(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """A part of the server whose survivors are all of one kind: no client of a registry sees them, or asks for them."""

    under: str
    """The beginning of the keys of its mutants: a folder, a file, or a file and a function."""
    reason: str
    sight: Literal["hidden", "unasked", "open"]


class Table(msgspec.Struct, forbid_unknown_fields=True):
    """The form of survivors.toml."""

    part: list[Part] = []
    survivor: list[Survivor] = []


class MutantOutcome(Outcome, frozen=True):
    """What came of a mutant, and which requirement noticed it."""

    verdict: str
    row: str = ""


class Results:
    """What came of mutants, kept in a file."""

    def __init__(self, path: Path, state: str) -> None:
        self._state, self._kept = state, Kept(path, state, MutantOutcome)

    def __contains__(self, mutant: Mutation) -> bool:
        return mutant.key in self._kept

    def __getitem__(self, mutant: Mutation) -> MutantOutcome:
        return self._kept[mutant.key]

    def add(self, mutant: Mutation, verdict: str, row: str, seconds: float) -> None:
        """Keep what came of a mutant, and print it."""
        self._kept.add(MutantOutcome(state=self._state, key=mutant.key, verdict=verdict, row=row))
        print(f"{len(self._kept):5} {verdict:9} {seconds:6.1f} s  {mutant.key}  {row}", flush=True)


class Known:
    """What survivors.toml says of survivors."""

    def __init__(self) -> None:
        table = msgspec.toml.decode(SURVIVORS.read_bytes(), type=Table)
        self.survivors = {each.mutant: each for each in table.survivor}
        self.parts = table.part

    def of(self, mutant: Mutation) -> Survivor | Part | None:
        """Return what is known of a survivor; None where it is new."""
        return self.survivors.get(mutant.key) or self._part(mutant)

    def is_in_part(self, mutant: Mutation) -> bool:
        """Return whether it lies in a part of the server that is known as a whole."""
        return self._part(mutant) is not None

    def _part(self, mutant: Mutation) -> Part | None:
        return next((part for part in self.parts if mutant.key.startswith(part.under)), None)


def unknown(mutants: Iterable[Mutation], results: Results) -> Iterator[Mutation]:
    """Yield the survivors that survivors.toml does not name."""
    known = Known()
    return (mutant for mutant in mutants if results[mutant].verdict in ALIVE and known.of(mutant) is None)


def document(mutants: Sequence[Mutation], results: Results, rooms: Sequence[str]) -> str:
    """Return the survivors that are not known, and the scores of the rooms, as Markdown."""
    known = Known()
    counts: dict[str, Counter[str]] = defaultdict(Counter)
    for mutant in mutants:
        verdict = results[mutant].verdict
        survivor = known.of(mutant)
        for room in (mutant.room, "all"):
            counts[room][verdict] += 1
            if verdict in ALIVE and survivor:
                counts[room][survivor.sight] += 1
    lines = [f"- line {each.line} of {each.key}" for each in unknown(mutants, results)]
    lines += ["", f"| {' | '.join(HEADINGS)} |", f"|{'---|' * len(HEADINGS)}"]
    lines += [_row(room, counts[room]) for room in (*rooms, "all") if room in counts]
    return "\n".join(lines)


def _row(room: str, counts: Counter[str]) -> str:
    warned = counts["warned"] + counts["noted"]
    failed = sum(counts[name] for name in NOTICED) - warned
    survived = sum(counts[name] for name in ALIVE)
    out_of_sight = counts["equivalent"] + counts["hidden"]
    noticed = failed + warned
    whole = noticed + survived
    shares = (
        _share(noticed, whole - out_of_sight),
        _share(noticed, whole - out_of_sight - counts["unasked"]),
    )
    cells = (room, whole, failed, warned, survived, counts["open"], counts["unasked"], out_of_sight, *shares)
    return f"| {' | '.join(map(str, cells))} |"


def _share(part: int, whole: int) -> str:
    return f"{100 * part / whole:.0f} %" if whole else "-"
