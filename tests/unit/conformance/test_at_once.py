"""Checks that are judged at once: they meet, and the result is as of one after the other."""

from __future__ import annotations

import threading
from contextlib import ExitStack, nullcontext
from dataclasses import replace
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest

from conformance import plugin
from conformance.catalogue import catalogue
from conformance.profiles.loader import profile
from conformance.run import at_once, checks_run, selection
from conformance.run.credential_watch import CredentialRejected
from conformance.run.keys import RUN
from conformance.run.postponed import MOST
from conformance.run.setup import prepare, take_part
from conformance.run.under_way import UnderWay
from conformance.run.usual_requests import MANY
from conformance.target import configuration, target_from_table
from conformance.verdicts import Verdict
from conformance.verdicts.options import RunOptions
from conformance.wire import Budget
from reference_server import ReferenceServer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from conformance.report.result import RunResult

    Judge = Callable[..., RunResult]

FIRST, SECOND, THIRD, FOURTH = (
    f"gitlab.page.{name}"
    for name in ("hash", "requires-python", "lists-exactly-the-uploads", "absent-project-not-found")
)
BEGINNING = f"""
import threading
import pytest
from conformance.kit import expect
from conformance.kit.check import check
from conformance.kit.fixtures import *
from conformance.verdicts import Deviation, NotApplicable
from reference_server.distributions import wheel

FIRST, SECOND, THIRD, FOURTH = {(FIRST, SECOND, THIRD, FOURTH)!r}
TOGETHER = threading.Barrier(2)
MAIN = threading.main_thread()

def is_beside():
    return threading.current_thread() is not MAIN
"""


@pytest.fixture
def judge(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Judge]:
    """Judges a server that counts as far away, by checks that a test brings."""
    monkeypatch.setattr(selection, "CHECKS", tmp_path)
    monkeypatch.setattr("conformance.target.overlap.FAR", 0.0)
    monkeypatch.setenv("PYTEST_DEBUG_TEMPROOT", str(tmp_path))  # of the inner sessions

    def judged(
        *modules: str,
        plugins: Sequence[object] = (),
        exit_first: bool = False,
        processes: str | None = None,
        **options: Any,
    ) -> RunResult:
        for number, checks in enumerate(modules):
            (tmp_path / f"test_{tmp_path.name}_{number}.py").write_text(BEGINNING + checks, encoding="utf-8")
        chosen = RunOptions(ledger_folder=tmp_path / "ledgers", **options)
        return checks_run.run_checks(
            target_from_table(server.target()),
            chosen,
            selection.Selection(exit_first=exit_first, processes=processes),
            plugins=plugins,
        )

    with ReferenceServer() as server:
        yield judged


def verdicts(result: RunResult) -> dict[str, Verdict]:
    return {each.id: each.verdict for each in result.results}


MEETING = """
@check(FIRST)
def test_first():
    TOGETHER.wait(20)

@check(SECOND)
def test_second():
    TOGETHER.wait(20)
"""


def test_checks_of_a_far_target_meet(judge: Judge) -> None:
    assert verdicts(judge(MEETING)) == {FIRST: Verdict.PASSED, SECOND: Verdict.PASSED}


def test_a_check_beside_others_sends_at_once_what_does_not_depend_on_each_other(judge: Judge) -> None:
    found = judge(
        """
MANY = threading.Barrier(7)
RESTING = threading.Event()

@check(FIRST)
def test_first(registry):
    assert is_beside()
    try:
        registry.read_each(lambda _: MANY.wait(20), range(7))
    finally:
        RESTING.set()

@check(SECOND)
def test_second():
    assert RESTING.wait(20)
"""
    )
    assert verdicts(found) == {FIRST: Verdict.PASSED, SECOND: Verdict.PASSED}, found


def test_checks_share_what_a_process_sends_at_once(judge: Judge) -> None:
    found = judge(
        """
LOCK, UNDER_WAY, MOST = threading.Lock(), [0], [0]

def look(registry):
    with LOCK:
        UNDER_WAY[0] += 1
        MOST[0] = max(MOST[0], UNDER_WAY[0])
    registry.project_answer("absent", fresh=True)
    with LOCK:
        UNDER_WAY[0] -= 1

def read(registry):
    assert is_beside()
    registry.read_each(lambda _: look(registry), range(60))

@check(FIRST)
def test_first(registry):
    read(registry)

@check(SECOND)
def test_second(registry):
    read(registry)

@check(THIRD)
def test_third(registry):
    read(registry)

@check(FOURTH, last=True)
def test_fourth():
    assert 3 < MOST[0] <= 8, MOST
"""
    )
    assert set(verdicts(found).values()) == {Verdict.PASSED}, found


class Turns:
    """Another plugin: in the turn of one check it sets `GO` of their module. It notes the order of results."""

    def __init__(self, name: str = "test_second") -> None:
        self._name = name
        self.judged: list[str] = []

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_protocol(self, item: Any) -> Iterator[None]:
        if item.name == self._name:
            item.module.GO.set()
        return (yield)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.when == "call":
            self.judged.append(report.nodeid.rpartition("::")[2])


POSTPONING = """
GO = threading.Event()

@check(FIRST)
def test_first():
    raise {error}

@check(SECOND)
def test_second():
    if is_beside():
        assert GO.wait(20)

@check(THIRD)
def test_third():
    pass
"""
DEVIATES = 'Deviation(expected="this", found="that", where="here")'


@pytest.mark.parametrize("error", ['NotApplicable("not here")', DEVIATES])
def test_what_did_not_pass_waits_until_others_have_to_end(judge: Judge, error: str) -> None:
    """Else its turn would wait for the second check, which waits for its own turn."""
    turns = Turns()
    found = judge(POSTPONING.format(error=error), plugins=[turns])
    assert verdicts(found)[SECOND] is Verdict.PASSED, found
    assert turns.judged == ["test_second", "test_first", "test_third"]


def test_what_may_be_a_rejected_credential_does_not_wait(judge: Judge) -> None:
    turns = Turns()
    error = DEVIATES.replace("that", "status 401")
    judge(POSTPONING.replace("GO.wait(20)", "not GO.wait(0)").format(error=error), plugins=[turns])
    assert turns.judged[0] == "test_first"


class InWorker:
    """Another plugin: from the first turn on, this counts as a process of pytest-xdist."""

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_protocol(self, item: Any) -> Iterator[None]:
        item.config.workerinput = {"workercount": 2}
        return (yield)


def test_none_waits_in_a_process_whose_crash_would_lose_it(judge: Judge) -> None:
    turns = Turns()
    checks = POSTPONING.replace("GO.wait(20)", "not GO.wait(0.5)").format(error=DEVIATES)
    found = judge(checks, plugins=[InWorker(), turns])
    assert turns.judged[0] == "test_first"
    assert verdicts(found) == {FIRST: Verdict.WARNED, SECOND: Verdict.PASSED, THIRD: Verdict.PASSED}


def test_a_run_that_ends_at_the_first_failure_lets_none_wait(judge: Judge) -> None:
    checks = POSTPONING.replace("GO.wait(20)", "not GO.wait(0)").format(error=DEVIATES)
    found = judge(checks.replace("@check(FIRST)", "@check(FOURTH)"), exit_first=True)
    assert verdicts(found) == {FOURTH: Verdict.FAILED}


def test_a_few_checks_wait_for_each_other(judge: Judge) -> None:
    """One more than may wait deviate, beside one that ends in the turn of the last of them."""
    offered = {catalogue().requirements[SECOND].feature, "upload"}
    rows = [row for row in catalogue().for_profile(profile("gitlab")) if row.feature in offered]
    ids = [row.id for row in rows if row.area in {"gitlab", "upload"} and row.id not in {SECOND, *MANY}]
    ids = ids[: MOST + 1]
    deviating = "".join(
        f"""
@check({name!r})
def test_{number}():
    raise {DEVIATES}
"""
        for number, name in enumerate(ids)
    )
    last = """
GO = threading.Event()

@check(SECOND)
def test_second():
    assert GO.wait(20)
"""
    turns = Turns(f"test_{MOST}")
    found = judge(deviating + last, plugins=[turns])
    assert len(found.results) == MOST + 2
    assert turns.judged == [*(f"test_{number}" for number in range(MOST + 1)), "test_second"]


def test_the_last_check_of_a_module_waits(judge: Judge) -> None:
    """After the first one, pytest keeps the module set up for the next one, whose turn passes."""
    module = f"""
@check(FIRST)
def test_first():
    pass

@check(THIRD)
def test_third():
    raise {DEVIATES}
"""
    others = """
GO = threading.Event()

@check(FOURTH)
def test_fourth():
    pass

@check(SECOND)
def test_second():
    assert GO.wait(20)
"""
    found = judge(module, others, plugins=[Turns()])
    expected = dict.fromkeys((FIRST, SECOND, FOURTH), Verdict.PASSED) | {THIRD: Verdict.FAILED}
    assert verdicts(found) == expected, found


def test_what_is_not_offered_waits_for_no_other(judge: Judge) -> None:
    turns = Turns()
    absent = next(row.id for row in catalogue() if row.feature == "provenance" and not row.untested)
    checks = POSTPONING.replace("@check(FIRST)", f"@check({absent!r})").format(error=DEVIATES)

    class Without:
        """Takes a feature from the offer of the run."""

        def pytest_collection_finish(self, session: pytest.Session) -> None:
            run = session.config.stash[RUN]
            run.__dict__["offer"] = replace(run.offer, features=run.offer.features - {"provenance"})

    found = judge(checks, plugins=[turns, Without()])
    assert verdicts(found) == {
        absent: Verdict.NOT_APPLICABLE,
        SECOND: Verdict.PASSED,
        THIRD: Verdict.PASSED,
    }


SENDING = """
@check(FIRST)
def test_first(index):
    index.pages(fresh=True)

@check(SECOND)
def test_second(index, new_name, registry):
    expect.accepted(registry.upload(wheel(new_name("one"), "1.0")))

@check(THIRD)
def test_third(index):
    raise NotApplicable("not here")

@check(FOURTH)
def test_fourth(index):
    answer = index.registry.project_answer(index.project, fresh=True)
    raise Deviation(expected="something else", found="a page", where=str(answer))
"""


def test_the_result_is_as_of_one_check_after_the_other(judge: Judge) -> None:
    at_once_, one_by_one = judge(SENDING), judge(SENDING, at_once=1)
    assert verdicts(one_by_one) == {
        FIRST: Verdict.PASSED,
        SECOND: Verdict.PASSED,
        THIRD: Verdict.NOT_APPLICABLE,
        FOURTH: Verdict.FAILED,
    }
    assert verdicts(at_once_) == verdicts(one_by_one)
    wanted_results = {each.id: each for each in one_by_one.results}
    for found in at_once_.results:
        wanted = wanted_results[found.id]
        assert [each.request.split("-")[0] for each in found.exchanges] == [
            each.request.split("-")[0] for each in wanted.exchanges
        ]
        assert found.requests == wanted.requests * (2 if found.verdict is Verdict.FAILED else 1)
        assert (found.expected, found.found, found.signature) == (
            wanted.expected,
            wanted.found,
            wanted.signature,
        )


def test_each_check_has_its_own_evidence(judge: Judge) -> None:
    found = judge(
        """
@check(FIRST)
def test_first(registry):
    TOGETHER.wait(20)
    registry.project_answer("first", fresh=True)
    TOGETHER.wait(20)

@check(SECOND)
def test_second(registry):
    TOGETHER.wait(20)
    registry.project_answer("second", fresh=True)
    TOGETHER.wait(20)
"""
    )
    asked = {each.id: [each.request.split("/")[-2] for each in each.exchanges] for each in found.results}
    assert asked == {FIRST: ["first"], SECOND: ["second"]}, found
    assert {each.requests for each in found.results} == {1}


def test_what_fails_beside_others_only_passes_and_is_the_last_that_runs_at_once(judge: Judge) -> None:
    found = judge(
        """
@check(FIRST)
def test_first(registry, remark):
    if is_beside():
        remark("of no use")
        raise Deviation(expected="this", found="that", where="here")
    assert registry.at_once == 8, registry.at_once

@check(SECOND)
def test_second():
    pass

@check(THIRD, alone=True)
def test_third(registry):
    assert registry.at_once == 1, registry.at_once
"""
    )
    assert set(verdicts(found).values()) == {Verdict.PASSED}, found
    assert {each.message for each in found.results} == {""}
    assert any("1 check failed beside others, and passed alone" in note for note in found.summary.notes)


def test_a_fixture_that_fails_beside_others_is_set_up_again(judge: Judge) -> None:
    found = judge(
        """
TRIES = []

@pytest.fixture(scope="session")
def frail():
    TRIES.append(1)
    if len(TRIES) == 1:
        raise Deviation(expected="this", found="that", where="here")
    return len(TRIES)

@check(FIRST)
def test_first():
    pass

@check(SECOND)
def test_second(frail):
    assert frail == 2
"""
    )
    assert verdicts(found) == {FIRST: Verdict.PASSED, SECOND: Verdict.PASSED}


UNDER_WAY = """
STARTED, SET_UP = threading.Event(), threading.Event()
UNDER_WAY = []

@check(FIRST)
def test_first():
    UNDER_WAY.append(1)
    STARTED.set()
    SET_UP.wait(20)
    UNDER_WAY.pop()

def asked(registry):
    STARTED.wait(20)
    registry.project_answer("absent", fresh=True)
    found = [*UNDER_WAY]
    SET_UP.set()
    return found

def require_nothing(found):
    if found:
        raise Deviation(expected="nothing beside it", found="another check", where="here")
"""


@pytest.mark.parametrize(
    "fixtures",
    [
        """
@pytest.fixture(scope="session")
def kept(registry):
    return asked(registry)
""",
        """
@pytest.fixture
def kept(registry):
    return asked(registry)
""",
        """
@pytest.fixture(scope="session")
def kept(registry):
    if asked(registry):
        raise NotApplicable("refused")
    return []
""",
        """
@pytest.fixture(scope="session")
def asked_for(registry):
    return asked(registry)

@pytest.fixture(scope="session")
def kept(asked_for):
    return [*asked_for]
""",
        """
@pytest.fixture(scope="session")
def asked_for(registry):
    return asked(registry)

@pytest.fixture(scope="session")
def kept(request):
    return request.getfixturevalue("asked_for")
""",
    ],
    ids=["of the session", "of the check", "not applicable", "of another", "by name"],
)
def test_a_check_judged_alone_looks_at_nothing_that_was_set_up_beside_others(
    judge: Judge, fixtures: str
) -> None:
    found = judge(
        UNDER_WAY
        + fixtures
        + """
@check(SECOND)
def test_second(kept):
    require_nothing(kept)

@check(THIRD, alone=True)
def test_third(kept):
    require_nothing(kept)
"""
    )
    assert set(verdicts(found).values()) == {Verdict.PASSED}, found
    (second,) = (each for each in found.results if each.id == SECOND)
    assert len(second.exchanges) == 1, "its evidence is of the second time only"


@pytest.mark.parametrize(
    "mark", ["skip(reason='not now')", "skipif(True, reason='not now')", "xfail(run=False)"]
)
def test_a_check_that_is_skipped_does_not_begin_ahead(judge: Judge, mark: str) -> None:
    found = judge(
        f"""
RAN = []

@check(FIRST)
def test_first():
    pass

@pytest.mark.{mark}
@check(SECOND)
def test_second():
    RAN.append(1)

@check(THIRD)
def test_third():
    pass

@check(FOURTH, last=True)
def test_fourth():
    assert not RAN
"""
    )
    assert verdicts(found)[FOURTH] is Verdict.PASSED, found


def test_a_plain_session_of_pytest_does_not_look_ahead(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Other plugins, `--setup-only` and `--pdb` decide in a check's turn whether it runs."""
    monkeypatch.setattr("conformance.target.overlap.FAR", 0.0)
    options = RunOptions(ledger_folder=tmp_path)
    config: Any = SimpleNamespace(getoption=lambda *_: None)
    with ReferenceServer() as server, ExitStack() as stack:
        target = target_from_table(server.target())
        monkeypatch.setattr(configuration, "configured_or_embedded", lambda _: nullcontext(target))
        by_run, plain = prepare(target, options), plugin._prepared(config, options, stack)
        for run in (by_run, plain):
            run.session.close()
    assert by_run.overlaps
    assert not plain.overlaps


class Properties:
    """Another plugin, whose property each item has, and which looks at what is left at the end."""

    def __init__(self) -> None:
        self.left: list[object] = []

    def pytest_itemcollected(self, item: pytest.Item) -> None:
        item.user_properties.append(("of another", 1))

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.when == "call":
            self.left.append(report.user_properties)


def test_properties_of_other_plugins_stay(judge: Judge) -> None:
    another = Properties()
    judge(
        """
@check(FIRST)
def test_first(remark):
    if is_beside():
        remark("of no use")
        raise Deviation(expected="this", found="that", where="here")
""",
        plugins=[another],
    )
    assert another.left == [[("of another", 1)]]


@pytest.mark.parametrize("alone", ["", ", alone=True", ", last=True"])
def test_a_check_that_is_to_be_alone_is(judge: Judge, alone: str) -> None:
    found = judge(
        f"""
UNDER_WAY = []

@check(FIRST{alone})
def test_first():
    assert is_beside() is {not alone}
    assert not UNDER_WAY or not {bool(alone)}

@check(SECOND)
def test_second():
    UNDER_WAY.append(1)
    TOGETHER.wait(20)
    UNDER_WAY.pop()

@check(THIRD)
def test_third():
    TOGETHER.wait(20)
"""
    )
    assert set(verdicts(found).values()) == {Verdict.PASSED}, found


def test_an_interruption_ends_the_checks_that_are_under_way(
    judge: Judge, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(at_once, "wait", interrupted)
    found = judge(
        """
@check(FIRST)
def test_first(registry, new_name):
    while True:
        registry.upload(wheel(new_name("endless"), "1.0"))
"""
    )
    assert not found.results
    assert "The run was interrupted." in found.summary.notes
    assert any(note.startswith("Deleted ") for note in found.summary.notes), found.summary.notes


def test_no_check_begins_at_once_when_the_budget_is_spent(judge: Judge) -> None:
    found = judge(
        """
@check(FIRST)
def test_first(registry):
    for _ in range(500):
        registry.project_answer("absent", fresh=True)

@check(SECOND)
def test_second():
    pass
""",
        max_requests=400,
    )
    assert verdicts(found)[FIRST] is Verdict.ERROR
    assert {each.stopped_by for each in found.results if each.id == FIRST} == {"budget"}


def test_no_check_counts_that_ran_ahead_of_one_whose_credential_was_rejected(
    judge: Judge, monkeypatch: pytest.MonkeyPatch
) -> None:
    def rejected(*_: object) -> CredentialRejected:
        return CredentialRejected("expired")

    monkeypatch.setattr("conformance.run.judge.rejection", rejected)
    found = judge(
        """
@check(FIRST)
def test_first():
    if is_beside():
        TOGETHER.wait(20)
    raise Deviation(expected="this", found="status 401", where="here")

@check(SECOND)
def test_second():
    TOGETHER.wait(20)

@check(THIRD)
def test_third(registry):
    registry.project_answer("absent", fresh=True)
"""
    )
    assert {each.stopped_by for each in found.results} == {"credential"}
    assert len(found.results) == 3


def test_a_check_that_is_to_be_alone_waits_for_those_of_other_processes() -> None:
    run: Any = SimpleNamespace(session=SimpleNamespace(budget=Budget(RunOptions())))
    account = run.session.budget.account
    run.under_way, other = UnderWay(account, "gw0"), UnderWay(account, "gw1")
    other.count(1)
    alone = threading.Event()

    def judged() -> None:
        with at_once.AtOnce(lambda _: run)._nothing_beside(run, everywhere=True):
            alone.set()

    waiting = threading.Thread(target=judged, daemon=True)
    waiting.start()
    assert not alone.wait(0.3)
    assert other.is_to_be_quiet
    UnderWay(account).forget("gw1")  # as where the process has died
    assert alone.wait(60)
    waiting.join(60)
    assert not other.is_to_be_quiet


def test_a_process_that_dies_lets_others_run_checks_at_once_again(judge: Judge, tmp_path: Path) -> None:
    """One dies while it wants quiet, with a check under way; the other has two checks that have to meet."""
    found = judge(
        f"""
import os
import pathlib
import time
from conformance.run.keys import RUN
from conformance.target import overlap

overlap.FAR = 0.0
MARK = pathlib.Path({str(tmp_path / "mark")!r})

@pytest.fixture
def under_way(request):
    return request.config.stash[RUN].under_way

@check(FIRST)
def test_first(under_way):
    if not MARK.exists():
        MARK.touch()
        under_way.count(1)
        under_way.want_quiet(1)
        os._exit(1)

@check(SECOND)
def test_second():
    pass

@check(THIRD)
def test_third():
    pass

@check(FOURTH)
def test_fourth(under_way):
    deadline = time.monotonic() + 60
    while not MARK.exists() or under_way.checks > 1 or under_way.is_to_be_quiet:
        assert time.monotonic() < deadline
""",
        processes="2",
    )
    assert verdicts(found)[FOURTH] is Verdict.PASSED


def test_another_process_knows_from_the_start_that_the_target_is_far_away(tmp_path: Path) -> None:
    options = RunOptions(ledger_folder=tmp_path)
    with ReferenceServer() as server:
        run = prepare(target_from_table(server.target()), options)
        other = take_part(run.as_table(), options, worker="gw0")
        assert other.session.usual_wait == run.session.usual_wait > 0
        for each in (other, run):
            each.session.close()
