"""Several requests at once, where a target is mostly waited for."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from functools import partial
from threading import Barrier, BrokenBarrierError, Event, Lock, Thread, get_ident
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest

from conformance.corpus.ledger import Ledger
from conformance.pages import JSON_V1
from conformance.target import target_from_table
from conformance.target.overlap import FAR, LATE, Overlap
from conformance.target.page_form import PageForm
from conformance.target.registry_client import RegistryClient
from conformance.target.settling import Settling
from conformance.verdicts import Deviation
from conformance.verdicts.options import TrafficLimits
from conformance.wire import (
    Budget,
    BudgetSpent,
    Redactor,
    Session,
    Throttled,
    Transcript,
    Unreachable,
)
from conformance.wire.account import Cell
from conformance.wire.answer_times import AnswerTimes
from conformance.wire.budget import TELLING_LOSS
from conformance.wire.lanes import Seats, enter_lane, seated
from conformance.wire.session import MOST_IDLE, MOST_KEPT
from conformance.wire.stopping import Stopped, stoppable
from reference_server.serving.target import target_table

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

DEADLINE = 20.0
"""Seconds after which an action that waits for another one gives up."""


def far_session(wait: float = FAR, *, is_sound: bool = True, at_once: int = 8) -> Any:
    """Return what an overlap asks a session for."""
    budget = SimpleNamespace(is_sound=is_sound)
    return SimpleNamespace(usual_wait=wait, at_once=at_once, budget=budget, close_surplus=lambda: None)


def overlap(
    wait: float = FAR,
    *,
    usual: float = 0,
    is_sound: bool = True,
    at_once: int = 8,
    processes: int = 1,
    instead_of: int = 1,
) -> Overlap:
    """Return the overlap for a target that answers after `wait` seconds and lists uploads after `usual`."""
    session = far_session(wait, is_sound=is_sound, at_once=at_once)
    settling: Any = SimpleNamespace(usual=usual)
    return Overlap(session, settling, processes=processes, instead_of=instead_of)


@pytest.mark.parametrize(
    ("made", "width"),
    [
        (overlap(FAR / 2), 1),
        (overlap(FAR), 8),
        (overlap(0, usual=LATE), 8),
        (overlap(FAR, is_sound=False), 1),
        (overlap(FAR, at_once=3), 3),
        (overlap(FAR, at_once=1), 1),
        (overlap(FAR, processes=8), 2),
        (overlap(FAR, processes=99), 1),
        (overlap(FAR, instead_of=2), 16),
        (overlap(FAR, instead_of=9), 16),
        (overlap(FAR, at_once=3, instead_of=2), 6),
    ],
)
def test_actions_overlap_where_the_target_is_waited_for(made: Overlap, width: int) -> None:
    assert made.width == width


def test_clients_of_one_target_share_what_its_processes_may_send(tmp_path: Path) -> None:
    registry = RegistryClient(
        target_from_table(target_table("http://127.0.0.1:1", max_file_size=None)),
        session=far_session(),
        transcript=Transcript(),
        ledger=Ledger(tmp_path / "ledger.jsonl"),
        processes=4,
    )
    assert [registry.at_once, registry.hasty().at_once, registry.at_project("2").at_once] == [4, 4, 4]


def test_the_actions_of_a_far_target_run_at_once_and_their_results_are_in_order() -> None:
    together = Barrier(4)

    def action(number: int) -> int:
        if number:
            together.wait(DEADLINE)  # breaks unless four of them are here
        return -number

    assert overlap().each(action, range(5)) == [0, -1, -2, -3, -4]


def test_the_next_action_begins_when_one_ends() -> None:
    """The first ones that run at once do not wait for the slowest of them."""
    tenth_is_here = Event()

    def action(number: int) -> None:
        if number == 1:
            assert tenth_is_here.wait(DEADLINE)
        elif number == 10:
            tenth_is_here.set()

    overlap().each(action, range(12))


def test_what_runs_beside_others_takes_the_seats_that_are_free() -> None:
    seats = Seats(8)
    for _ in range(5):
        seats.take()
    lock, under_way, most = Lock(), [0], [0]
    together = Barrier(4)  # its own seat, and the three that are free

    def action(number: int) -> None:
        with lock:
            under_way[0] += 1
            most[0] = max(most[0], under_way[0])
        if number < 4:
            together.wait(DEADLINE)
        with lock:
            under_way[0] -= 1

    with stoppable(Event()), seated(seats):
        overlap().each(action, range(40), reads=True)
    assert most == [4]
    assert [seats.take_free() for _ in range(4)] == [True, True, True, False]


def test_no_seat_is_taken_that_a_check_waits_for() -> None:
    seats: Any = Seats(1)
    seats.take()
    seats._awaited = 1  # a check that is to begin
    seats.leave()
    assert not seats.take_free()
    seats._awaited = 0
    assert seats.take_free()


def test_the_seats_are_free_again_when_an_action_fails() -> None:
    seats = Seats(4)
    seats.take()
    together = Barrier(4)

    def action(number: int) -> None:
        together.wait(DEADLINE)
        raise ValueError(number)

    with stoppable(Event()), seated(seats), pytest.raises(ValueError, match=r"^0$"):
        overlap().each(action, range(9), reads=True)
    assert [seats.take_free() for _ in range(4)] == [True, True, True, False]


def test_an_action_beside_others_is_stopped_with_its_check() -> None:
    stop, seats, after = Event(), Seats(4), list[int]()
    budget = Budget(TrafficLimits())
    together = Barrier(5)

    def action(number: int) -> None:
        together.wait(DEADLINE)
        together.wait(DEADLINE)
        budget.take().end()
        after.append(number)

    def check() -> None:
        seats.take()
        with stoppable(stop), seated(seats), pytest.raises(Stopped):
            overlap().each(action, range(4), reads=True)

    thread = Thread(target=check)
    thread.start()
    together.wait(DEADLINE)
    stop.set()
    together.wait(DEADLINE)
    thread.join()
    assert not after


def test_the_actions_of_a_near_target_run_one_after_the_other() -> None:
    together = Barrier(2)
    with pytest.raises(BrokenBarrierError):
        overlap(0).each(lambda _: together.wait(0.01), range(2))


def test_the_first_error_counts_whichever_came_first() -> None:
    third_is_over = Event()

    def action(number: int) -> None:
        if number == 0:
            return
        if number == 3:
            third_is_over.set()
        assert third_is_over.wait(DEADLINE)
        raise ValueError(number)

    with pytest.raises(ValueError, match=r"^1$"):
        overlap().each(action, range(4))


def test_no_read_is_alone_where_the_target_is_far_away() -> None:
    together = Barrier(2)
    overlap().each(lambda _: together.wait(DEADLINE), range(2), reads=True)
    with pytest.raises(BrokenBarrierError):
        overlap(0).each(lambda _: together.wait(0.01), range(2), reads=True)


def test_the_first_action_is_alone() -> None:
    acted: list[int] = []

    def action(number: int) -> None:
        acted.append(number)
        raise ValueError(number)

    with pytest.raises(ValueError, match=r"^0$"):
        overlap().each(action, range(9))
    assert acted == [0]


@pytest.mark.parametrize("limit", [Throttled("refused"), BudgetSpent("spent"), Unreachable("no answer")])
def test_a_deviation_counts_more_than_a_limit_before_it(limit: Exception) -> None:
    def action(number: int) -> None:
        if number == 1:
            raise limit
        if number == 5:
            raise Deviation(expected="this", found="that", where="here")

    with pytest.raises(Deviation):
        overlap().each(action, range(8))


def test_after_a_refusal_or_a_loss_actions_run_one_after_the_other() -> None:
    session = far_session()
    settling: Any = SimpleNamespace(usual=0)
    main = get_ident()
    alone: list[int] = []

    def action(number: int) -> None:
        if number == 4:
            session.budget.is_sound = False
        if get_ident() == main:
            alone.append(number)

    Overlap(session, settling).each(action, range(40))
    assert alone[0] == 0
    assert alone[1:] == [*range(alone[1], 40)]
    assert alone[1] <= 4 + 9, "what is under way when it happens goes on"


def test_actions_of_an_action_do_not_overlap_again() -> None:
    outer = overlap()

    def action(_: int) -> int:
        return outer.width

    assert outer.each(action, range(3)) == [8, 1, 1]


def test_an_interruption_stops_the_other_actions_before_their_next_request(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    budget = Budget(TrafficLimits())
    paused = Barrier(9)
    after: list[int] = []

    def action(number: int) -> None:
        if number:
            paused.wait(DEADLINE)
            budget.take().end()
            after.append(number)

    def interrupted(*_: object, **__: object) -> None:
        budget.pause(200, refused=False)  # the actions wait for its end
        paused.wait(DEADLINE)
        raise KeyboardInterrupt

    monkeypatch.setattr("conformance.target.overlap.wait", interrupted)
    with pytest.raises(KeyboardInterrupt):
        overlap().each(action, range(9))
    assert not after


def test_connections_that_are_not_needed_any_more_are_closed() -> None:
    session = Session(transcript=Transcript(), redact=Redactor([]), limits=TrafficLimits())
    closed: list[int] = []

    made: Any = session
    made._idle[0] = [SimpleNamespace(close=partial(closed.append, number)) for number in range(MOST_KEPT + 2)]
    session.close_surplus()
    assert closed == [0, 1]
    assert len(made._idle[0]) == MOST_KEPT


def test_a_connection_that_was_idle_for_long_is_made_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    session: Any = Session(transcript=Transcript(), redact=Redactor([]), limits=TrafficLimits())
    closed: list[bool] = []
    with session._connected() as kept:
        monkeypatch.setattr(kept, "close", lambda: closed.append(True))
    with session._connected() as again:
        assert again is kept
    assert not closed
    kept.used -= MOST_IDLE
    with session._connected() as again:
        assert again is kept
    assert closed == [True]


def test_large_answers_are_compared_by_one_thread_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    session: Any = Session(transcript=Transcript(), redact=Redactor([]), limits=TrafficLimits())
    held: list[bool] = []

    class Page:
        content = b""

    def comparing(*_: object) -> bool:
        held.append(session._sharing.locked())
        return False

    monkeypatch.setattr("conformance.wire.session.share", comparing)
    pages = [Page(), Page()]
    for page in pages:
        session._share(page)
    assert held == [True]
    assert len(session._large) == 2


def test_requests_lost_at_the_same_time_count_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("conformance.wire.budget.time", SimpleNamespace(monotonic=lambda: 100.0))
    budget = Budget(TrafficLimits(answer_time=2))
    lost = [budget.has_lost]
    for _ in range(8):
        budget.lose(2)
    lost.append(budget.has_lost)
    assert lost == [False, True]
    budget.require_open()
    with budget.account.locked() as state:
        assert state[Cell.LOST] == 2


@pytest.mark.parametrize(
    "happening",
    [
        lambda budget: budget.pause(0, refused=True),
        lambda budget: budget.lose(TELLING_LOSS),
        lambda budget: budget.strain(),
    ],
)
def test_a_registry_is_sound_until_it_throttles_loses_a_request_or_fails_a_check_for_others(
    happening: Callable[[Budget], None],
) -> None:
    budget = Budget(TrafficLimits())
    assert budget.is_sound
    happening(budget)
    assert not budget.is_sound


def test_a_connection_stays_in_its_lane() -> None:
    session: Any = Session(transcript=Transcript(), redact=Redactor([]), limits=TrafficLimits())

    def lent(number: int) -> object:
        enter_lane(number)
        with session._connected() as connections:
            return connections

    with ThreadPoolExecutor(1) as first, ThreadPoolExecutor(1) as second:
        ones = [
            first.submit(lent, 1).result(),
            second.submit(lent, 2).result(),
            first.submit(lent, 1).result(),
        ]
    assert ones[0] is ones[2] is not ones[1]


def test_a_change_that_stays_away_counts_once_for_all_its_readers() -> None:
    settling: Any = Settling(9)
    change = settling.expect("page", "file", lambda _: False)
    for _ in range(8):
        settling._give_up([change])
    assert settling.patience == 9
    settling._give_up([settling.expect("page", "other", lambda _: False)])
    assert settling.patience < 9


def test_a_thread_does_not_take_406_for_a_page_when_another_one_learned_meanwhile() -> None:
    form = PageForm()
    refused: Any = SimpleNamespace(status=406)
    asked_by_both = form.accept
    form.learn(SimpleNamespace(status=200))  # type: ignore[arg-type]
    assert form.other(refused, asked_by_both) == JSON_V1
    assert not form.other(refused, form.accept)


def test_a_page_is_not_kept_when_it_changed_before_it_could_be(tmp_path: Path) -> None:
    """The thread that publishes comes in between the question and the cache, and has to wait in the cache."""
    session = far_session()
    registry: Any = RegistryClient(
        target_from_table(target_table("http://127.0.0.1:1", max_file_size=None)),
        session=session,
        transcript=Transcript(),
        ledger=Ledger(tmp_path / "ledger.jsonl"),
    )
    held: list[bool] = []

    class Pages(dict[Any, Any]):
        def __setitem__(self, key: Any, answer: Any) -> None:
            held.append(registry._pages._cache._lock.locked())
            super().__setitem__(key, answer)

        def forget(self, keys: Any) -> None:
            held.append(registry._pages._cache._lock.locked())
            for key in keys:
                del self[key]

    registry._pages._cache._answers = kept = Pages()
    registry._pages._transcript = SimpleNamespace(use=lambda _: None)
    session.send = lambda _, url, **__: SimpleNamespace(
        status=200, url=url, exchange=None, is_server_error=False
    )
    registry.project_answer("demo")
    assert len(kept) == 1
    registry.forget_pages("demo")
    assert not kept
    assert held == [True, True, True]


def test_the_usual_time_of_an_answer_is_the_median_of_the_last_ones() -> None:
    times = AnswerTimes()
    assert times.usual == 0
    for seconds in [9.0] * 5 + [0.1] * 30 + [9.0]:
        times.note(seconds)
    assert times.usual == 0.1


def test_a_session_that_was_throttled_sends_one_request_at_a_time() -> None:
    session: Any = Session(transcript=Transcript(), redact=Redactor([]), limits=TrafficLimits())
    held: list[bool] = []

    def timed(_: object) -> tuple[object, float]:
        held.append(session._one_at_a_time.locked())
        return SimpleNamespace(status_code=200, headers={}), 0

    session._timed = timed
    session._obeying(None)
    session.budget.pause(0, refused=True)
    session._obeying(None)
    assert held == [False, True]
