"""How fast histories are judged, and whether the search agrees with all orders on many of them.

python -m benchmarks.histories [--histories N] [--operations N] [--projects N]
"""

from __future__ import annotations

import argparse
import time
from dataclasses import replace
from math import inf
from random import Random

from conformance.histories.linearizability import Judgement, judge
from conformance.histories.operation import Kind, Operation, Outcome
from conformance.histories.shrinking import shrunk
from tests.property.histories import random_history, some_order_explains


def main() -> None:
    """Print the two tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--histories", type=int, default=10_000)
    parser.add_argument("--operations", type=int, default=100_000)
    parser.add_argument("--projects", type=int, default=1_000)
    arguments = parser.parse_args()
    agree(arguments.histories)
    judge_many(arguments.operations, arguments.projects)


def agree(histories: int) -> None:
    """Compare the search with all orders."""
    started = time.perf_counter()
    contradictory = 0
    for seed in range(histories):
        history = random_history(seed)
        found = judge(history) is Judgement.ORDERED
        assert found == some_order_explains(history), f"seed {seed}"
        contradictory += not found
    seconds = time.perf_counter() - started
    print(f"{histories} histories, {contradictory} contradictory: all as all orders say ({seconds:.1f} s)")


def judge_many(operations: int, projects: int) -> None:
    """Judge one large history, and the same with one page that lacks a file, project by project."""
    random = Random(1)  # noqa: S311 - nothing secret
    each = operations // projects
    histories = [busy_project(random, f"p{number}", each) for number in range(projects)]
    started = time.perf_counter()
    wrong = [history for history in histories if judge(history) is not Judgement.ORDERED]
    assert not wrong
    print(f"{operations} operations, {projects} projects: {time.perf_counter() - started:.1f} s")
    broken = [with_a_stale_page(history) for history in histories[: projects // 10]]
    started = time.perf_counter()
    found = [history for history in broken if judge(history) is Judgement.CONTRADICTORY]
    assert len(found) == len(broken)
    print(f"{len(broken)} stale pages found: {time.perf_counter() - started:.1f} s")
    started = time.perf_counter()
    sizes = [len(shrunk(history)) for history in found]
    print(f"shrunk to {min(sizes)} to {max(sizes)} operations: {time.perf_counter() - started:.1f} s")


def busy_project(random: Random, project: str, operations: int, *, clients: int = 8) -> list[Operation]:
    """Return what several clients are answered at once by a registry that does everything right."""
    stored: dict[str, str] = {}
    free = [0.0] * clients
    history = []
    now = 0.0
    for number in range(operations):
        client = min(range(clients), key=free.__getitem__)
        called = free[client]
        now = max(now, called) + random.uniform(0, 0.01)  # every operation happens at one moment
        returned = now + random.uniform(0, 0.05)
        free[client] = returned
        made = Operation(
            kind=Kind.LIST, project=project, called=called, returned=returned, who=f"client {client}"
        )
        choice = random.random()
        if choice < 0.3:
            file, content = f"f{random.randrange(operations // 2)}", f"{number:08}"
            outcome = Outcome.REFUSED if file in stored else Outcome.DONE
            stored.setdefault(file, content)
            lost = random.random() < 0.01
            history.append(
                replace(
                    made,
                    kind=Kind.UPLOAD,
                    file=file,
                    content=content,
                    outcome=Outcome.UNKNOWN if lost else outcome,
                    returned=inf if lost else returned,
                )
            )
        elif choice < 0.7 or not stored:
            history.append(replace(made, listed=dict(stored)))
        else:
            file = random.choice([*stored])
            history.append(replace(made, kind=Kind.DOWNLOAD, file=file, content=stored[file]))
    return history


def with_a_stale_page(history: list[Operation]) -> list[Operation]:
    """Return the history with a page at its end that lacks the first file that was accepted."""
    first = next(each for each in history if each.kind is Kind.UPLOAD and each.outcome is Outcome.DONE)
    last = max((each for each in history if each.kind is Kind.LIST), key=lambda each: each.called)
    listed = {file: content for file, content in (last.listed or {}).items() if file != first.file}
    end = max(each.returned for each in history if not each.is_pending) + 1
    return [*history, replace(last, called=end, returned=end + 1, listed=listed)]


if __name__ == "__main__":
    main()
