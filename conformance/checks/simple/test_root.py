"""The list of projects, in whichever form."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from conformance.kit import expect
from conformance.kit.check import check
from conformance.kit.project_lists import Copy, Look, lasting
from conformance.kit.project_names import absent, only_in

if TYPE_CHECKING:
    from conformance.kit.fixtures import Index, NewName


@check("simple.root.served")
def test_served(index: Index) -> None:
    """In HTML where that is offered: that all forms are, `negotiation.json` asks for."""
    accept = next(iter(index.media_types.values()))
    expect.status(index.registry.root_answer(accept=accept), 200)


@check("simple.root.lists-uploads")
def test_lists_uploads(index: Index) -> None:
    expect.rule_on_each(
        index.roots(),
        "every project with files to be on the list of projects",
        broken_by=lambda root: [f"{name} is missing" for name in absent(index.projects, root)],
    )


@check("simple.root.agrees-across-types")
def test_agrees_across_types(index: Index, new_name: NewName) -> None:
    seen = lasting(partial(_look, index), index, new_name)
    expect.rule("HTML and JSON to list the same projects", broken_by=seen.wrong, where=seen.where)


def _look(index: Index) -> Look:
    """Find the projects that HTML lists before and after JSON, or that JSON alone lists."""
    readings = (
        index.html_root(fresh=True),
        index.json_root(fresh=True),
        index.html_root(fresh=True),
    )
    before, json, after = (each.page for each in readings)
    wrong = only_in(before, json) | only_in(json, before)
    if before.projects is not after.projects:  # else it is the same page, which was read once
        wrong &= only_in(after, json) | only_in(json, after)
    return Look(
        wrong=frozenset(wrong),
        copies=tuple(Copy(each.answer, each.page) for each in readings),
        where=f"{after.where}; {json.where}",
    )
