"""Settling: readers wait for what was changed, and for nothing else."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from threading import Event
from typing import TYPE_CHECKING

import pytest

from conformance.target.settling import NEVER_SHOWN, Settling, lists, lists_project, omits, shows
from conformance.wire.account import Account
from conformance.wire.stopping import Stopped, stoppable

from .answers import answer_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from conformance.wire import Answer

PAGE = "http://registry.example.com/simple/demo/"
WHEEL = "demo-1.0-py3-none-any.whl"


def answer(text: str = "", *, status: int = 200, content_type: str = "text/html") -> Answer:
    return answer_of(text, status=status, url=PAGE, headers={"Content-Type": content_type})


def page(*filenames: str) -> Answer:
    return answer("".join(f'<a href="../../files/{each}">{each}</a>' for each in filenames))


MISSING = answer(status=404)


def in_turn(answers: Iterable[Answer]) -> Callable[[], Answer]:
    return iter(answers).__next__


def test_a_page_is_read_again_until_it_lists_an_upload() -> None:
    settling = Settling(60)
    settling.expect(PAGE, WHEEL, lists(WHEEL))
    assert settling.read(PAGE, in_turn([MISSING, page(), page(WHEEL)])).content == page(WHEEL).content
    assert 0 < settling.longest < 60


def test_a_page_that_shows_everything_at_once_is_read_once() -> None:
    settling = Settling(60)
    settling.expect(PAGE, WHEEL, lists(WHEEL))
    assert settling.read(PAGE, in_turn([page(WHEEL)])).status == 200
    assert settling.longest == 0


def test_a_change_after_the_question_is_no_part_of_the_answer() -> None:
    settling = Settling(60)

    def asked_too_early() -> Answer:
        settling.expect(PAGE, WHEEL, lists(WHEEL))
        return page()

    assert settling.read(PAGE, asked_too_early).content == b""


def test_other_pages_are_not_waited_for() -> None:
    settling = Settling(60)
    settling.expect(PAGE, WHEEL, lists(WHEEL))
    assert settling.read(f"{PAGE}other/", in_turn([MISSING])).status == 404


@pytest.mark.parametrize("status", [401, 500, 503])
def test_no_other_answer_is_taken_for_an_early_page(status: int) -> None:
    settling = Settling(60)
    settling.expect(PAGE, WHEEL, lists(WHEEL))
    assert settling.read(PAGE, in_turn([answer(status=status)])).status == status


def test_of_one_subject_the_last_change_counts() -> None:
    settling = Settling(60)
    settling.expect(PAGE, WHEEL, lists(WHEEL))
    settling.expect(PAGE, WHEEL, omits(WHEEL))
    assert settling.read(PAGE, in_turn([page(WHEEL), page()])).content == b""


def test_a_change_can_take_the_place_of_all_others() -> None:
    settling = Settling(60)
    settling.expect(PAGE, WHEEL, lists(WHEEL))
    settling.expect(PAGE, "status", shows(lambda page: not page.files), instead=True)
    assert settling.read(PAGE, in_turn([page()])).content == b""


def test_what_stays_away_is_waited_for_once() -> None:
    settling = Settling(0.05)
    change = settling.expect(PAGE, WHEEL, lists(WHEEL))
    assert settling.read(PAGE, lambda: MISSING).status == 404
    assert not change.is_awaited
    assert settling.read(PAGE, in_turn([MISSING])).status == 404


def test_patience_shrinks_when_waiting_is_in_vain_and_grows_with_what_is_measured() -> None:
    settling = Settling(30)
    assert settling.patience == 30
    for number in range(NEVER_SHOWN):
        gone = Settling(0.02, settling._account)
        gone.expect(PAGE, str(number), lists(WHEEL))
        gone.read(PAGE, lambda: MISSING)
    assert settling.patience < 1
    settling.note(2)
    assert settling.patience == 10
    settling.note(20)
    assert settling.patience == 30


def test_a_change_that_is_undone_meanwhile_is_waited_for_no_longer() -> None:
    settling = Settling(60)
    settling.expect(PAGE, WHEEL, lists(WHEEL))
    asked: list[int] = []

    def undone_by_another_thread() -> Answer:
        asked.append(1)
        if len(asked) == 2:
            settling.expect(PAGE, WHEEL, omits(WHEEL))
        return page()

    settling.read(PAGE, undone_by_another_thread)
    assert len(asked) == 2
    assert settling.longest == 0


def test_a_limit_of_zero_reads_once() -> None:
    settling = Settling(0)
    settling.expect(PAGE, WHEEL, lists(WHEEL))
    assert settling.read(PAGE, in_turn([MISSING])).status == 404


def test_the_processes_of_a_run_share_what_they_measured() -> None:
    account = Account()
    with_path = Settling(5, Account(account.share()))
    Settling(5, account).note(1.5)
    assert with_path.longest == 1.5
    account.close()


def test_a_name_in_the_root_page_counts_in_any_spelling() -> None:
    assert lists_project("big-demo")(answer('<a href="big-demo/">Big.Demo</a>'))
    assert lists_project("big-demo")(answer('<a href="Big_Demo/">Big_Demo</a>'))
    assert not lists_project("big-demo")(answer('<a href="demo/">demo</a>'))
    assert lists_project("big-demo")(answer(status=404)), "without a root page there is nothing to wait for"


def test_a_file_name_in_other_characters_is_found() -> None:
    assert lists("demo-1.0+local.whl")(answer('<a href="x/demo-1.0%2Blocal.whl">demo-1.0&#43;local.whl</a>'))
    assert not lists("demo-1.0+local.whl")(page(WHEEL))


def test_a_file_of_a_name_is_told_from_another_one_by_its_hash() -> None:
    ours, other = "a" * 64, "b" * 64
    listed = answer(f'<a href="../../files/{WHEEL}#sha256={ours}">{WHEEL}</a>')
    assert lists(WHEEL, sha256=ours)(listed)
    assert not lists(WHEEL, sha256=other)(listed)
    assert lists(WHEEL, sha256=other)(page(WHEEL)), "a page without hashes cannot tell"


def test_waits_are_counted() -> None:
    settling = Settling(60)
    settling.expect(PAGE, WHEEL, lists(WHEEL))
    assert not any(settling.waits)
    settling.read(PAGE, in_turn([MISSING, page(WHEEL)]))
    waits, seconds = settling.waits
    assert waits == 1
    assert seconds > 0


def test_the_second_look_comes_when_changes_usually_show() -> None:
    settling = Settling(60)
    settling.note(0.2)
    settling.expect(PAGE, WHEEL, lists(WHEEL))
    looks: list[float] = []

    def ask() -> Answer:
        looks.append(time.monotonic())
        return page(WHEEL) if len(looks) == 2 else MISSING

    settling.read(PAGE, ask)
    assert looks[1] - looks[0] > 0.1


def test_one_thread_at_a_time_looks_for_an_upload() -> None:
    settling = Settling(60)
    change = settling.expect(PAGE, WHEEL, lists(WHEEL))
    looked = Event()

    def second() -> bool:
        looked.wait()
        with settling.turn(PAGE, change):
            return change.seen

    with ThreadPoolExecutor(1) as pool:
        with settling.turn(PAGE, change):
            other = pool.submit(second)
            looked.set()
            settling.read(PAGE, in_turn([page(WHEEL)]))
        assert other.result(), "it need not look again"


def test_a_change_is_given_all_of_the_limit() -> None:
    settling, made = Settling(0.05), time.monotonic()
    settling.wait_out(made)
    assert time.monotonic() >= made + 0.05
    settling.wait_out(made)
    assert settling.waits[0] == 1


def test_a_thread_that_is_to_end_does_not_wait() -> None:
    settling, stop = Settling(3600), Event()
    change = settling.expect(PAGE, WHEEL, lists(WHEEL))
    settling.note(3600)

    def take_turn() -> None:
        with settling.turn(PAGE, change):
            pass

    waits: list[Callable[[], object]] = [
        lambda: settling.read(PAGE, lambda: MISSING),
        settling.wait,
        lambda: settling.wait_out(time.monotonic()),
        take_turn,
    ]
    with stoppable(stop):
        stop.set()
        for wait in waits:
            with pytest.raises(Stopped):
                wait()
