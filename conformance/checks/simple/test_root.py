"""The list of projects, in whichever form."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from conformance.kit import expect
from conformance.kit.check import check
from conformance.kit.project_names import absent, lasting, only_in

if TYPE_CHECKING:
    from conformance.kit.fixtures import Index


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
def test_agrees_across_types(index: Index) -> None:
    different, where = lasting(partial(_different, index), index.registry.settling)
    expect.rule("HTML and JSON to list the same projects", broken_by=sorted(different), where=where)


def _different(index: Index) -> tuple[set[str], str]:
    """Return the projects that HTML lists before and after JSON, or that JSON alone lists, and where that was seen."""
    before, json, after = (
        index.html_root(fresh=True).page,
        index.json_root(fresh=True).page,
        index.html_root(fresh=True).page,
    )
    where = f"{after.where}; {json.where}"
    if before.projects is after.projects:  # the same page, which was read once
        return only_in(before, json) | only_in(json, before), where
    lacking = only_in(before, json) & only_in(after, json)
    return lacking | (only_in(json, before) & only_in(json, after)), where
