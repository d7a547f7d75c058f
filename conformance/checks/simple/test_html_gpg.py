"""The attribute `data-gpg-sig`, and the signatures that it promises."""

from __future__ import annotations

from typing import TYPE_CHECKING

from conformance.checks.simple.html_pages import html_project_pages
from conformance.kit import expect
from conformance.kit.check import check
from conformance.verdicts import NotApplicable

if TYPE_CHECKING:
    from collections.abc import Iterable

    from conformance.checks.simple.downloads import Downloads
    from conformance.kit.fixtures import Index
    from conformance.kit.index import Reading
    from conformance.pages import HtmlDocument, ProjectPage

    Page = Reading[ProjectPage, HtmlDocument]

ATTRIBUTE = "data-gpg-sig"


@check("simple.html.gpg-sig.value")
def test_value(index: Index) -> None:
    def other(reading: Page) -> Iterable[str]:
        values = [file.raw[ATTRIBUTE] for file in reading.page.files if ATTRIBUTE in file.raw]
        return dict.fromkeys(repr(value) for value in values if value not in {"true", "false"})

    expect.rule_on_each(signed(index), f"every {ATTRIBUTE} to be true or false", broken_by=other)


@check("simple.html.gpg-sig.every-link")
def test_every_link(index: Index) -> None:
    def without(reading: Page) -> Iterable[str]:
        bare = [file.filename for file in reading.page.files if ATTRIBUTE not in file.raw]
        return bare if len(bare) < len(reading.page.files) else []

    expect.rule_on_each(
        signed(index), f"{ATTRIBUTE} on every link of the page, or on none", broken_by=without
    )


@check("simple.html.gpg-sig.location")
def test_location(index: Index, downloads: Downloads) -> None:
    announced = [file for reading in signed(index) for file in reading.page.files if file.gpg_sig]
    if not announced:
        raise NotApplicable("no link announces a signature")
    answers = [downloads(f"{file.url}.asc") for file in announced[:2]]
    expect.rule(
        "every announced signature to be served",
        broken_by=[str(each) for each in answers if each.status != 200],
        where=index.html(),
    )


def signed(index: Index) -> list[Page]:
    """Return the HTML pages of projects. Raises NotApplicable when no link on them says anything of signatures."""
    pages = html_project_pages(index)
    if not any(ATTRIBUTE in file.raw for reading in pages for file in reading.page.files):
        raise NotApplicable(f"no link has {ATTRIBUTE}")
    return pages
