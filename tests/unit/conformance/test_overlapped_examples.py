"""Examples and uploads that are tried at once, and those that are not."""

from __future__ import annotations

from threading import Event
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import strategies as st

from conformance.checks.file.uploads import refused
from conformance.kit.properties.examples import Examples
from conformance.kit.uploads.single_fields import each_value_refused
from conformance.verdicts import Deviation
from conformance.wire import (
    BudgetSpent,
    EndlessAnswer,
    Throttled,
    Unreachable,
)
from conformance.wire.stopping import stoppable
from reference_server.distributions import wheel


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


def test_a_check_beside_others_tries_the_examples_of_a_search_and_leaves_the_search_to_itself() -> None:
    near: list[int] = []
    beside: list[int] = []

    def small(number: int) -> None:
        beside.append(number)
        if number > 9:
            raise Deviation(expected="a small number", found=str(number), where="here")

    Examples(count=20, seed=0).each(st.integers(0, 99), near.append)
    with stoppable(Event()), pytest.raises(Deviation) as found:
        far_examples(FarRegistry()).each(st.integers(0, 99), small)
    assert beside == near[: len(beside)]
    assert "first failing example" in found.value.found


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


def test_a_deviation_that_is_not_seen_again_names_its_example() -> None:
    seen: list[int] = []

    def third_time_only(number: int) -> None:
        seen.append(number)
        if len(seen) == 3:
            raise Deviation(expected="this", found="that", where="here")

    with pytest.raises(Deviation) as error:
        far_examples(FarRegistry()).each(st.integers(), third_time_only, independent=True)
    assert f"first failing example, seed 0: {seen[2]}" in error.value.found


@pytest.mark.parametrize("limit", [Throttled("refused"), BudgetSpent("spent"), Unreachable("no answer")])
def test_a_deviation_counts_where_a_limit_ends_the_search_after_it(limit: Exception) -> None:
    seen: list[int] = []

    def limited(number: int) -> None:
        seen.append(number)
        if len(seen) == 3:
            raise Deviation(expected="this", found="that", where="here")
        if len(seen) > 3:
            raise limit

    with pytest.raises(Deviation, match="found that\nfirst failing example, seed 0: "):
        far_examples(FarRegistry()).each(st.integers(), limited, independent=True)


def test_an_endless_answer_is_not_asked_for_again_and_names_its_example() -> None:
    seen: list[int] = []

    def endless(number: int) -> None:
        seen.append(number)
        raise EndlessAnswer(expected="an end", found="none", where="here")

    with pytest.raises(Deviation, match="first failing example, seed 0: "):
        far_examples(FarRegistry()).each(st.integers(), endless, independent=True)
    assert len(seen) == 1


def test_uploads_to_one_project_that_are_to_be_refused_do_not_overlap() -> None:
    refusal = SimpleNamespace(is_client_error=True, is_success=False, status=400)
    answers = iter([SimpleNamespace(is_success=True)] + [refusal] * 5)
    overlapped: list[int] = []

    def for_each(action: Any, items: Any) -> list[Any]:
        overlapped.append(len(items))
        return [action(item) for item in items]

    registry: Any = SimpleNamespace(
        upload=lambda *_, **__: next(answers),
        project_page=lambda _: SimpleNamespace(filenames=frozenset(), where="here"),
        for_each=for_each,
    )
    each_value_refused(registry, "demo", "version", ["a", "b"])
    refused(registry, *(wheel("demo", f"1.{number}") for number in range(3)))
    assert next(answers, None) is None
    assert overlapped == [1]  # the twin that is right
