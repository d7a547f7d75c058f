"""Mutation testing: change the server in one place at a time, and see whether the suite notices.

    python -m tests.mutants --sample 200 --seed 1
    python -m tests.mutants --room rules --room http

Every operator, constant and statement of the server's rules, handlers and rendering is changed, one at a time; each
mutant is judged by the checks without clients, those that run the changed line first, and what survives in one flavour
by the nearest of the others. Survivors are listed; survivors.toml says of each known one, or of the part of the server
that it is in, why no check can see it, or that a check is missing. Results are kept in a file: a long measurement can
be stopped and continued. Linux only. Ends with 1 if survivors.toml lacks a survivor.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import random
import sys
from collections import Counter, defaultdict
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING

from tests.mutants.mutations import Mutation, mutations_of
from tests.mutants.reach import ALWAYS, reach
from tests.mutants.results import SURVIVORS, Known, Results, document, unknown
from tests.mutants.trials import MANY, ROOT, Batch, Trial, held_by, in_a_process, judged, run_trials

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    Reaches = Mapping[str, Mapping[str, Mapping[int, list[str]]]]
    """Of a flavour: per file and line, the checks that run it."""

ROOMS = ("rules", "app", "http", "rendering", "model", "archives", "flavours")
"""What decides what a client sees. The store is held by tests/durability; `serving` starts and stops servers."""
OFTEN = ("reference", "pypi", "gitlab", "gitlab-13.4")
FLAVOURS = (*OFTEN, "gitlab+json", MANY)
"""What a mutant is judged in: the first one whose checks run the changed line, and then the nearest of OFTEN.

A vendor's code is judged in its flavours first. Only what no other runs is judged with many projects, which takes
longer, and with a setting of GitLab.
"""
VENDORS = ("pypi", "gitlab")
FIRST = 40
"""How many checks are asked first: those that run the changed line, and little else."""


def main() -> int:
    """Run mutants, print the survivors and the scores of the rooms."""
    options = _parser().parse_args()
    mutants = chosen(options)
    results = Results(options.results, _state())
    left = [mutant for mutant in mutants if mutant not in results]
    started = perf_counter()
    if left:
        judged(
            held_by("reference"), "reference"
        )  # loads what every run needs, for the processes to begin with
        reaches = {flavour: in_a_process(reach, flavour) for flavour in FLAVOURS}
        for mutant in left:
            if not any(_near(mutant, reaches, flavour) for flavour in FLAVOURS):
                results.add(mutant, "unreached", "", 0)
        reached = [mutant for mutant in left if mutant not in results]
        random.Random(options.seed).shuffle(reached)  # noqa: S311 - so that a sample that is stopped is one, too
        trials = _trials(reached, reaches)
        run_trials(trials, processes=options.processes, seconds=options.seconds, report=results.add)
    print(document(mutants, results, ROOMS))
    print(
        f"\n{len(left)} mutants in {perf_counter() - started:.0f} s, {len(mutants) - len(left)} from before"
    )
    return int(any(unknown(mutants, results)))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m tests.mutants", description="Mutation testing of the server"
    )
    add = parser.add_argument
    add(
        "--room", action="append", choices=ROOMS, help="change this room only; may be repeated (default: all)"
    )
    add("--sample", type=int, metavar="N", help="choose N mutants by chance (default: all)")
    add("--seed", type=int, default=1, metavar="N", help="the chance of the choice (default: 1)")
    add(
        "-k",
        dest="text",
        default="",
        metavar="TEXT",
        help="choose the mutants whose line of the list has this text",
    )
    add(
        "-n",
        dest="processes",
        type=int,
        default=os.cpu_count() or 1,
        help="mutants at a time (default: one per CPU)",
    )
    add("--seconds", type=float, default=120, metavar="N", help="seconds for a mutant at most (default: 120)")
    add("--results", type=Path, default=Path("mutants.jsonl"), metavar="FILE", help="default: mutants.jsonl")
    return parser


def chosen(options: argparse.Namespace) -> list[Mutation]:
    """Return the mutants that are asked for, in the order of files and lines."""
    found = [
        mutation
        for room in options.room or ROOMS
        for path in sorted((ROOT / "reference_server" / room).rglob("*.py"))
        for mutation in mutations_of(path.read_text(encoding="utf-8"), path.relative_to(ROOT).as_posix())
        if options.text in mutation.key
    ]
    if options.sample is None or options.sample >= len(found):
        return found
    picked = random.Random(options.seed).sample(found, options.sample)  # noqa: S311 - a sample, no secret
    return sorted(picked, key=lambda each: (each.file, each.index))


def _flavour(mutation: Mutation, reaches: Reaches) -> str:
    """Return the flavour that a mutant is judged in: the first that runs the line, its vendor's before others."""
    own = next(
        (each for each in VENDORS if mutation.file.startswith(f"reference_server/flavours/{each}")), "-"
    )
    order = sorted(FLAVOURS, key=lambda flavour: not flavour.startswith(own))
    found = (flavour for flavour in order if mutation.line in reaches[flavour].get(mutation.file, {}))
    return next(found, order[0])


def _state() -> str:
    """Return a digest of all that decides about a mutant: the server, the suite, and these programs."""
    digest = hashlib.sha256()
    for folder in ("reference_server", "conformance", "tests/mutants"):
        for path in sorted((ROOT / folder).rglob("*")):
            if path.suffix in {".py", ".toml", ".html"} and path != SURVIVORS:
                digest.update(path.read_bytes())
    return digest.hexdigest()[:16]


def _near(mutation: Mutation, reaches: Reaches, flavour: str) -> list[str]:
    """Return the checks of a flavour that run the changed line, or nothing where none does."""
    return reaches[flavour].get(mutation.file, {}).get(mutation.line, [])


def _trials(mutants: Sequence[Mutation], reaches: Reaches) -> Iterator[Trial]:
    """Yield a trial per mutant: by the checks that run the line and little else, then by all others.

    What survives in its own flavour is tried by the nearest checks of the others. In a part of the server that
    survivors.toml names as a whole, the nearest checks of its own flavour are enough.
    """
    known = Known()
    lines: dict[str, Counter[str]] = defaultdict(Counter)
    for flavour, files in reaches.items():
        for by_line in files.values():
            for names in by_line.values():
                lines[flavour].update(names)
    for mutant in mutants:
        own = _flavour(mutant, reaches)
        batches: list[Batch] = []
        whole = not known.is_in_part(mutant)
        others = [each for each in OFTEN if whole and each != own]
        for flavour in (own, *others):
            every = held_by(flavour)
            near = [name for name in _near(mutant, reaches, flavour) if name != ALWAYS and name in every]
            first = sorted(near, key=lambda name: (lines[flavour][name], name))[:FIRST]
            batches.append((flavour, first))
            if flavour == own and (whole or not first):
                batches.append((flavour, sorted(every - set(first))))
        yield Trial(mutation=mutant, batches=[batch for batch in batches if batch[1]])


if __name__ == "__main__":
    sys.exit(main())
