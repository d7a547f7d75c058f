"""The comparison of reasons notices what it has to notice: nonsense, a reason that is not kept, a repeated row."""

from __future__ import annotations

import tomllib
from dataclasses import fields, replace
from typing import TYPE_CHECKING

import pytest

from conformance.catalogue import catalogue
from conformance.verdicts import Deviation
from reference_server.faults import fault_named

from .matrix import CHECKED, FAULTS, by_chance, red
from .repeats import repeats
from .signatures import ACCEPTED_REPEATS, Observation, Signature, merged, observations
from .trial import RUN_ID

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from conformance.report.check_result import CheckResult

    Trial = Callable[..., Mapping[str, CheckResult]]

TEXTS = [each.name for each in fields(Signature)]
NONSENSE = "colourless green ideas"
SAMPLE = ("no-hashes", "duplicates-in-other-wording")
"""Faults that two checks catch, of pages and of uploads."""

ONE = Signature("status 400", "status 201", "POST /upload as default → 201 CREATED")


@pytest.mark.parametrize("text", TEXTS)
@pytest.mark.parametrize("name", SAMPLE)
def test_nonsense_in_a_deviation_is_noticed(
    name: str, text: str, trial: Trial, monkeypatch: pytest.MonkeyPatch
) -> None:
    fault = fault_named(name)
    stated = Deviation.__init__

    def spoiled(self: Deviation, **texts: str) -> None:
        stated(self, **{**texts, text: NONSENSE})

    monkeypatch.setattr(Deviation, "__init__", spoiled)
    results = red(trial(fault, fault.caught_by))
    assert results.keys() == set(fault.caught_by), "the verdicts do not notice it"
    found = {row: Signature.of(result, RUN_ID) for row, result in results.items()}
    noticed = "\n".join(observations()[name].differences(found))
    assert all(f"{row} has another reason" in noticed for row in fault.caught_by)


def test_a_row_that_judges_the_fields_of_a_304_says_so() -> None:
    statements = {row.id: row.statement for row in catalogue()}
    judging = {
        row
        for observation in observations().values()
        for row, accepted in observation.named.items()
        if any("of the 304 to be" in each.expected for each in accepted)
    }
    assert {"http.files.304", "http.pages.304"} <= judging
    assert not [row for row in judging if "304 with the fields of 200" not in statements[row]]


@pytest.mark.parametrize("text", TEXTS)
def test_no_reason_that_is_kept_accepts_nonsense(text: str) -> None:
    accepting = {
        (fault, row)
        for fault, observation in observations().items()
        for row, accepted in observation.named.items()
        for each in accepted
        if text == "expected" or not by_chance(row)
        if each.accepts(replace(each, **{text: NONSENSE}))
    }
    assert accepting == set()


def test_the_reasons_of_every_fault_are_kept() -> None:
    kept = {name: set(observation.named) for name, observation in observations().items()}
    assert kept == {fault.name: set(fault.caught_by) for fault in FAULTS}


def test_consequences_are_rows_that_a_fault_does_not_name() -> None:
    for fault in FAULTS:
        consequences = observations()[fault.name].consequences or {}
        assert consequences.keys() <= CHECKED.keys() - set(fault.caught_by), fault.name


def test_rows_that_repeat_another_are_known() -> None:
    accepted = tomllib.loads(ACCEPTED_REPEATS.read_text(encoding="utf-8"))["repeat"]
    assert all(each["why"] for each in accepted)
    assert repeats(observations()) == {tuple(each["rows"]) for each in accepted}


def test_a_row_that_repeats_another_is_noticed() -> None:
    kept = observations()
    copied = {
        name: replace(each, named={**each.named, "gitlab.page.hash-again": each.named["gitlab.page.hash"]})
        if "gitlab.page.hash" in each.named
        else each
        for name, each in kept.items()
    }
    assert repeats(copied) - repeats(kept) == {("gitlab.page.hash", "gitlab.page.hash-again")}


def test_another_reason_is_shown_beside_the_one_that_is_kept() -> None:
    kept = Observation(named={"gitlab.duplicate.refused": (ONE,)})
    assert kept.differences({"gitlab.duplicate.refused": ONE}) == []
    assert kept.differences({"gitlab.duplicate.refused": replace(ONE, found="status 500")}) == [
        "gitlab.duplicate.refused has another reason:",
        "  - found status 201",
        "  + expected status 400",
        "  + found status 500",
        f"  + where {ONE.where}",
    ]


def test_what_differs_between_observations_does_not_count() -> None:
    (kept,) = merged([replace(ONE, found=f"status 201 after {number} rounds") for number in ("two", "five")])
    assert kept.found == "status 201 after … rounds"
    assert kept.accepts(replace(ONE, found="status 201 after nine rounds"))
    assert not kept.accepts(replace(ONE, found="status 202 after nine rounds"))


def test_what_chance_lets_a_check_meet_first_is_kept_each() -> None:
    assert merged([ONE, replace(ONE, expected="one winner"), ONE]) == (
        replace(ONE, expected="one winner"),
        ONE,
    )
