"""The search for an order agrees with all orders tried one by one, and what it shows is the least that shows it."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from conformance.histories.linearizability import Judgement, about, files_of, judge, with_patience
from conformance.histories.operation import Kind, Operation, Outcome
from conformance.histories.shrinking import shrunk
from conformance.histories.timeline import timeline

from .histories import random_history, some_order_explains

if TYPE_CHECKING:
    from collections.abc import Sequence

HISTORIES = 400
UPLOADED = Operation(
    kind=Kind.UPLOAD, project="p", file="a", content="1" * 64, called=0, returned=1, who="twine 1"
)


def page(called: float, **listed: str) -> Operation:
    return Operation(
        kind=Kind.LIST, project="p", called=called, returned=called + 1, listed=listed, who="pip 1"
    )


def every_file_explained(history: Sequence[Operation]) -> bool:
    """Tell whether a registry that overwrites files may have answered so, each file on its own."""
    return all(
        some_order_explains(its, replaces=len({each.content for each in its if is_upload(each)}) > 1)
        for its in (about(history, {file}) for file in files_of(history))
    )


def is_upload(operation: Operation) -> bool:
    return operation.kind is Kind.UPLOAD and operation.outcome is not Outcome.REFUSED


@pytest.mark.parametrize("replaces", [False, True])
def test_the_search_agrees_with_all_orders(replaces: bool) -> None:  # noqa: FBT001 - a parameter of pytest's
    found: Counter[Judgement] = Counter()
    for seed in range(HISTORIES):
        history = random_history(seed, replaces=replaces)
        judgement = judge(history, replaces=replaces)
        explained = every_file_explained(history) if replaces else some_order_explains(history)
        expected = Judgement.ORDERED if explained else Judgement.CONTRADICTORY
        assert judgement is expected, f"seed {seed}:\n{timeline(history)}"
        found[judgement] += 1
    assert min(found[Judgement.ORDERED], found[Judgement.CONTRADICTORY]) > HISTORIES / 10


def test_what_is_left_of_a_contradiction_contradicts_itself_and_lacks_no_operation() -> None:
    seen = 0
    for seed in range(HISTORIES):
        history = random_history(seed)
        if judge(history) is not Judgement.CONTRADICTORY:
            continue
        seen += 1
        least = shrunk(history)
        assert not some_order_explains(least)
        for left_out in [each for each in least if each.reads]:
            assert some_order_explains([each for each in least if each is not left_out])
    assert seen > HISTORIES / 10


@pytest.mark.parametrize(
    ("later", "judgement"),
    [
        (page(2, a="1" * 64), Judgement.ORDERED),
        (page(2, a=""), Judgement.ORDERED),
        (page(2), Judgement.CONTRADICTORY),
        (page(1), Judgement.ORDERED),
        (page(2, a="2" * 64), Judgement.CONTRADICTORY),
        (page(2, a="1" * 64, b=""), Judgement.CONTRADICTORY),
    ],
    ids=["listed", "without a hash", "missing", "missing at once", "other bytes", "one too many"],
)
def test_a_page_after_an_upload(later: Operation, judgement: Judgement) -> None:
    assert judge([UPLOADED, later]) is judgement


def test_a_registry_that_overwrites_files_shows_the_last_bytes() -> None:
    second = replace(UPLOADED, content="2" * 64, called=2, returned=3)
    history = [UPLOADED, second, page(4, a="2" * 64)]
    assert judge(history) is Judgement.CONTRADICTORY
    assert judge(history, replaces=True) is Judgement.ORDERED
    gone = replace(UPLOADED, kind=Kind.DOWNLOAD, content="", called=4, returned=5, outcome=Outcome.REFUSED)
    assert judge([*history, gone], replaces=True) is Judgement.ORDERED
    assert judge([UPLOADED, gone], replaces=True) is Judgement.CONTRADICTORY
    stale = [*history, page(6, a="1" * 64)]
    assert judge(stale, replaces=True) is Judgement.CONTRADICTORY
    assert [each.called for each in shrunk(stale, replaces=True)] == [0, 2, 6]


def test_an_upload_without_an_answer_may_have_happened_or_not() -> None:
    lost = Operation(
        kind=Kind.UPLOAD, project="p", file="a", content="1" * 64, called=0, outcome=Outcome.UNKNOWN
    )
    assert judge([lost, page(2), page(9, a="")]) is Judgement.ORDERED
    assert judge([lost, page(2, a=""), page(9)]) is Judgement.CONTRADICTORY


def test_a_patient_reader_waits_for_every_worker_and_no_longer() -> None:
    late = [UPLOADED, page(2), page(4, a=""), page(5)]
    assert judge(late) is Judgement.CONTRADICTORY
    assert judge(with_patience(late, 5)) is Judgement.ORDERED
    assert judge(with_patience([*late, page(7)], 5)) is Judgement.CONTRADICTORY


def test_a_name_that_is_taken_may_be_on_no_page_yet() -> None:
    refused = Operation(
        kind=Kind.UPLOAD,
        project="p",
        file="a",
        content="2" * 64,
        called=2,
        returned=3,
        outcome=Outcome.REFUSED,
    )
    assert judge(with_patience([UPLOADED, refused, page(4), page(9, a="")], 5)) is Judgement.ORDERED
    assert judge(with_patience([UPLOADED, refused, page(9)], 5)) is Judgement.CONTRADICTORY
    assert judge(with_patience([refused, page(9)], 5)) is Judgement.CONTRADICTORY


def test_a_search_that_takes_too_long_decides_nothing() -> None:
    assert judge([UPLOADED, page(2)], most_steps=1) is Judgement.UNDECIDED


def test_a_timeline_has_a_line_for_each_operation() -> None:
    others = [page(number + 2, a="", b="") for number in range(20)]
    assert timeline(shrunk([UPLOADED, *others, page(40)])).splitlines() == [
        "0.000 to 1.000 s    twine 1  upload a (11111111)  accepted",
        "40.000 to 41.000 s  pip 1    list p               listed no such file",
    ]
