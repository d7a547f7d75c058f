"""What became of what had failed."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from msgspec import structs

from conformance.catalogue import Level, Standing
from conformance.commands.main import main
from conformance.commands.replay import print_replay
from conformance.kit.races.rounds import in_every, tried
from conformance.report.check_result import CheckResult
from conformance.report.result_file import result_from_json
from conformance.run import replay as replaying
from conformance.run.checks_run import run_checks
from conformance.run.replay import Fate, Replayed, became, failed, replay
from conformance.run.selection import Selection
from conformance.target import target_from_table
from conformance.verdicts import Deviation, ExitCode, Verdict
from conformance.verdicts.options import RunOptions
from reference_server import ReferenceServer
from reference_server.distributions import wheel
from reference_server.faults import Fault
from reference_server.faults.simple.html import NoDoctype

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from conformance.report.result import RunResult

LISTS = "gitlab.page.lists-exactly-the-uploads"
DOCTYPE = "simple.html.doctype"


def now(verdict: Verdict, signature: str = "") -> CheckResult:
    return CheckResult(
        id=LISTS,
        level=Level.MUST,
        standing=Standing.SPEC,
        verdict=verdict,
        message="what it says",
        duration=0,
        requests=0,
        exchanges=(),
        signature=signature,
    )


def test_what_had_made_the_run_red_is_replayed(table: Any) -> None:
    for verdict, signature, name in (
        (Verdict.PASSED, "", "a.passed"),
        (Verdict.FAILED, "x", "a.failed"),
        (Verdict.WARNED, "x", "a.warned"),
        (Verdict.NOTED, "x", "a.noted"),
        (Verdict.KNOWN, "x", "a.known"),
        (Verdict.STALE, "x", "a.differs"),
        (Verdict.STALE, "", "a.passes"),
        (Verdict.ERROR, "", "a.error"),
        (Verdict.UNTESTABLE, "", "a.untestable"),
    ):
        table.add(DOCTYPE, str(verdict), id=name, signature=signature)
    assert [each.id for each in failed(table.stored())] == ["a.differs", "a.error", "a.failed"]


@pytest.mark.parametrize(
    ("result", "fate"),
    [
        (now(Verdict.PASSED), Fate.FIXED),
        (now(Verdict.FAILED, "x"), Fate.STILL),
        (now(Verdict.FAILED, "y"), Fate.DIFFERENTLY),
        (now(Verdict.ERROR), Fate.ERRORED),
        (now(Verdict.UNTESTABLE), Fate.NOT_JUDGED),
        (now(Verdict.NOT_APPLICABLE), Fate.NOT_JUDGED),
        (None, Fate.NOT_JUDGED),
    ],
)
def test_what_became_of_it(result: CheckResult | None, fate: Fate, finding: Any) -> None:
    assert became(finding(LISTS, Verdict.FAILED, "x"), result).fate is fate


@pytest.mark.parametrize(
    ("wrong", "rounds", "again", "enough"),
    [
        (30, 30, 30, 0),
        (10, 60, 57, 0),
        (30, 30, 10, 30),
        (30, 90, 30, 90),
        (1, 90, 90, 269),
        (1, 90, 269, 0),
    ],
)
def test_a_race_is_fixed_only_where_it_was_tried_often_enough(
    wrong: int, rounds: int, again: int, enough: int, finding: Any
) -> None:
    every = [number < wrong for number in range(rounds)]
    with pytest.raises(Deviation) as deviation:
        in_every(every, lambda is_wrong: ["two winners"] if is_wrong else [], expected="one winner")
    before = structs.replace(finding(LISTS, Verdict.FAILED, "x"), found=deviation.value.found)
    replayed = became(before, structs.replace(now(Verdict.PASSED), message=tried(again)))
    assert replayed.fate is (Fate.BY_CHANCE if enough else Fate.FIXED)
    assert not enough or f"Use --rounds {enough}." in replayed.message


@pytest.mark.parametrize("again", [1, 30])
@pytest.mark.parametrize(
    "found",
    [
        "in 0 of 10 rounds",
        "in 0 of 0 rounds",
        "in 12 of 10 rounds",
        f"in 1 of {'9' * 20} rounds",
        f"in {'9' * 5000} of 9 rounds",
    ],
    ids=["never", "no rounds", "more than all", "too many rounds", "too many digits"],
)
def test_odd_counts_in_a_result_are_no_reason_for_doubt(found: str, again: int, finding: Any) -> None:
    before = structs.replace(finding(LISTS, Verdict.FAILED, "x"), found=f"{found}: two winners")
    replayed = became(before, structs.replace(now(Verdict.PASSED), message=tried(again)))
    assert replayed.fate is Fate.FIXED


def test_a_race_that_was_not_tried_is_not_fixed(finding: Any) -> None:
    before = structs.replace(finding(LISTS, Verdict.FAILED, "x"), found="in 10 of 10 rounds: two winners")
    replayed = became(before, structs.replace(now(Verdict.PASSED), message=tried(0)))
    assert replayed.fate is Fate.BY_CHANCE


@pytest.mark.parametrize(
    ("fates", "code"),
    [
        ((), ExitCode.CONFORMS),
        ((Fate.FIXED, Fate.FIXED), ExitCode.CONFORMS),
        ((Fate.FIXED, Fate.STILL), ExitCode.DEVIATES),
        ((Fate.DIFFERENTLY,), ExitCode.DEVIATES),
        ((Fate.NOT_JUDGED,), ExitCode.DEVIATES),
        ((Fate.FIXED, Fate.BY_CHANCE), ExitCode.DEVIATES),
        ((Fate.FIXED, Fate.ERRORED), ExitCode.HARNESS_ERROR),
        ((Fate.STILL, Fate.ERRORED), ExitCode.DEVIATES),
    ],
)
def test_only_when_all_are_fixed_it_is_green(
    fates: tuple[Fate, ...], code: ExitCode, capsys: pytest.CaptureFixture[str]
) -> None:
    assert print_replay(Replayed(id="a.one", fate=fate, message="why") for fate in fates) is code
    printed = capsys.readouterr().out
    assert all(str(fate) in printed for fate in fates)


class RepeatsEachOne(Fault):
    """Lists every file twice."""

    def project_page(self, page: Any) -> Any:
        return page.plus(*page.files)


def test_a_fixed_registry_is_told_from_a_broken_one(monkeypatch: pytest.MonkeyPatch, table: Any) -> None:
    monkeypatch.delenv("PYTEST_CURRENT_TEST", raising=False)
    earlier = table.add(LISTS, "failed", signature="x").add(DOCTYPE, "failed", id="gitlab.gone").stored()
    with ReferenceServer(faults=[RepeatsEachOne()]) as server:
        target = target_from_table(server.target(), embedded=True)
        broken = replay(earlier, target, RunOptions())
    assert {each.id: each.fate for each in broken} == {
        LISTS: Fate.DIFFERENTLY,
        "gitlab.gone": Fate.NOT_JUDGED,
    }
    with ReferenceServer() as server:
        target = target_from_table(server.target(), embedded=True)
        fixed = replay(structs.replace(earlier, results=earlier.results[-1:]), target, RunOptions())
    assert {each.id: each.fate for each in fixed} == {LISTS: Fate.FIXED}


@pytest.fixture
def replayed_with(monkeypatch: pytest.MonkeyPatch) -> list[RunResult]:
    """The results of what is replayed from now on, as they come."""
    results: list[RunResult] = []

    def judged(*arguments: Any, **options: Any) -> RunResult:
        results.append(run_checks(*arguments, **options))
        return results[-1]

    monkeypatch.delenv("PYTEST_CURRENT_TEST", raising=False)
    monkeypatch.setattr(replaying, "run_checks", judged)
    return results


THEN = {"seed": 7, "examples": 3, "rounds": 2}


@pytest.mark.parametrize(
    ("then", "words", "again"),
    [
        (THEN, [], (7, 3, 2)),
        (THEN, ["--examples", "4"], (7, 4, 2)),
        (THEN, ["--rounds", "1"], (7, 3, 1)),
        ({"seed": 7}, [], (7, RunOptions.examples, RunOptions.rounds)),
        ({"seed": 7}, ["--examples", "4", "--rounds", "1"], (7, 4, 1)),
    ],
    ids=["as then", "other examples", "other rounds", "a result of before", "of before, and given"],
)
def test_a_run_is_repeated_with_its_seed_examples_and_rounds(
    then: dict[str, int],
    words: list[str],
    again: tuple[int, int, int],
    replayed_with: list[RunResult],
    red: Callable[[dict[str, int]], Path],
) -> None:
    assert main(["replay", str(red(then)), *words]) == 0
    (summary,) = (each.summary for each in replayed_with)
    assert (summary.seed, summary.examples, summary.rounds) == again
    assert (summary.read_only, summary.projects) == (False, ())


@pytest.fixture
def red(table: Any, tmp_path: Path) -> Callable[[dict[str, int]], Path]:
    """What writes a red result of the embedded server, which says of the run's options what it is given."""

    def write(then: dict[str, int]) -> Path:
        result = table.add(DOCTYPE, "failed").as_json()
        result["target"]["embedded"] = True
        for key in ("seed", "examples", "rounds", "read_only", "projects"):
            del result["summary"][key]
        result["summary"] |= then
        path = tmp_path / "result.json"
        path.write_text(json.dumps(result), encoding="utf-8")
        return path

    return write


@pytest.mark.parametrize("named", [(), ("Two",)], ids=["picked", "named"])
def test_what_was_only_read_is_only_read_again_and_the_same(
    named: tuple[str, ...], replayed_with: list[RunResult]
) -> None:
    with ReferenceServer(faults=[NoDoctype()]) as server:
        publish(server, "One", "Two", "Three", "Four")
        target = target_from_table(server.target(), embedded=True)
        options = RunOptions(read_only=True, projects=named)
        first = run_checks(target, options, Selection(only=frozenset({DOCTYPE})))
        assert len(first.summary.projects) == (len(named) or 3)
        publish(server, *(f"later-{number}" for number in range(20)))
        before = names(server)
        (still,) = replay(result_from_json(first.as_json()), target, RunOptions())
        assert names(server) == before, "nothing is published"
    assert still.fate is Fate.STILL
    assert replayed_with[0].summary.projects == first.summary.projects


def publish(server: ReferenceServer, *names: str) -> None:
    for name in names:
        built = wheel(name, "1.0")
        server.registry.publish(built.filename, built.content)


def names(server: ReferenceServer) -> tuple[str, ...]:
    return server.registry.project_names(server.registry.gitlab_project("1"))
