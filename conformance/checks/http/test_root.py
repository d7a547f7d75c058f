"""The list of projects in each content coding."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from conformance.checks.http.samples import IDENTITY
from conformance.kit import expect
from conformance.kit.check import check
from conformance.kit.project_lists import Copy, Look, lasting
from conformance.kit.project_names import only_in
from conformance.pages import read_root_json, read_root_page
from conformance.verdicts import NotApplicable

if TYPE_CHECKING:
    from conformance.kit.fixtures import Index, NewName

LONGEST = 5_000_000
"""Characters of the longest list that is read once more."""


@check("http.root.gzip")
def test_root_gzip(index: Index, new_name: NewName) -> None:
    seen = lasting(partial(_look, index), index, new_name)
    expect.rule(
        "the list of projects without compression to be the compressed one",
        broken_by=seen.wrong,
        where=seen.where,
    )


def _look(index: Index) -> Look:
    """Find the projects that one of both lists lacks. Raises NotApplicable for a list too long to read twice."""
    is_html = "html" in index.media_types
    packed = index.html_root(fresh=True) if is_html else index.json_root(fresh=True)
    if len(packed.answer.text) > LONGEST:
        raise NotApplicable("the list of projects is too long to be read once more without compression")
    headers = {"Accept": index.media_type, **IDENTITY}
    answer = index.registry.request("GET", packed.answer.url, headers=headers)
    expect.status(answer, 200)
    if is_html:
        unpacked = read_root_page(answer.text, url=answer.url, where=str(answer))
    else:
        unpacked = read_root_json(answer.content, where=str(answer))
    return Look(
        wrong=frozenset(only_in(packed.page, unpacked) | only_in(unpacked, packed.page)),
        copies=(Copy(packed.answer, packed.page), Copy(answer, unpacked)),
        where=answer,
    )
