"""The list of projects in each content coding."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from conformance.checks.http.samples import IDENTITY
from conformance.kit import expect
from conformance.kit.check import check
from conformance.kit.project_names import OURS, lasting, only_in
from conformance.pages import read_root_json, read_root_page
from conformance.verdicts import NotApplicable

if TYPE_CHECKING:
    from conformance.kit.fixtures import Index
    from conformance.kit.http import Answer

LONGEST = 5_000_000
"""Characters of the longest list that is read once more."""


@check("http.root.gzip")
def test_root_gzip(index: Index) -> None:
    different, where = lasting(partial(_different, index), index.registry.settling)
    expect.rule(
        "the list of projects without compression to be the compressed one",
        broken_by=sorted(different),
        where=where,
    )


def _different(index: Index) -> tuple[set[str], Answer]:
    """Return the projects that one of both lists lacks, and the answer without compression.

    What runs publish meanwhile does not count: caches keep both lists, and one of them for longer.
    Raises NotApplicable for a list that is too long to be read twice.
    """
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
    different = only_in(packed.page, unpacked) | only_in(unpacked, packed.page)
    return {name for name in different if name in index.projects or OURS not in name}, answer
