"""The version of the API that HTML pages declare."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from conformance.checks.simple.html_pages import html_pages
from conformance.kit import expect
from conformance.kit.check import check
from conformance.pages.html import VERSION
from conformance.verdicts import NotApplicable

if TYPE_CHECKING:
    from collections.abc import Iterable

    from conformance.checks.simple.html_pages import HtmlPage
    from conformance.kit.fixtures import Index

NUMBER = re.compile(r"(0|[1-9][0-9]*)\.(0|[1-9][0-9]*)")
LAST = (1, 4)
"""The version with which the HTML form was frozen."""


@check("simple.html.version-meta")
def test_version_meta(index: Index) -> None:
    def amiss(reading: HtmlPage) -> Iterable[str]:
        times = len(reading.document.meta(VERSION))
        return [] if times == 1 else [f"<meta name={VERSION}> {times} times"]

    expect.rule_on_each(
        html_pages(index), f"one <meta name={VERSION}> in the head of each page", broken_by=amiss
    )


@check("simple.html.version-meta.format")
def test_format(index: Index) -> None:
    other = [version for version in declared(index) if not NUMBER.fullmatch(version)]
    expect.rule(
        "every version of the API to be written as Major.Minor",
        broken_by=other,
        where=declaring(index, other),
    )


@check("simple.html.version-meta.major-1")
def test_major_1(index: Index) -> None:
    other = [version for version in declared(index) if not re.match(r"v?0*1(?![0-9])", version)]
    expect.rule("every page to declare the major version 1", broken_by=other, where=declaring(index, other))


@check("simple.html.version-meta.frozen")
def test_frozen(index: Index) -> None:
    def number(version: str) -> tuple[int, ...]:
        return tuple(map(int, version.split("."))) if NUMBER.fullmatch(version) else ()

    newer = [version for version in declared(index) if number(version) > LAST]
    expect.rule("every page to declare version 1.4 at most", broken_by=newer, where=declaring(index, newer))


@check("simple.html.version-meta.both-pages")
def test_both_pages(index: Index) -> None:
    versions = sorted(declared(index))
    different = versions if len(versions) > 1 else []
    expect.rule(
        "all pages to declare the same version", broken_by=different, where=declaring(index, different)
    )


def declared(index: Index) -> set[str]:
    """Return every version that an HTML page declares. Raises NotApplicable when none does."""
    versions = {version for reading in html_pages(index) for version in reading.document.meta(VERSION)}
    if not versions:
        raise NotApplicable("no HTML page declares a version")
    return versions


def declaring(index: Index, versions: list[str]) -> str:
    """Say which pages declare these versions."""
    return "; ".join(str(each) for each in html_pages(index) if {*each.document.meta(VERSION)} & {*versions})
