"""The budget of a run: counts, turns, pauses, what is kept for the clean-up, and processes that share it."""

from __future__ import annotations

import math
import time
from email.utils import formatdate
from threading import Thread
from typing import TYPE_CHECKING

import pytest
from hypothesis import strategies as st
from werkzeug import Response

from conformance.kit.properties.examples import Examples
from conformance.kit.races.racers import Racer, wait_for_all
from conformance.kit.user_machine import _THROTTLED
from conformance.run.limits import run_again_when_throttled, throttling_note
from conformance.verdicts import Deviation
from conformance.verdicts.options import TrafficLimits
from conformance.wire import (
    Budget,
    BudgetSpent,
    RawConnection,
    Redactor,
    Session,
    Throttled,
    TimeUp,
    Transcript,
    Unreachable,
)
from conformance.wire.account import Account, Cell
from conformance.wire.budget import MOST_IN_VAIN, MOST_LOST, MOST_PAUSED
from conformance.wire.throttling import (
    LONGEST_DOUBLED,
    MOST_PAUSES,
    pause_after_refusal,
    pause_before_refusal,
)

if TYPE_CHECKING:
    from pytest_httpserver import HTTPServer
    from werkzeug import Request


def budget(*, per_deletion: int = 0, max_requests: int = 100, **limits: float) -> Budget:
    return Budget(TrafficLimits(max_requests=max_requests, **limits), per_deletion=per_deletion)


def spend_all(of: Budget, at_once: int = 1) -> int:
    """Return how many requests there are until the budget is spent."""
    spent = 0
    while True:
        try:
            of.take(at_once).end()
        except BudgetSpent:
            return spent
        spent += at_once


def number(of: Budget, cell: Cell) -> float:
    with of.account.locked() as state:
        return state[cell]


def test_processes_spend_one_budget() -> None:
    first = budget(max_requests=30)
    spent_before = 4
    first.take(spent_before).end()
    others = [Budget(TrafficLimits(max_requests=30), account=Account(first.share())) for _ in range(2)]
    spent: list[int] = []
    threads = [Thread(target=lambda each=each: spent.append(spend_all(each))) for each in (first, *others)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert spent_before + sum(spent) == 30
    first.close()


def test_the_file_of_a_budget_goes_with_it() -> None:
    first = budget()
    path = first.share()
    assert path == first.share()
    Account(path).close()
    assert path.exists()
    first.close()
    assert not path.exists()
    second = budget()
    path = second.share()
    del second
    assert not path.exists()


def test_the_clean_up_has_requests_of_its_own() -> None:
    kept = budget(max_requests=100, per_deletion=1)
    for _ in range(21):
        kept.owe()
    kept.settle()
    assert spend_all(kept) == 100 - 20 - 10
    spent = (
        r"the budget of 100 requests is spent; raise --max-requests \(30 of them are kept for the clean-up\)"
    )
    with pytest.raises(BudgetSpent, match=spent):
        kept.require_open()
    kept.begin_clean_up()
    assert spend_all(kept) == 30


def test_lists_of_many_files_take_a_tenth() -> None:
    kept = budget(max_requests=1_000, per_deletion=1)
    for _ in range(300):
        kept.owe()
    assert spend_all(kept, at_once=10) == 1_000 - 300 - 30


@pytest.mark.parametrize("kept", [budget(max_requests=5, per_deletion=1), budget(max_requests=5)])
def test_without_files_and_without_clean_up_nothing_is_kept(kept: Budget) -> None:
    if not kept._per_deletion:
        kept.owe()
    assert spend_all(kept) == 5


def test_a_client_starts_only_when_there_is_room() -> None:
    small = budget(max_requests=5)
    with pytest.raises(BudgetSpent), small.turn(6):
        pytest.fail("it started")
    with small.turn(5):
        pass
    assert spend_all(small) == 0


def test_a_request_counts_for_the_rate_until_it_is_answered() -> None:
    slow = budget(rate=2)
    first, _ = slow.take(seconds=60), slow.take(seconds=60)
    third: list[float] = []
    thread = Thread(target=lambda: third.append((slow.take(), time.monotonic())[1]))
    thread.start()
    assert third == []
    ended = time.monotonic()
    first.end()
    thread.join()
    assert third[0] - ended >= 1.0


def test_a_rate_below_one_is_a_request_in_several_seconds() -> None:
    slow = budget(rate=0.5)
    slow.take().end()
    with slow.account.locked() as state:
        assert 1.5 < slow._due(state, 1) - time.monotonic() <= 2.0


def test_a_client_above_the_rate_makes_others_wait() -> None:
    slow = budget(rate=3)
    slow.take(50).end()
    assert number(slow, Cell.SPENT) == 50
    with slow.account.locked() as state:
        assert slow._due(state, 1) - time.monotonic() > 10


def test_a_pause_holds_for_everyone() -> None:
    first = budget()
    second = Budget(TrafficLimits(), account=Account(first.share()))
    paused = time.monotonic()
    first.pause(0.2, refused=True)
    second.take()
    assert time.monotonic() - paused >= 0.2
    found = second.throttling
    assert found is not None
    assert (found.refused, found.paused, found.rate) == (1, 0.2, None)
    first.close()


def test_a_run_that_is_throttled_slows_down_once_per_burst() -> None:
    quick = budget()
    for _ in range(21):
        quick.take().end()
    assert quick.throttling is None
    for _ in range(3):
        quick.pause(0.01, refused=True)
    found = quick.throttling
    assert found is not None
    assert found.rate is not None
    assert found.rate <= 16
    assert f"--rate {found.rate} seems to stay below its limit." in throttling_note(quick)
    assert throttling_note(budget()) == ""


def test_what_never_ends_is_not_waited_for_again() -> None:
    hopeless = budget()
    hopeless.pause(60, refused=True)
    hopeless.give_up(60)
    with pytest.raises(Throttled):
        hopeless.take()
    with pytest.raises(Throttled):
        hopeless.require_open()


def test_pauses_that_were_in_vain_are_not_repeated_for_ever() -> None:
    hopeless = budget()
    assert hopeless.has_time_for(60, waited=MOST_IN_VAIN - 60)
    assert not hopeless.has_time_for(61, waited=MOST_IN_VAIN - 60)
    hopeless.give_up(0, waited=MOST_IN_VAIN)
    hopeless.begin_clean_up()
    assert not hopeless.has_time_for(1)


def test_all_pauses_together_end() -> None:
    patient = budget()
    with patient.account.locked() as state:
        state[Cell.PAUSED] = MOST_PAUSED + 1
    with pytest.raises(Throttled, match="did not stop"):
        patient.require_open()


def test_a_run_receives_so_many_bytes_and_its_clean_up_more() -> None:
    full = budget(max_megabytes=2)
    full.receive(2_000_000)
    full.take().end()
    full.receive(1)
    with pytest.raises(
        BudgetSpent, match="the responses to this run have 2 MB together; raise --max-megabytes"
    ):
        full.require_open()
    full.begin_clean_up()
    full.take().end()
    full.receive(1_000_000)
    with pytest.raises(BudgetSpent):
        full.take()


def test_a_run_loses_so_much_time_to_answers_without_an_end() -> None:
    slow = budget(answer_time=2)
    slow.lose(MOST_LOST * 2)
    slow.take().end()
    with slow.account.locked() as state:
        state[Cell.LOST_UNTIL] = 0  # long ago
    slow.lose(1)
    with pytest.raises(TimeUp, match="11 s on requests without a complete answer; it ends after 5 times"):
        slow.require_open()


def test_a_run_has_a_time_and_its_clean_up_more() -> None:
    brief = budget(max_time=0.000_1)
    while brief.has_time_for(0):
        pass
    with pytest.raises(TimeUp, match=r"the 0.0001 s of this run are over; raise --max-time"):
        brief.require_open()
    brief.take().end()  # a check that has started goes on
    brief.begin_clean_up()
    assert brief.has_time_for(60)


@pytest.mark.parametrize(
    ("status", "headers", "pauses", "pause"),
    [
        (200, {"Retry-After": "3"}, 0, None),
        (500, {"Retry-After": "3"}, 0, None),
        (503, {}, 0, None),
        (503, {"Retry-After": "3"}, 0, 3),
        (503, {"Retry-After": "soon"}, 0, None),
        (429, {"Retry-After": "3"}, 4, 3),
        (429, {"Retry-After": "0"}, 0, 0),
        (429, {"Retry-After": "86400"}, 0, 86400),
        (503, {"Retry-After": "9" * 400}, 0, math.inf),
        (429, {"Retry-After": "-1"}, 0, 1),
        (429, {}, 0, 1),
        (429, {}, 3, 8),
        (429, {}, 9, LONGEST_DOUBLED),
        (
            429,
            {"Date": formatdate(1_000_000_000), "Retry-After": formatdate(1_000_000_007, usegmt=True)},
            0,
            7,
        ),
        (429, {"Date": formatdate(1_000_000_000), "Retry-After": formatdate(999_999_999, usegmt=True)}, 0, 0),
        (429, {"Date": formatdate(1_000_000_000), "RateLimit-Reset": "1000000030"}, 0, 30),
        (429, {"RateLimit-Reset": "30"}, 0, 30),
        (429, {"RateLimit-Reset": "30", "Retry-After": "4"}, 0, 4),
    ],
)
def test_the_pause_that_an_answer_asks_for(
    status: int, headers: dict[str, str], pauses: int, pause: float | None
) -> None:
    assert pause_after_refusal(status, headers, pauses=pauses) == pause


@pytest.mark.parametrize(
    ("headers", "pause"),
    [
        ({}, None),
        ({"RateLimit-Remaining": "0"}, None),
        ({"RateLimit-Remaining": "1", "RateLimit-Reset": "9"}, None),
        ({"RateLimit-Remaining": "0", "RateLimit-Reset": "9"}, 9),
        ({"RateLimit-Remaining": "0", "RateLimit-Reset": "86400"}, LONGEST_DOUBLED),
        (
            {"RateLimit-Remaining": "0", "RateLimit-Reset": "1000000009", "Date": formatdate(1_000_000_000)},
            9,
        ),
    ],
)
def test_a_quota_that_is_used_up(headers: dict[str, str], pause: float | None) -> None:
    assert pause_before_refusal(headers) == pause


def session() -> Session:
    return Session(transcript=Transcript(), redact=Redactor([]), limits=TrafficLimits(timeout=60))


def send(by: Session, url: str, method: str = "POST") -> int:
    return by.send(method, url, credential=None, credential_name="anonymous", body=b"x").status


@pytest.mark.parametrize("status", [429, 503])
def test_a_refused_upload_is_sent_again(status: int, httpserver: HTTPServer) -> None:
    httpserver.expect_ordered_request("/").respond_with_data(status=status, headers={"Retry-After": "0"})
    httpserver.expect_ordered_request("/").respond_with_data(status=201)
    sender = session()
    assert send(sender, httpserver.url_for("/")) == 201
    assert [request.get_data() for request, _ in httpserver.log] == [b"x", b"x"]
    found = sender.budget.throttling
    assert found is not None
    assert found.refused == 1
    sender.close()


def test_a_registry_that_stays_unavailable_may_be_down(httpserver: HTTPServer) -> None:
    httpserver.expect_request("/").respond_with_data(status=503, headers={"Retry-After": "0"})
    sender = session()
    with pytest.raises(Throttled, match="503 SERVICE UNAVAILABLE, 6 times: the registry is down"):
        send(sender, httpserver.url_for("/"))
    sender.close()


def test_a_refusal_to_the_end_is_no_answer(httpserver: HTTPServer) -> None:
    httpserver.expect_request("/").respond_with_data(status=429, headers={"Retry-After": "0"})
    sender = session()
    with pytest.raises(Throttled, match="429 TOO MANY REQUESTS, 6 times: the registry throttles; use --rate"):
        send(sender, httpserver.url_for("/"))
    assert len(httpserver.log) == 6
    sender.close()


def refusing(
    httpserver: HTTPServer, *, parts: int, plain: frozenset[int] = frozenset()
) -> tuple[list[str], Session]:
    """Serve a file that refuses the first `parts` requests for parts, and the plain ones with these numbers."""
    log: list[str] = []

    def handle(request: Request) -> Response:
        log.append("part" if "Range" in request.headers else "plain")
        refused = log.count("part") <= parts if log[-1] == "part" else log.count("plain") in plain
        return Response(status=503 if refused else 200, headers={"Retry-After": "0"} if refused else {})

    httpserver.expect_request("/").respond_with_handler(handle)
    return log, session()


def part(by: Session, url: str) -> int:
    headers = {"Range": "bytes=0-9"}
    return by.send("GET", url, credential=None, credential_name="anonymous", headers=headers).status


@pytest.mark.parametrize("times", [1, 2, MOST_PAUSES])
def test_a_part_that_is_refused_for_a_while_is_served(times: int, httpserver: HTTPServer) -> None:
    log, sender = refusing(httpserver, parts=times)
    assert part(sender, httpserver.url_for("/")) == 200
    assert log.count("part") == times + 1
    sender.close()


def test_a_part_that_is_always_refused_alone_has_503_as_its_answer(httpserver: HTTPServer) -> None:
    log, sender = refusing(httpserver, parts=1000)
    assert part(sender, httpserver.url_for("/")) == 503
    assert " ".join(log) == "part part plain plain part plain part plain plain part plain part plain plain"
    sender.close()


@pytest.mark.parametrize("refused", [1, 2, 4, 8])
def test_a_server_that_refuses_plain_requests_too_throttles(refused: int, httpserver: HTTPServer) -> None:
    _, sender = refusing(httpserver, parts=1000, plain=frozenset({refused}))
    with pytest.raises(Throttled, match="503 SERVICE UNAVAILABLE, 6 times"):
        part(sender, httpserver.url_for("/"))
    sender.close()


def test_a_refusal_costs_nothing_of_what_is_kept_for_the_clean_up(httpserver: HTTPServer) -> None:
    for _ in range(3):
        httpserver.expect_ordered_request("/").respond_with_data(status=429, headers={"Retry-After": "0"})
    httpserver.expect_ordered_request("/").respond_with_data(status=204)
    sender = session()
    sender.budget.begin_clean_up()
    assert send(sender, httpserver.url_for("/"), "DELETE") == 204
    assert number(sender.budget, Cell.SPENT) == 1
    sender.close()


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        ("31536000", "a pause of 365 days; run later"),
        ("301", "a pause of 301 s; run later"),
        ("9" * 400, "a pause of more than 1000 days; run later"),
        (formatdate(4_070_908_800, usegmt=True), "days; run later"),
    ],
)
def test_a_pause_that_is_too_long_is_not_waited_for(asked: str, words: str, httpserver: HTTPServer) -> None:
    httpserver.expect_request("/").respond_with_data(status=429, headers={"Retry-After": asked})
    sender = session()
    with pytest.raises(Throttled, match=f"429 TOO MANY REQUESTS, 1 time: the registry asks for .*{words}"):
        send(sender, httpserver.url_for("/"))
    with pytest.raises(Throttled, match="run later"):
        send(sender, httpserver.url_for("/"))
    assert len(httpserver.log) == 1
    found = sender.budget.throttling
    assert found is not None
    assert found.paused == 0
    with raw(httpserver.url_for("/"), sender) as connection, pytest.raises(Throttled):
        connection.request("GET")
    sender.close()


def test_bytes_and_lost_seconds_are_counted(httpserver: HTTPServer) -> None:
    httpserver.expect_request("/").respond_with_data(b"x" * 1000)
    sender = session()
    send(sender, httpserver.url_for("/"), "GET")
    with raw(httpserver.url_for("/"), sender) as connection:
        connection.request("GET")
        assert connection.answer() is not None
    assert number(sender.budget, Cell.RECEIVED) == 2000
    assert number(sender.budget, Cell.LOST) == 0
    with pytest.raises(Unreachable):
        send(sender, "http://127.0.0.1:1/")
    assert number(sender.budget, Cell.LOST) > 0
    sender.close()


def test_a_pause_beyond_the_time_of_the_run_is_not_waited_for(httpserver: HTTPServer) -> None:
    httpserver.expect_request("/").respond_with_data(status=429, headers={"Retry-After": "50"})
    limits = TrafficLimits(max_time=40)
    sender = Session(transcript=Transcript(), redact=Redactor([]), limits=limits)
    with pytest.raises(Throttled, match="1 time:"):
        send(sender, httpserver.url_for("/"))
    sender.close()


def test_a_quota_that_an_answer_uses_up_makes_the_next_request_wait(httpserver: HTTPServer) -> None:
    headers = {"RateLimit-Remaining": "0", "RateLimit-Reset": "9"}
    httpserver.expect_request("/").respond_with_data(headers=headers)
    sender = session()
    assert send(sender, httpserver.url_for("/")) == 200
    assert number(sender.budget, Cell.QUIET_UNTIL) > time.monotonic() + 5
    assert number(sender.budget, Cell.REFUSED) == 0
    sender.close()


def raw(url: str, by: Session) -> RawConnection:
    return by.connect(url, credential=None, credential_name="anonymous")


def test_a_check_over_a_plain_socket_begins_again(
    httpserver: HTTPServer, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    answers = iter([429, 200])

    def answer(_: Request) -> Response:
        return Response(status=next(answers), headers={"Retry-After": "0"})

    httpserver.expect_request("/").respond_with_handler(answer)
    sender = session()
    seen = []

    def check(word: str) -> None:
        with raw(httpserver.url_for("/"), sender) as connection:
            connection.request("GET")
            answer = connection.answer()
            assert answer is not None
            seen.append((word, answer.status))

    item = request.node
    monkeypatch.setattr(item, "obj", check)
    run_again_when_throttled(item)
    item.obj(word="a fixture")
    assert seen == [("a fixture", 200)]
    sender.close()


def test_a_property_ends_where_a_limit_stops_it() -> None:
    tried: list[int] = []

    def throttled(example: int) -> None:
        tried.append(example)
        raise Throttled("to the end")

    with pytest.raises(Throttled, match="to the end"):
        Examples(count=10, seed=0).each(st.integers(), throttled)
    assert len(tried) == 1


def test_a_deviation_counts_even_where_a_limit_stops_its_shrinking() -> None:
    tried: list[int] = []

    def body(example: int) -> None:
        tried.append(example)
        if len(tried) > 1:
            raise BudgetSpent("none left")
        raise Deviation(expected="this", found="that", where="there")

    with pytest.raises(Deviation, match="that"):
        Examples(count=10, seed=0).each(st.integers(), body)
    assert len(tried) == 2


def test_a_race_that_was_throttled_blames_no_registry() -> None:
    errors = [ValueError(), Deviation(expected="a", found="b", where="c"), Throttled("429")]

    def failing(error: Exception) -> Racer[None]:
        def action(_: object) -> None:
            raise error

        racer: Racer[None] = Racer(action, None)  # type: ignore[arg-type]  # the lane is not used
        racer.start()
        return racer

    with pytest.raises(Throttled):
        wait_for_all([failing(error) for error in errors])
    with pytest.raises(Deviation):
        wait_for_all([failing(error) for error in errors[:2]])


@pytest.mark.parametrize(
    ("output", "throttled"),
    [
        ("ERROR HTTPError: 429 Too Many Requests from http://registry", True),
        ("Server returned status code 429 Too Many Requests", True),
        ("too many 429 error responses", True),
        ("429 Client Error: TOO MANY REQUESTS for url", True),
        ("Downloading demo-4.29.tar.gz (429 kB)", False),
        ("HTTPError: 400 Bad Request", False),
    ],
)
def test_how_clients_report_throttling(output: str, throttled: bool) -> None:  # noqa: FBT001
    assert bool(_THROTTLED.search(output)) is throttled
