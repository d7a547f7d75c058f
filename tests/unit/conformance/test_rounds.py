"""How many rounds a race has, what they are worth, and that a result has both."""

from __future__ import annotations

from dataclasses import replace
from itertools import count
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest
from werkzeug import Response

from conformance.kit.races import rounds as module
from conformance.kit.races.race import upload_together
from conformance.kit.races.rounds import LEAST, USUAL, Rounds, chance_of_missing, rounds_of, tried
from conformance.run.checks_run import run_checks
from conformance.run.selection import Selection
from conformance.target import target_from_table
from conformance.verdicts import Verdict
from conformance.verdicts.options import RunOptions
from reference_server import ReferenceServer
from reference_server.faults import Fault
from reference_server.faults.building.upload_forms import text_of
from reference_server.faults.race.uploads import LooksThenWrites
from reference_server.rules import Rules

if TYPE_CHECKING:
    from pathlib import Path

    from conformance.report.check_result import CheckResult
    from reference_server.http.request import Request

NAMED_ALIKE = frozenset({"race.same-file-identical", "race.same-file-different"})


@pytest.fixture(autouse=True)
def _own_folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PYTEST_DEBUG_TEMPROOT", str(tmp_path))  # of the inner sessions


@pytest.fixture
def seconds_a_round(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """How long each look at the clock is after the one before."""
    seconds, looks = [0.0], count()
    monkeypatch.setattr("conformance.kit.races.rounds.time.monotonic", lambda: next(looks) * seconds[0])
    return seconds


@pytest.mark.parametrize(
    ("slowness", "asked", "had"),
    [(0.01, USUAL, USUAL), (60.0, USUAL, LEAST), (60.0, 7, 7), (0.01, 7, 7), (60.0, 4 * USUAL, 4 * LEAST)],
)
def test_a_race_has_as_many_rounds_as_there_is_time_for(
    slowness: float, asked: int, had: int, seconds_a_round: list[float]
) -> None:
    seconds_a_round[0] = slowness
    assert [*Rounds.of(asked).numbers()] == [*range(1, had + 1)]


def test_who_asks_for_more_rounds_gives_them_more_time(seconds_a_round: list[float]) -> None:
    seconds_a_round[0] = module.SECONDS / 40
    usual, more = (len([*Rounds.of(asked).numbers()]) for asked in (USUAL, 3 * USUAL))
    assert LEAST < usual < USUAL
    assert more >= 2.5 * usual


def test_the_usual_rounds_miss_a_seldom_fault_in_fewer_than_one_of_twenty_runs() -> None:
    assert RunOptions.rounds == USUAL
    assert chance_of_missing(USUAL) < 0.05 < chance_of_missing(USUAL - 2)
    assert chance_of_missing(LEAST) == pytest.approx(0.6, abs=0.02)
    assert chance_of_missing(1, one_in=2) == 0.5
    assert tried(USUAL) == "90 rounds; a fault that shows in 1 of 30 rounds is missed in 4.7% of runs"


class SlowRace:
    """A race whose rounds take a second each by a clock of its own; its pages are read so many at once."""

    forms = ()

    def __init__(self, at_once: int) -> None:
        self.now = 0.0
        self.reader = SimpleNamespace(at_once=at_once, read_each=lambda _, items: [() for _ in items])

    def __call__(self, *_: object) -> list[object]:
        self.now += 1
        return []


@pytest.mark.parametrize(("at_once", "had"), [(1, LEAST), (8, LEAST + 1)])
def test_a_race_ends_when_its_time_is_over(at_once: int, had: int, monkeypatch: pytest.MonkeyPatch) -> None:
    race: Any = SlowRace(at_once)
    monkeypatch.setattr("conformance.kit.races.rounds.time.monotonic", lambda: race.now)
    rounds = rounds_of(lambda purpose: f"{purpose}-{race.now}", "slow", Rounds.of(USUAL))
    heats = upload_together(race, rounds, lambda _: [])
    assert [heat.round.number for heat in heats] == [*range(1, had + 1)]


def judged(folder: Path, *faults: Fault, rules: Rules | None = None) -> dict[str, CheckResult]:
    with ReferenceServer(faults=faults, rules=rules or Rules()) as server:
        target = target_from_table(server.target(), embedded=True)
        options = RunOptions(rounds=4, ledger_folder=folder)
        results = run_checks(target, options, Selection(only=NAMED_ALIKE)).results
    return {each.id: each for each in results}


def test_a_result_has_the_rounds_of_its_race_and_what_they_miss(tmp_path: Path) -> None:
    passed = judged(tmp_path)
    assert {each.verdict for each in passed.values()} == {Verdict.PASSED}
    assert {each.message for each in passed.values()} == {tried(4)}


def test_the_same_file_may_be_accepted_twice(tmp_path: Path) -> None:
    found = judged(tmp_path, rules=replace(Rules(), takes_identical=True))
    assert {each.verdict for each in found.values()} == {Verdict.PASSED}, found


class RefusesContenders(Fault):
    """Refuses all uploads of some races, as a registry that locks a name without letting anyone have it."""

    def __init__(self, race: str) -> None:
        self._race = race

    def handle(self, request: Request) -> Response | None:
        if request.endpoint != "upload" or self._race not in text_of(request, "name"):
            return None
        return Response("another upload of this name is under way", status=409)


def test_contenders_with_different_bytes_may_all_be_refused_as_far_as_identical_ones_go(
    tmp_path: Path,
) -> None:
    found = judged(tmp_path, RefusesContenders("named-alike"))
    assert found["race.same-file-identical"].verdict is Verdict.PASSED, found
    assert "0 different files of one name were accepted" in found["race.same-file-different"].found


def test_one_of_identical_contenders_has_to_be_accepted(tmp_path: Path) -> None:
    found = judged(tmp_path, RefusesContenders("one-file"))
    assert found["race.same-file-different"].verdict is Verdict.PASSED, found
    assert found["race.same-file-identical"].found.startswith("no upload was accepted\nin 4 of 8 rounds")


def test_files_of_one_name_that_meet_are_counted_and_compared(tmp_path: Path) -> None:
    found = judged(tmp_path, LooksThenWrites())
    assert {each.verdict for each in found.values()} == {Verdict.FAILED}
    assert "2 different files of one name were accepted" in found["race.same-file-different"].found
    assert " entries of " in found["race.same-file-identical"].found
