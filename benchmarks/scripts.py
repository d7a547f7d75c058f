"""Whether scripts tell a defect from its absence: the script of each fault's first deviation, run three times.

    python -m benchmarks.scripts -n 2                  # every fault that HTTP checks catch
    python -m benchmarks.scripts --sample 30 --seed 1
    python -m benchmarks.scripts -k device-names -k types-cross-over

Per fault: the server with the fault is judged by the first requirement that catches it. The script of the deviation is
run against the same server, whose store the run has left, against a new one with the fault, and against a new one
without. It should say *reproduced* to the first two, and *not reproduced* to the third. The table counts what it said;
each other answer is listed. Results are kept in a file: a long measurement can be stopped and continued. Ends with 1
if a script misleads: says that a good server has the fault, or that a server with the fault has not. Loopback and
Linux only.
"""

from __future__ import annotations

import argparse
import sys
import textwrap
from collections import Counter, defaultdict
from dataclasses import replace
from time import perf_counter
from typing import TYPE_CHECKING

from tests.registries.scripts_of_faults import (
    EXPECTED,
    SERVERS,
    WORDS,
    Conclusions,
    conclusions,
    sampled,
    scriptable,
)
from tests.trials.arguments import add_arguments
from tests.trials.kept import Kept, Outcome, state_of
from tests.trials.processes import run_trials

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tests.registries.scripts_of_faults import Case

SOURCES = ("reference_server", "conformance", "tests/registries/scripts_of_faults.py")
"""What decides about a script: the server, the suite, and how it is tried."""
LIMIT = 600.0
"""Seconds that a fault may take."""
NOT_FINISHED = Conclusions(fault="", requirement="", reason="not finished")


class Tried(Outcome, frozen=True):
    """What the script of a fault said."""

    conclusions: Conclusions


def main() -> int:
    """Try the scripts, and print the table."""
    options = _parser().parse_args()
    cases = [
        case
        for case in scriptable()
        if any(text in f"{case[0].name} ({case[1]})" for text in options.text or [""])
    ]
    if options.sample:
        cases = sampled(cases, options.sample, seed=options.seed)
    state = state_of(*SOURCES)
    kept = Kept(options.results, state, Tried)
    left = [case for case in cases if case[0].name not in kept]
    started, done = perf_counter(), len(cases) - len(left)

    def report(case: Case, found: Conclusions, seconds: float) -> None:
        nonlocal done
        done += 1
        named = replace(found, fault=case[0].name, requirement=case[1])
        kept.add(Tried(state=state, key=case[0].name, conclusions=named))
        print(f"{done:4} of {len(cases)}  {seconds:5.1f} s  {named}", file=sys.stderr)

    for case in left[:1]:
        conclusions(*case)  # loads what every run needs, for the processes to begin with
    run_trials(
        left,
        _try,
        processes=options.processes,
        seconds=LIMIT,
        report=report,
        died=replace(NOT_FINISHED, reason="the process died"),
        no_end=replace(NOT_FINISHED, reason=f"no end in {LIMIT:.0f} s"),
    )
    results = [kept[case[0].name].conclusions for case in cases]
    print(document(results))
    print(f"{len(left)} in {perf_counter() - started:.0f} s, {len(cases) - len(left)} from before")
    return int(any(each.misleads for each in results))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.scripts", description="run the scripts of deviations against servers"
    )
    add = parser.add_argument
    add("--sample", type=int, metavar="N", help="choose N faults by a digest of their names (default: all)")
    add("--seed", type=int, default=1, metavar="N", help="choose others (default: 1)")
    add(
        "-k",
        dest="text",
        action="append",
        metavar="TEXT",
        help="choose faults by a part of their name or requirement",
    )
    add_arguments(parser, what="faults", results="scripts.jsonl")
    return parser


def _try(case: Case) -> Conclusions:
    return conclusions(*case)


def document(results: Sequence[Conclusions]) -> str:
    """Return what was said that should not be, what of a new server was not tried and why, and how often what was."""
    odd = [f"- {each}" for each in results if each.misleads or (each.words != EXPECTED and not each.reason)]
    untried = defaultdict(list)
    for each in results:
        if each.words[1:2] != EXPECTED[1:2]:
            untried[each.reason].append(each.fault)
    for reason, faults in sorted(untried.items(), key=lambda item: -len(item[1])):
        odd += [
            "",
            f"{len(faults)}: {reason}",
            textwrap.indent(textwrap.fill(", ".join(faults), 110), "    "),
        ]
    words = [*WORDS.values(), *({word for each in results for word in each.words} - {*WORDS.values()})]
    head = ["", f"| server | {' | '.join(words)} |", f"|{'---|' * (len(words) + 1)}"]
    rows = []
    for number, server in enumerate(SERVERS):
        counts = Counter(each.words[number] for each in results if each.words)
        rows.append(f"| {server} | {' | '.join(str(counts[word]) for word in words)} |")
    none = sum(not each.words for each in results)
    misleading = sum(each.misleads for each in results)
    return "\n".join(
        [*odd, *head, *rows, f"\n{len(results)} faults, {misleading} misleading, {none} without a script"]
    )


if __name__ == "__main__":
    sys.exit(main())
