"""Whether scripts tell a defect from its absence: the script of each fault's first deviation, run three times.

    python -m benchmarks.scripts                  # every fault that HTTP checks catch
    python -m benchmarks.scripts --sample 30 --seed 1

Per fault: the server with the fault is judged by the first requirement that catches it. The script of the deviation is
run against the same server, whose store the run has left, against a new one with the fault, and against a new one
without. It should say *reproduced* to the first two, and *not reproduced* to the third. The table counts what it said;
each other answer is listed. Ends with 1 if a script misleads: says that a good server has the fault, or that a server
with the fault has not. Loopback only.
"""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from typing import TYPE_CHECKING

from tests.registries.scripts_of_faults import EXPECTED, SERVERS, WORDS, conclusions, sampled, scriptable

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tests.registries.scripts_of_faults import Conclusions


def main() -> int:
    """Print the table."""
    parser = argparse.ArgumentParser(description="run the scripts of deviations against servers")
    parser.add_argument(
        "--sample", type=int, metavar="N", help="choose N faults by a digest of their names (default: all)"
    )
    parser.add_argument("--seed", type=int, default=1, metavar="N", help="choose others (default: 1)")
    options = parser.parse_args()
    cases = scriptable()
    if options.sample:
        cases = sampled(cases, options.sample, seed=options.seed)
    results = [conclusions(*case) for case in cases]
    print(document(results))
    return int(any(each.misleads for each in results))


def document(results: Sequence[Conclusions]) -> str:
    """Return what was said that should not be, and a table of how often scripts said what."""
    odd = [f"- {each}" for each in results if each.words != EXPECTED]
    head = ["", f"| server | {' | '.join(WORDS.values())} |", f"|{'---|' * (len(WORDS) + 1)}"]
    rows = []
    for number, server in enumerate(SERVERS):
        counts = Counter(each.words[number] for each in results if each.words)
        rows.append(f"| {server} | {' | '.join(str(counts[word]) for word in WORDS.values())} |")
    none = sum(not each.words for each in results)
    return "\n".join([*odd, *head, *rows, f"\n{len(results)} faults, {none} without a script"])


if __name__ == "__main__":
    sys.exit(main())
