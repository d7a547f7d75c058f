"""The attribute `data-requires-python`."""

from __future__ import annotations

import re
from contextlib import suppress
from typing import TYPE_CHECKING

from packaging.utils import canonicalize_name

from conformance.checks.simple.html_pages import html_project_pages
from conformance.checks.simple.published_files import own_files
from conformance.checks.simple.specifiers import is_same
from conformance.kit import expect
from conformance.kit.check import check
from conformance.verdicts import NotApplicable

if TYPE_CHECKING:
    from collections.abc import Iterable

    from conformance.checks.simple.metadata_inside import Difference, MetadataInside
    from conformance.kit.fixtures import Corpus, Index, Remark
    from conformance.kit.index import Reading
    from conformance.pages import FileLink, HtmlDocument, ProjectPage

ATTRIBUTE = re.compile(r"""data-requires-python\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s>]+))""", re.IGNORECASE)
EVERY_LINK = "every link to carry the Requires-Python of its file"
ITS_OWN = "every link to carry the Requires-Python of its own file"
ESCAPED_WRONG = re.compile(r"[<>]|&amp;(gt|lt|#)")


@check("simple.html.requires-python.exposed")
def test_exposed(index: Index, corpus: Corpus, inside: MetadataInside, remark: Remark) -> None:
    if not corpus.published:
        remark(inside.extent)
        different = inside.differences(project_pages(index))
        amiss = [each for each in different if each.opened.requires_python and (each.missing or each.wrong)]
        no_difference(EVERY_LINK, amiss)
        return
    files = [(page, file, sent.metadata.requires_python) for page, file, sent in own_files(index, corpus)]
    wrong = [
        (page, f"{file.filename} with {file.requires_python!r}, not {wanted!r}")
        for page, file, wanted in files
        if wanted and not is_same(file.requires_python, wanted)
    ]
    expect.rule(
        EVERY_LINK,
        broken_by=[text for _, text in wrong],
        where="; ".join(dict.fromkeys(page.where for page, _ in wrong)),
    )


@check("simple.html.requires-python.escaped")
def test_escaped(index: Index) -> None:
    def unescaped(reading: Reading[ProjectPage, HtmlDocument]) -> Iterable[str]:
        found = [match[0] for match in ATTRIBUTE.finditer(reading.answer.text)]
        return dict.fromkeys(each for each in found if ESCAPED_WRONG.search(each))

    expect.rule_on_each(
        html_project_pages(index),
        "every < and > in data-requires-python to be written as &lt; and &gt;",
        broken_by=unescaped,
    )


@check("simple.html.requires-python.absent-when-unset")
def test_absent_when_unset(index: Index, corpus: Corpus, inside: MetadataInside, remark: Remark) -> None:
    def empty(reading: Reading[ProjectPage, HtmlDocument]) -> Iterable[str]:
        return [file.filename for file in reading.page.files if is_empty(file)]

    expect.rule_on_each(
        html_project_pages(index), "data-requires-python to have a value, or to be absent", broken_by=empty
    )
    if corpus.published:
        made_up = [
            f"{file.filename} with {file.requires_python!r}"
            for _, file, sent in own_files(index, corpus)
            if not sent.metadata.requires_python and file.requires_python is not None
        ]
    else:
        made_up = [str(each) for each in made_up_values(index, inside, remark)]
    expect.rule(
        "data-requires-python to be absent where the metadata has no Requires-Python",
        broken_by=made_up,
        where=index.html(),
    )


def made_up_values(index: Index, inside: MetadataInside, remark: Remark) -> list[Difference]:
    """Return the values of files without any, where no file of the release has them; none where no file is opened."""
    with suppress(NotApplicable):  # empty attributes were looked for all the same
        remark(inside.extent)
        found = inside.differences(project_pages(index))
        return [each for each in found if each.wrong and not each.opened.requires_python]
    return []


@check("simple.html.requires-python.per-file")
def test_per_file(index: Index, corpus: Corpus, inside: MetadataInside, remark: Remark) -> None:
    if not corpus.published:
        remark(inside.extent)
        no_difference(ITS_OWN, [each for each in inside.differences(project_pages(index)) if each.of_another])
        return
    release = [corpus["main-wheel"], corpus["main-sdist"]]
    page = index.html(canonicalize_name(corpus.main)).page
    found = {file.filename: file.requires_python for file in page.files}
    expect.rule(
        ITS_OWN,
        broken_by=[
            f"{each.filename} with {found[each.filename]!r}, which is another file's"
            for each, other in (release, reversed(release))
            if is_same(found.get(each.filename), other.metadata.requires_python or "")
        ],
        where=page.where,
    )


def no_difference(rule: str, different: list[Difference]) -> None:
    """Require a rule that these differences break."""
    places = dict.fromkeys(each.page.where for each in different)
    expect.rule(rule, broken_by=map(str, different), where="; ".join(places))


def project_pages(index: Index) -> list[ProjectPage]:
    """Return the page of every project in HTML."""
    return [reading.page for reading in html_project_pages(index)]


def is_empty(file: FileLink) -> bool:
    """Tell whether a link has the attribute without a value."""
    return "data-requires-python" in file.raw and not (file.requires_python or "").strip()
