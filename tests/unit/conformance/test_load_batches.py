"""The batches of a load: what is lost is noticed, and clocks that differ are, too."""

from __future__ import annotations

from conformance.histories.operation import Kind, Operation
from conformance.load.record import Batch, incomplete
from conformance.load.traffic import CLOCKS_DIFFER, put_together, skew_of

SEEN = Operation(kind=Kind.LIST, project="p", called=10, returned=11, listed={})


def batch(number: int, *, is_last: bool = False, host: str = "one", skew: float = 0) -> Batch:
    return Batch(process=f"{host}:1", host=host, number=number, is_last=is_last, skew=skew, operations=[SEEN])


def test_a_process_is_complete_with_every_batch_up_to_its_last() -> None:
    assert incomplete([batch(0), batch(2, is_last=True), batch(1)]) == set()
    assert incomplete([batch(0), batch(1, is_last=True), batch(2, is_last=True)]) == set()


def test_a_lost_batch_is_noticed() -> None:
    assert incomplete([batch(0), batch(2, is_last=True)]) == {"one:1"}
    assert incomplete([batch(0), batch(1)]) == {"one:1"}
    assert incomplete([batch(0, is_last=True), batch(0, host="two")]) == {"two:1"}


def test_operations_of_another_machine_widen_all_limits() -> None:
    assert put_together([batch(0)], [SEEN], host="one") == [SEEN, SEEN]
    wide = 10 - CLOCKS_DIFFER, 11 + CLOCKS_DIFFER
    found = put_together([batch(0)], [SEEN], host="two")
    assert [(each.called, each.returned) for each in found] == [wide, wide]


def test_the_fastest_batch_of_each_process_tells_how_clocks_differ() -> None:
    late = [batch(0, skew=3), batch(1, skew=0.1), batch(0, host="two", skew=-0.2)]
    assert skew_of(late) == 0.2
    assert skew_of([*late, batch(0, host="three", skew=7)]) == 7
