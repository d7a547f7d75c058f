"""A project's page in HTML: its anchors."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

from packaging.utils import canonicalize_name

from conformance.checks.simple.file_anchors import DISTRIBUTIONS
from conformance.checks.simple.file_samples import extent_of, html_samples
from conformance.checks.simple.html_pages import html_project_pages
from conformance.checks.simple.published_files import own_distributions
from conformance.kit import expect
from conformance.kit.check import check

if TYPE_CHECKING:
    from collections.abc import Iterable

    from conformance.checks.simple.downloads import Downloads
    from conformance.kit.fixtures import Corpus, Index, Remark
    from conformance.kit.index import Reading
    from conformance.pages import HtmlDocument, ProjectPage


@check("simple.html.detail.one-anchor-per-file")
def test_one_anchor_per_file(index: Index, corpus: Corpus) -> None:
    sent = own_distributions(corpus) if corpus.published else {}
    projects = {filename: canonicalize_name(each.name) for filename, each in sent.items()}

    def amiss(name: str) -> Iterable[str]:
        anchors = Counter(file.filename for file in index.html(name).page.files)
        uploaded = {filename for filename, project in projects.items() if project == name}
        yield from (f"{filename} {times} times" for filename, times in anchors.items() if times > 1)
        yield from (f"{text!r}, no file" for text in anchors if not text.endswith(DISTRIBUTIONS))
        if uploaded:
            yield from (f"{filename}, never uploaded" for filename in sorted(anchors.keys() - uploaded))
            yield from (f"{filename} without an anchor" for filename in sorted(uploaded - anchors.keys()))

    wrong = [(name, item) for name in index.projects for item in amiss(name)]
    expect.rule(
        "one anchor for each file, and for nothing else",
        broken_by=dict.fromkeys(item for _, item in wrong),
        where="; ".join(str(index.html(name)) for name in dict.fromkeys(name for name, _ in wrong)),
    )


@check("simple.html.detail.href")
def test_href(index: Index, downloads: Downloads, remark: Remark) -> None:
    reading = index.html()
    samples = html_samples(index)
    remark(extent_of(samples, index))
    answers = [downloads(file.url) for file in samples]
    expect.rule(
        "every href to lead to its file",
        broken_by=[str(each) for each in answers if each.status != 200],
        where=reading,
    )


@check("simple.html.detail.text-is-filename")
def test_text_is_filename(index: Index) -> None:
    def different(reading: Reading[ProjectPage, HtmlDocument]) -> Iterable[str]:
        return [
            f"{file.filename!r} for {file.raw.get('href')}"
            for file in reading.page.files
            if file.filename != unquote(urlsplit(file.url).path.rpartition("/")[2])
        ]

    expect.rule_on_each(
        html_project_pages(index),
        "the text of every anchor to be the last component of its href",
        broken_by=different,
    )
