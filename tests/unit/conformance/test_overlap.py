"""Several requests at once, where a target is mostly waited for."""

from __future__ import annotations

from threading import Barrier, BrokenBarrierError
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import strategies as st

from conformance.corpus.ledger import Ledger
from conformance.kit.properties.examples import Examples
from conformance.target import target_from_table
from conformance.target.overlap import FAR, LATE, Overlap
from conformance.target.registry_client import RegistryClient
from conformance.verdicts import Deviation
from conformance.wire import Transcript
from conformance.wire.answer_times import AnswerTimes
from reference_server.serving.target import target_table

if TYPE_CHECKING:
    from pathlib import Path

DEADLINE = 20.0
"""Seconds after which an action that waits for another one gives up."""


def overlap(wait: float = FAR, *, usual: float = 0, throttling: object = None, processes: int = 1) -> Overlap:
    """Return the overlap for a target that answers after `wait` seconds and lists uploads after `usual`."""
    session: Any = SimpleNamespace(usual_wait=wait, budget=SimpleNamespace(throttling=throttling))
    settling: Any = SimpleNamespace(usual=usual)
    return Overlap(session, settling, processes=processes)


@pytest.mark.parametrize(
    ("made", "width"),
    [
        (overlap(FAR / 2), 1),
        (overlap(FAR), 8),
        (overlap(0, usual=LATE), 8),
        (overlap(FAR, throttling="429"), 1),
        (overlap(FAR, processes=8), 2),
        (overlap(FAR, processes=99), 1),
    ],
)
def test_actions_overlap_where_the_target_is_waited_for(made: Overlap, width: int) -> None:
    assert made.width == width


def test_clients_of_one_target_share_what_its_processes_may_send(tmp_path: Path) -> None:
    session: Any = SimpleNamespace(usual_wait=FAR, budget=SimpleNamespace(throttling=None))
    registry = RegistryClient(
        target_from_table(target_table("http://127.0.0.1:1", max_file_size=None)),
        session=session,
        transcript=Transcript(),
        ledger=Ledger(tmp_path / "ledger.jsonl"),
        processes=4,
    )
    assert [registry.at_once, registry.hasty().at_once, registry.at_project("2").at_once] == [4, 4, 4]


def test_the_actions_of_a_far_target_run_at_once_and_their_results_are_in_order() -> None:
    together = Barrier(4)

    def action(number: int) -> int:
        together.wait(DEADLINE)  # breaks unless four of them are here
        return -number

    assert overlap().each(action, range(4)) == [0, -1, -2, -3]


def test_the_actions_of_a_near_target_run_one_after_the_other() -> None:
    together = Barrier(2)
    with pytest.raises(BrokenBarrierError):
        overlap(0).each(lambda _: together.wait(0.01), range(2))


def test_the_first_error_counts_whichever_came_first() -> None:
    second_is_over = Barrier(2)

    def action(number: int) -> None:
        if number < 2:
            second_is_over.wait(DEADLINE)
        raise ValueError(number)

    with pytest.raises(ValueError, match=r"^0$"):
        overlap().each(action, range(3))


def test_the_usual_time_of_an_answer_is_the_median_of_the_last_ones() -> None:
    times = AnswerTimes()
    assert times.usual == 0
    for seconds in [9.0] * 5 + [0.1] * 30 + [9.0]:
        times.note(seconds)
    assert times.usual == 0.1


class FarRegistry:
    """Runs actions as a far target does, in this thread."""

    at_once = 8

    def __init__(self) -> None:
        self.calls = 0

    def for_each(self, action: Any, items: Any) -> list[Any]:
        """Return what the action returns for each item."""
        self.calls += 1
        return [action(item) for item in items]


def far_examples(registry: FarRegistry, *, shrink: bool = True) -> Examples:
    far: Any = registry
    return Examples(count=20, seed=0, shrink=shrink, registry=far)


def test_independent_examples_are_those_of_a_search() -> None:
    near: list[int] = []
    far: list[int] = []
    registry = FarRegistry()
    Examples(count=20, seed=0).each(st.integers(), near.append)
    far_examples(registry).each(st.integers(), far.append, independent=True)
    assert far == near
    assert registry.calls == 1


def test_other_examples_are_tried_one_after_the_other() -> None:
    registry = FarRegistry()
    far_examples(registry).each(st.integers(), lambda _: None)
    assert registry.calls == 0


def test_a_deviation_of_independent_examples_is_shrunk_as_any_other() -> None:
    def small(number: int) -> None:
        if number > 9:
            raise Deviation(expected="a small number", found=str(number), where="here")

    with pytest.raises(Deviation) as near:
        Examples(count=20, seed=0).each(st.integers(0, 99), small)
    with pytest.raises(Deviation) as far:
        far_examples(FarRegistry()).each(st.integers(0, 99), small, independent=True)
    assert far.value.found == near.value.found
    assert "10\nsmallest failing example" in far.value.found


def test_a_deviation_that_is_not_seen_again_is_one() -> None:
    seen: list[int] = []

    def first_time_only(number: int) -> None:
        seen.append(number)
        if len(seen) == 1:
            raise Deviation(expected="this", found="that", where="here")

    with pytest.raises(Deviation, match="but not every time that this example was sent"):
        far_examples(FarRegistry()).each(st.integers(), first_time_only, independent=True)
