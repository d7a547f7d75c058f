"""The guards against a green run that has not looked, and the judge that asks them."""

from __future__ import annotations

from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, ClassVar

import pytest
from msgspec import structs

from conformance.catalogue import Level, Standing, catalogue
from conformance.corpus import Corpus
from conformance.report.carried import carry
from conformance.report.check_result import CheckResult
from conformance.run import enough_judged, selection
from conformance.run.checks_run import run_checks
from conformance.run.enough_judged import areas_below_minimum, missing_results, no_files, only_rejections
from conformance.run.features import OfferedFeatures
from conformance.run.judge import Judge
from conformance.run.judging import KEPT_EXCHANGES
from conformance.run.run import Run
from conformance.run.selection import Selection
from conformance.target import target_from_table
from conformance.verdicts import ExitCode, Reason, Verdict
from conformance.verdicts.baseline import Baseline, Known
from conformance.verdicts.options import RunOptions
from conformance.wire import BudgetSpent, Redactor, Unreachable
from conformance.wire.exchange import Exchange
from reference_server import ReferenceServer
from reference_server.faults import Fault

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from conformance.report.result import RunResult

URL = "http://127.0.0.1:1/api/v4/projects/1/packages/pypi"
CHECKED = "gitlab.page.lists-exactly-the-uploads"
PAGES = frozenset(row.id for row in catalogue() if row.id.startswith("gitlab.page."))


def result(name: str = CHECKED, verdict: Verdict = Verdict.PASSED, *statuses: int | None) -> CheckResult:
    exchanges = tuple(
        Exchange(number=number, request="GET /", status=status)
        for number, status in enumerate(statuses, start=30)
    )
    return CheckResult(
        id=name,
        level=Level.MUST,
        standing=Standing.SPEC,
        verdict=verdict,
        message="",
        duration=0.0,
        requests=len(exchanges),
        exchanges=exchanges,
    )


@pytest.mark.parametrize(
    ("statuses", "rejected"),
    [
        ([401] * 12, True),
        ([404] * 12, True),
        ([401, 403, 404] * 4, True),
        ([401] * 11, False),
        ([None] * 20, False),
        ([*[401] * 20, 200], False),
        ([*[404] * 20, 500], False),
        ([], False),
    ],
)
def test_every_request_was_rejected(statuses: list[int | None], rejected: bool) -> None:  # noqa: FBT001
    note = only_rejections([result(CHECKED, Verdict.FAILED, *statuses)])
    assert ("every request was rejected" in note) is rejected


def test_what_was_read_before_the_checks_is_no_answer_to_them() -> None:
    check = result(CHECKED, Verdict.FAILED, 200, *[401] * 12)
    assert only_rejections([check]) == ""
    assert only_rejections([structs.replace(check, requests=12)]) != ""


def test_what_has_no_result_is_named() -> None:
    assert missing_results({"area.one"}, {"area.one": result()}) == ""
    note = missing_results({f"area.{number:02}" for number in range(13)}, {})
    assert note.startswith("13 planned requirements without a result: area.00, area.01")
    assert note.endswith("and 3 more")


def test_an_area_has_a_floor() -> None:
    results = [result("simple.one"), result("simple.two", Verdict.UNTESTABLE), result("upload.one")]
    assert areas_below_minimum(results, {"simple": 1, "upload": 1}) == ""
    assert "simple 1, expected at least 2" in areas_below_minimum(results, {"simple": 2, "upload": 1})
    assert "yank 0, expected at least 1" in areas_below_minimum([], {"yank": 1})


def run_of(options: RunOptions) -> Run:
    """Return a run of nothing, as far as a result is made from it."""
    without: Any = None
    return Run(
        target=target_from_table({"url": URL}),
        options=options,
        transcript=without,
        session=without,
        ledger=without,
        registry=without,
        redact=Redactor([]),
        corpus=Corpus("abcdefgh", {}),
        offer=OfferedFeatures(),
        projects=(),
    )


class Report:
    """A pytest report of a check, as the judge takes it."""

    failed = False
    user_properties: ClassVar[list[tuple[str, str]]] = []

    def __init__(self, check: CheckResult, nodeid: str) -> None:
        carry(self, check)  # type: ignore[arg-type] - what counts are its attributes
        self.nodeid = nodeid


def judged(*results: CheckResult, planned: set[str] | None = None, **options: Any) -> RunResult:
    judge = Judge(pytest.fail, RunOptions())
    judge.plan.planned = planned or set()
    for number, each in enumerate(results):
        judge.pytest_runtest_logreport(Report(each, f"test.py::{number}"))  # type: ignore[arg-type]
    return judge.results.of(run_of(RunOptions()), **options)


def test_every_requirement_of_the_plan_has_a_result() -> None:
    assert judged(result(), planned={CHECKED}).exit_code is ExitCode.CONFORMS
    missing = judged(result(), planned={CHECKED, "gitlab.gone"})
    assert missing.exit_code is ExitCode.HARNESS_ERROR
    assert "1 planned requirement without a result: gitlab.gone" in " ".join(missing.summary.notes)


def test_a_whole_run_is_held_to_the_catalogue_and_not_to_what_was_collected() -> None:
    lost = judged(result(), planned={CHECKED}, whole=True)
    assert lost.exit_code is ExitCode.HARNESS_ERROR
    assert "planned requirements without a result" in " ".join(lost.summary.notes)


def test_a_requirement_is_judged_once() -> None:
    twice = judged(result(), result())
    assert twice.exit_code is ExitCode.HARNESS_ERROR
    assert f"{CHECKED} was judged twice" in " ".join(twice.summary.notes)


def test_a_failure_outweighs_what_is_missing() -> None:
    assert judged(result(CHECKED, Verdict.FAILED), planned={"gitlab.gone"}).exit_code is ExitCode.DEVIATES


def test_what_was_interrupted_is_not_held_to_its_plan() -> None:
    stopped = judged(result(), planned={CHECKED, "gitlab.gone"}, interrupted=True)
    assert stopped.exit_code is ExitCode.HARNESS_ERROR
    assert "The run was interrupted." in stopped.summary.notes
    assert "without a result" not in " ".join(stopped.summary.notes)


def test_nothing_of_nothing_is_not_green() -> None:
    assert judged(least_judged=0).exit_code is ExitCode.TOO_LITTLE_JUDGED


def test_an_area_that_was_judged_too_little_is_not_green() -> None:
    thin = judged(result(), least_per_area={"gitlab": 2})
    assert thin.exit_code is ExitCode.TOO_LITTLE_JUDGED
    assert "gitlab 1, expected at least 2" in " ".join(thin.summary.notes)


@pytest.mark.parametrize("verdict", [Verdict.PASSED, Verdict.FAILED, Verdict.ERROR])
def test_where_every_request_is_rejected_nothing_is_judged(verdict: Verdict) -> None:
    rejected = judged(result(CHECKED, verdict, *[401] * 12))
    assert rejected.exit_code is ExitCode.TOO_LITTLE_JUDGED
    assert "All 12 answers to the checks were 401" in " ".join(rejected.summary.notes)


CHECKS = """
import pytest
from conformance.kit.check import check
from conformance.checks.conftest import remark
from conformance.verdicts import Deviation

@pytest.fixture
def broken():
    yield
    raise Deviation(expected="this", found="that", where="there")

@check("gitlab.page.lists-exactly-the-uploads")
def test_that_ends_badly(broken):
    pass

@check("gitlab.page.of-no-row")
def test_without_a_row():
    raise RuntimeError("it is not run")

@check("gitlab.page.absent-project-not-found")
def test_in_part(remark):
    remark("nothing yet")
    remark("one of two was judged")
"""

ONE_OF_MANY = """
from conformance.kit.check import check
from conformance.checks.conftest import registry, run
from conformance.verdicts import Deviation

@check("gitlab.page.hash")
def test_one_answer_of_many(registry):
    first, *_ = [registry.project_answer("absent", fresh=True) for _ in range(30)]
    raise Deviation(expected="this", found="that", where=str(first))
"""


@pytest.fixture(scope="module")
def own_checks(tmp_path_factory: pytest.TempPathFactory, repeating: ReferenceServer) -> RunResult:
    """The result of a run of other checks than the suite's."""
    return run_of_checks(CHECKS, tmp_path_factory.mktemp("own") / "test_own_checks.py", repeating)


def run_of_checks(text: str, module: Path, server: ReferenceServer) -> RunResult:
    """Run other checks than the suite's, in a module of a name of its own."""
    module.write_text(text, encoding="utf-8")
    target = target_from_table(server.target(), embedded=True)
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(selection, "CHECKS", module.parent)
        patched.delenv("PYTEST_CURRENT_TEST", raising=False)
        return run_checks(target, RunOptions(), Selection(keyword="not nothing"))


def test_a_deviation_after_a_check_is_an_error_and_no_failure_to_be_listed(own_checks: RunResult) -> None:
    (ended,) = (each for each in own_checks.results if each.id == CHECKED)
    assert (ended.verdict, ended.signature, ended.expected) == ("error", "", "")
    assert "Deviation: expected this" in ended.message


def test_the_exchange_that_a_deviation_names_is_kept_however_many_follow(
    repeating: ReferenceServer, tmp_path: Path
) -> None:
    result = run_of_checks(ONE_OF_MANY, tmp_path / "test_one_of_many.py", repeating)
    (ended,) = (each for each in result.results if each.id == "gitlab.page.hash")
    assert ended.signature, ended.message
    numbers = [each.number for each in ended.exchanges]
    assert len(numbers) == KEPT_EXCHANGES
    assert f"[{numbers[0]}]" in ended.where
    assert numbers[1:] == [*range(numbers[0] + 30 - (KEPT_EXCHANGES - 1), numbers[0] + 30)]


def test_a_check_without_a_row_is_a_fault_of_the_harness(own_checks: RunResult) -> None:
    assert own_checks.exit_code is ExitCode.HARNESS_ERROR
    told = "\n".join(own_checks.summary.notes)
    assert "test_own_checks.py::test_without_a_row is the check of 'gitlab.page.of-no-row'" in told
    assert "conformance/catalogue lacks" in told
    assert "gitlab.page.of-no-row" not in {each.id for each in own_checks.results}


def test_a_check_that_passed_may_say_how_much_it_judged(own_checks: RunResult) -> None:
    (passed,) = (each for each in own_checks.results if each.id == "gitlab.page.absent-project-not-found")
    assert (passed.verdict, passed.message) == ("passed", "one of two was judged")


class RepeatsEveryFile(Fault):
    """Lists every file twice."""

    def project_page(self, page: Any) -> Any:
        return page.plus(*page.files)


@pytest.fixture(scope="module")
def repeating() -> Iterator[ReferenceServer]:
    with ReferenceServer(faults=[RepeatsEveryFile()]) as server:
        yield server


def judge_pages(server: ReferenceServer, options: RunOptions, monkeypatch: pytest.MonkeyPatch) -> RunResult:
    monkeypatch.delenv("PYTEST_CURRENT_TEST", raising=False)
    target = target_from_table(server.target(), embedded=True)
    return run_checks(target, options, Selection(only=PAGES))


def test_verdicts_with_a_baseline_and_a_set(
    repeating: ReferenceServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = judge_pages(repeating, RunOptions(), monkeypatch)
    failed = {each.id: each.signature for each in first.results if each.verdict == "failed"}
    assert list(failed) == [CHECKED]
    assert first.exit_code is ExitCode.DEVIATES

    row = Known(id=CHECKED, reason=Reason.TARGET_BUG, signature=failed[CHECKED], owner="packages")
    known = judge_pages(repeating, RunOptions(baseline=Baseline({CHECKED: row})), monkeypatch)
    verdicts = {each.id: each for each in known.results}
    assert verdicts[CHECKED].verdict == "known"
    assert verdicts[CHECKED].message.startswith("Listed in the baseline: target-bug, owner packages")
    assert known.exit_code is ExitCode.CONFORMS

    passing = next(name for name in PAGES if name != CHECKED and verdicts[name].verdict == "passed")
    rows = {CHECKED: structs.replace(row, signature="another"), passing: structs.replace(row, id=passing)}
    stale = judge_pages(repeating, RunOptions(baseline=Baseline(rows)), monkeypatch)
    found = {each.id: each for each in stale.results}
    assert found[CHECKED].verdict == found[passing].verdict == "stale"
    assert "another failure" in found[CHECKED].message
    assert "but it passes" in found[passing].message
    assert stale.exit_code is ExitCode.STALE_BASELINE

    unscored = judge_pages(repeating, RunOptions(requirement_set="2000.01"), monkeypatch)
    assert {each.scored for each in unscored.results} == {False}
    assert {each.id: each.verdict for each in unscored.results}[CHECKED] == "failed"
    assert unscored.exit_code is ExitCode.TOO_LITTLE_JUDGED, "nothing that counts was judged"


@pytest.mark.parametrize("error", [BudgetSpent("spent"), Unreachable("gone")], ids=["limit", "network"])
def test_a_result_is_written_even_where_pages_cannot_be_read_at_its_end(
    error: Exception, monkeypatch: pytest.MonkeyPatch
) -> None:
    def unread(*_: Any) -> Any:
        raise error

    monkeypatch.setattr(enough_judged, "listed_files", unread)
    run: Any = SimpleNamespace(options=RunOptions(read_only=True), registry=None, projects=("demo",))
    assert no_files(run) == ""
