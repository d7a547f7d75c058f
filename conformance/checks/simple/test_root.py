"""The list of projects, in whichever form."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from conformance.kit import expect
from conformance.kit.check import check
from conformance.kit.project_lists import Copy, Look, lasting
from conformance.kit.project_names import absent, only_in
from conformance.kit.registry import page_in
from conformance.verdicts import Untestable

if TYPE_CHECKING:
    from conformance.kit.fixtures import Index, NewName


@check("simple.root.served")
def test_served(index: Index) -> None:
    """In HTML where that is offered: that all forms are, `negotiation.json` asks for."""
    accept = next(iter(index.media_types.values()))
    expect.status(index.registry.root_answer(accept=accept), 200)


@check("simple.root.lists-uploads")
def test_lists_uploads(index: Index) -> None:
    """Only of a project with files is it known that it is there: some proxies have a page for every name."""
    roots = index.roots()
    missing = {name for root in roots for name in absent(index.projects, root)}
    empty = {name for name in missing if _lists_no_file(index, name)}
    expect.rule_on_each(
        roots,
        "every project with files to be on the list of projects",
        broken_by=lambda root: [
            f"{name} is missing" for name in absent(index.projects, root) if name not in empty
        ],
    )
    if empty.issuperset(index.projects):
        raise Untestable("the projects that are not listed have no files")


def _lists_no_file(index: Index, name: str) -> bool:
    answers = [index.registry.project_answer(name, accept=each) for each in index.media_types.values()]
    return all(each.status == 200 and not page_in(each).files for each in answers)


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
