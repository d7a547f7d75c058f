"""What became of what had failed."""

from __future__ import annotations

import io
from typing import Any

import pytest

from conformance.earlier import EarlierResult, Judged
from conformance.options import RunOptions
from conformance.replay import Fate, Replayed, became, had_failed, print_replay, replay
from conformance.report import CheckResult
from conformance.target import target_from_table
from conformance.verdicts import ExitCode, Verdict
from reference_server import ReferenceServer
from reference_server.faults import Fault

LISTS = "gitlab.page.lists-exactly-the-uploads"


def earlier(*judged: Judged) -> EarlierResult:
    return EarlierResult(url="", profile="gitlab", embedded=True, seed=0, judged=judged)


def before(verdict: Verdict, signature: str = "", name: str = LISTS) -> Judged:
    return Judged(id=name, verdict=verdict, signature=signature)


def now(verdict: Verdict, signature: str = "") -> CheckResult:
    return CheckResult(
        id=LISTS,
        level="MUST",
        standing="spec",
        verdict=str(verdict),
        message="what it says",
        duration=0,
        requests=0,
        exchanges=[],
        signature=signature,
    )


def test_what_had_made_the_run_red_is_replayed() -> None:
    judged = (
        before(Verdict.PASSED, name="a.passed"),
        before(Verdict.FAILED, "x", name="a.failed"),
        before(Verdict.WARNED, "x", name="a.warned"),
        before(Verdict.NOTED, "x", name="a.noted"),
        before(Verdict.KNOWN, "x", name="a.known"),
        before(Verdict.STALE, "x", name="a.differs"),
        before(Verdict.STALE, name="a.passes"),
        before(Verdict.ERROR, name="a.error"),
        before(Verdict.UNTESTABLE, name="a.untestable"),
    )
    assert [each.id for each in had_failed(earlier(*judged))] == ["a.failed", "a.differs", "a.error"]


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
def test_what_became_of_it(result: CheckResult | None, fate: Fate) -> None:
    assert became(before(Verdict.FAILED, "x"), result).fate is fate


@pytest.mark.parametrize(
    ("fates", "code"),
    [
        ((), ExitCode.CONFORMS),
        ((Fate.FIXED, Fate.FIXED), ExitCode.CONFORMS),
        ((Fate.FIXED, Fate.STILL), ExitCode.DEVIATES),
        ((Fate.DIFFERENTLY,), ExitCode.DEVIATES),
        ((Fate.NOT_JUDGED,), ExitCode.DEVIATES),
        ((Fate.FIXED, Fate.ERRORED), ExitCode.HARNESS_ERROR),
        ((Fate.STILL, Fate.ERRORED), ExitCode.DEVIATES),
    ],
)
def test_only_when_all_are_fixed_it_is_green(fates: tuple[Fate, ...], code: ExitCode) -> None:
    told = io.StringIO()
    assert print_replay([Replayed(id="a.one", fate=fate, message="why") for fate in fates], told) is code
    assert all(str(fate) in told.getvalue() for fate in fates)


class RepeatsEachOne(Fault):
    """Lists every file twice."""

    def project_page(self, page: Any) -> Any:
        return page.plus(*page.files)


def test_a_fixed_registry_is_told_from_a_broken_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PYTEST_CURRENT_TEST", raising=False)
    gone = before(Verdict.FAILED, "x", name="gitlab.gone")
    with ReferenceServer(faults=[RepeatsEachOne()]) as server:
        target = target_from_table(server.target(), embedded=True)
        broken = replay(earlier(before(Verdict.FAILED, "x"), gone), target, RunOptions())
    assert [each.fate for each in broken] == [Fate.DIFFERENTLY, Fate.NOT_JUDGED]
    with ReferenceServer() as server:
        target = target_from_table(server.target(), embedded=True)
        fixed = replay(earlier(before(Verdict.FAILED, "x")), target, RunOptions())
    assert [each.fate for each in fixed] == [Fate.FIXED]
