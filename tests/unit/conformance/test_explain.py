"""`registry-conformance explain`: a requirement in full, with an example of right and wrong."""

from __future__ import annotations

from typing import TYPE_CHECKING

from conformance.catalogue import catalogue
from conformance.catalogue.examples import examples
from conformance.commands.main import main
from conformance.report.explain import explain_requirement
from reference_server.faults import all_faults

if TYPE_CHECKING:
    import pytest


def explained(requirement: str) -> list[str]:
    known = catalogue()
    return [line.strip() for line in explain_requirement(known[requirement], known).splitlines()]


def test_right_and_wrong_are_what_the_check_says_of_a_fault() -> None:
    lines = explained("gitlab.duplicate.message")
    example = examples()["gitlab.duplicate.message"]
    assert (
        "right    expected a message to contain 'Validation failed: File name has already been taken'"
        in lines
    )
    assert f"wrong    found {example.found}" in lines
    assert f"where    {example.where}" in lines
    assert f"fault    {example.fault}: {example.does}" in lines


def test_further_faults_are_counted_where_there_are_many() -> None:
    name = next(name for name, each in examples().items() if len(each.others) > 6)
    others = examples()[name].others
    assert f"Also broken by {', '.join(others[:5])} and {len(others) - 5} more." in explained(name)


def test_what_chance_decides_is_left_out() -> None:
    name = next(name for name, each in examples().items() if not each.found)
    assert not [line for line in explained(name) if line.startswith("wrong")]


def test_every_requirement_with_a_check_has_an_example() -> None:
    assert examples().keys() == {row.id for row in catalogue() if row.untested is None}


def test_every_example_names_faults_that_are_there() -> None:
    summaries = {kind().name: kind().summary for kind in all_faults()}
    assert all(summaries.get(each.fault) == each.does for each in examples().values())
    assert {name for each in examples().values() for name in each.others} <= summaries.keys()


def test_a_requirement_without_a_check_has_no_example() -> None:
    name = next(row.id for row in catalogue() if row.untested)
    assert not [line for line in explained(name) if line.startswith(("right", "wrong", "fault"))]


def test_the_command_prints_it(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["explain", "simple.html.doctype"]) == 0
    assert "right    expected every page to begin with <!DOCTYPE html>" in capsys.readouterr().out
