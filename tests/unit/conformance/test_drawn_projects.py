"""A read-only run looks at some projects of the root page, each of them once."""

from __future__ import annotations

import pytest

from conformance.run.existing_projects import TRIED, drawn


@pytest.mark.parametrize("seed", range(5))
def test_empty_names_and_second_entries_of_a_project_are_passed_over(seed: int) -> None:
    names = [f"name-{number}" for number in range(TRIED)]
    listed = ["", *names, "", *(name.upper().replace("-", "_") for name in names)] * 3
    found = drawn(listed, seed=seed)
    assert sorted(name.lower().replace("_", "-") for name in found) == sorted(names)
    assert drawn(["", "", "a"], seed=seed) == ["a"]
    assert drawn([""] * 9, seed=seed) == []
    assert len(drawn([f"a{number}" for number in range(5000)], seed=seed)) == TRIED
