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
import random
import sys
from time import perf_counter

from tests.mutants.mutations import Mutation, mutations_of
from tests.mutants.plan import FLAVOURS, on_line, planned
from tests.mutants.reach import reach
from tests.mutants.results import SURVIVORS, Results, document, unknown
from tests.mutants.trials import held_by, judged, run_trials
from tests.trials.arguments import add_arguments
from tests.trials.kept import ROOT, state_of
from tests.trials.processes import in_a_process

ROOMS = ("rules", "app", "http", "rendering", "model", "archives", "flavours")
"""What decides what a client sees. The store is held by tests/durability; `serving` starts and stops servers."""


SOURCES = ("reference_server", "conformance", "tests/mutants", "tests/trials")
"""What decides about a mutant: the server, the suite, and these programs."""


def main() -> int:
    """Run mutants, print the survivors and the scores of the rooms."""
    options = _parser().parse_args()
    mutants = chosen(options)
    results = Results(options.results, state_of(*SOURCES, without={SURVIVORS}))
    left = [mutant for mutant in mutants if mutant not in results]
    started = perf_counter()
    if left:
        judged(
            held_by("reference"), "reference"
        )  # loads what every run needs, for the processes to begin with
        reaches = {flavour: in_a_process(reach, flavour) for flavour in FLAVOURS}
        for mutant in left:
            if not any(on_line(mutant, reaches[flavour]) for flavour in FLAVOURS):
                results.add(mutant, "unreached", "", 0)
        reached = [mutant for mutant in left if mutant not in results]
        random.Random(options.seed).shuffle(reached)  # noqa: S311 - so that a sample that is stopped is one, too
        trials = planned(reached, reaches)
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
        "--seconds",
        type=float,
        default=120,
        metavar="N",
        help="seconds of processor time for a mutant at most (default: 120)",
    )
    add_arguments(parser, what="mutants", results="mutants.jsonl")
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


if __name__ == "__main__":
    sys.exit(main())
