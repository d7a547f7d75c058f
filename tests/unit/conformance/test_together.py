"""Checks that share what is costly to set up go to one process of a run."""

from __future__ import annotations

import re
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest

import conformance
from conformance.run.selection import Selection
from conformance.run.together import COSTLY, Together

if TYPE_CHECKING:
    from collections.abc import Sequence


def groups_of(fixtures: Sequence[str], *, loadgroup: bool = True, is_check: bool = True) -> list[str]:
    """Return the groups that a check with these fixtures gets, or another test."""
    mark = pytest.mark.requirement("race.no-server-error").mark if is_check else None
    found: list[str] = []
    item: Any = SimpleNamespace(
        config=SimpleNamespace(option=SimpleNamespace(loadgroup=loadgroup)),
        fixturenames=fixtures,
        get_closest_marker=lambda _: mark,
        add_marker=lambda mark: found.append(mark.mark.args[0]),
    )
    Together().pytest_itemcollected(item)
    return found


def test_checks_that_share_a_costly_fixture_are_a_group() -> None:
    assert groups_of(["request", "race", "watched"]) == groups_of(["raced", "index"]) == ["races"]
    assert groups_of(["hostile"]) == groups_of(["named_twice"]) != ["races"]
    assert groups_of(["registry"]) == []
    assert groups_of(["watched", "raced"]) == ["races"]


def test_nothing_is_marked_where_processes_take_no_groups() -> None:
    assert groups_of(["watched"], loadgroup=False) == []


def test_tests_of_other_projects_are_left_alone() -> None:
    assert groups_of(["matrix"], is_check=False) == []


def test_processes_take_groups() -> None:
    words = Selection(processes="2").arguments()
    assert words[words.index("--dist") + 1] == "loadgroup"
    assert "--dist" not in Selection().arguments()


@pytest.mark.parametrize("name", COSTLY)
def test_what_is_costly_is_a_fixture_of_a_session(name: str) -> None:
    folder = Path(conformance.__file__).parent
    texts = [path.read_text(encoding="utf-8") for path in folder.rglob("*.py")]
    assert any(re.search(rf'@pytest.fixture\(scope="session"\)\ndef {name}\(', text) for text in texts)
