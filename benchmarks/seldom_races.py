"""How often a run misses a race that shows in one of thirty rounds.

    python -m benchmarks.seldom_races                                  # sixty trials of two requirements
    python -m benchmarks.seldom_races --trials 200 --row race.case-and-separator
    python -m benchmarks.seldom_races --seconds 60                     # all ninety rounds on a busy machine

Each trial judges a new server by one requirement with the default options. In one of thirty rounds, by chance, the
server accepts two different files of one name, or loses a file. The table has the rounds that the runs had time for,
how many of the trials missed the fault, how many should with so many rounds, and what a run took. Loopback only.
"""

from __future__ import annotations

import argparse
import random
import re
import sys
import tempfile
import time
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import mean
from typing import TYPE_CHECKING

from werkzeug import Response

from conformance.kit.races import rounds as module
from conformance.kit.races.rounds import SELDOM, chance_of_missing
from conformance.run.checks_run import run_checks
from conformance.run.selection import Selection
from conformance.target import target_from_table
from conformance.verdicts import Verdict
from conformance.verdicts.options import RunOptions
from reference_server import ReferenceServer
from reference_server.faults import Fault
from reference_server.faults.building.request_notes import NotesRequests
from reference_server.faults.building.upload_forms import text_of

if TYPE_CHECKING:
    from reference_server.http.request import Request
    from reference_server.rendering.pages import ProjectPage

ROUNDS = re.compile(r"(\d+) rounds")


class Seldom(Fault):
    """Shows in one of `SELDOM` rounds, which is known by its project and the first number of its versions."""

    def __init__(self, seed: int) -> None:
        self._seed = seed

    def is_due(self, project: str, version: str) -> bool:
        """Tell whether the fault shows in the round of a version."""
        spelled = re.sub("[-_.]+", "-", project).lower()
        drawn = random.Random(f"{self._seed} {spelled} {version.partition('.')[0]}")  # noqa: S311 - no secret
        return drawn.randrange(SELDOM) == 0


class AcceptsTwo(Seldom, NotesRequests[bool]):
    """Accepts every file of a name."""

    def note(self, request: Request) -> bool:
        """Tell whether an upload is of a round in which the fault shows: later its body has been read."""
        return request.endpoint == "upload" and self.is_due(
            text_of(request, "name"), text_of(request, "version")
        )

    def respond(self, request: Request, response: Response) -> Response:
        """Turn the refusal of a duplicate into an acceptance."""
        return Response("", status=201) if self.noted(request) else response


class LosesOne(Seldom):
    """Loses the first of several files."""

    def project_page(self, page: ProjectPage) -> ProjectPage:
        """Leave the lost files out."""
        files = (file for file in page.files if not self._is_lost(page.name, file.filename))
        return replace(page, files=tuple(files))

    def _is_lost(self, project: str, filename: str) -> bool:
        version = filename.split("-")[1].removesuffix(".tar.gz")
        return version.endswith(".0") and self.is_due(project, version)


FAULTS: dict[str, type[Seldom]] = {
    "race.same-file-different": AcceptsTwo,
    "race.case-and-separator": LosesOne,
    "race.new-project-many-files": LosesOne,
}


@dataclass(frozen=True, kw_only=True)
class Trial:
    """A run against the fault: whether it was missed, after how many rounds and seconds."""

    missed: bool
    rounds: int
    seconds: float


def tried(row: str, seed: int, folder: Path) -> Trial:
    """Judge a server with the fault of a row."""
    began = time.perf_counter()
    with ReferenceServer(faults=[FAULTS[row](seed)]) as server:
        target = target_from_table(server.target(), embedded=True)
        options = RunOptions(ledger_folder=folder)
        (found,) = run_checks(target, options, Selection(only=frozenset({row}))).results
    rounds = ROUNDS.search(found.message if found.verdict is Verdict.PASSED else found.found)
    return Trial(
        missed=found.verdict is Verdict.PASSED,
        rounds=int(rounds[1]) if rounds else 0,
        seconds=time.perf_counter() - began,
    )


def main() -> int:
    """Print the table. Ends with 1 if more trials missed the fault than rounds explain."""
    parser = argparse.ArgumentParser(description="how often a race that shows seldom is missed")
    parser.add_argument("--trials", type=int, default=60, metavar="N", help="runs per row (default: 60)")
    parser.add_argument(
        "--row", action="append", choices=FAULTS, help="only this requirement (repeatable; default: two)"
    )
    parser.add_argument(
        "--seconds",
        type=float,
        default=module.SECONDS,
        metavar="N",
        help="give the rounds of a race N seconds (default: those of a run)",
    )
    given = parser.parse_args()
    module.SECONDS = given.seconds
    print("| requirement | trials | rounds | missed | expected | seconds a run |\n|---|---|---|---|---|---|")
    wrong = False
    for row in given.row or [*FAULTS][:2]:
        with tempfile.TemporaryDirectory() as folder:
            trials = [tried(row, seed, Path(folder)) for seed in range(given.trials)]
        missed = sum(each.missed for each in trials)
        expected = sum(chance_of_missing(each.rounds) for each in trials)
        counts = [each.rounds for each in trials]
        wrong |= missed > expected + 3 * (expected**0.5) + 1
        print(
            f"| `{row}` | {len(trials)} | {min(counts)} to {max(counts)} | {missed} | {expected:.1f} "
            f"| {mean(each.seconds for each in trials):.1f} |",
            flush=True,
        )
    return int(wrong)


if __name__ == "__main__":
    sys.exit(main())
