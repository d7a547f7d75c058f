"""The site: a page for each requirement with everything that is known of it, and links that are checked."""

from __future__ import annotations

import importlib
from pathlib import Path
from typing import Any

import pytest

from conformance.catalogue import catalogue
from conformance.catalogue.examples import examples

ROOT = Path(__file__).parents[2]


def module(name: str, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Import a module of the site, which is in the checkout only."""
    monkeypatch.syspath_prepend(ROOT)
    return importlib.import_module(f"docs.site.{name}")


@pytest.fixture
def pages(monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    return dict(module("pages", monkeypatch).pages())


def test_every_requirement_and_every_area_has_a_page(pages: dict[str, str]) -> None:
    known = catalogue()
    assert pages.keys() == {"index", *known.requirements, *(row.area for row in known)}


def test_a_page_has_its_example_and_the_evidence_of_implementations(pages: dict[str, str]) -> None:
    page = pages["http.range.if-range"]
    example = examples()["http.range.if-range"]
    assert f"--fault {example.fault}" in page
    assert f"```text\n{example.expected}\n```" in page
    assert "| pypiserver 2.4.2 | yes | bottle.py, static\\_file(), serves a part for each Range" in page
    assert "| The reference server | no |" in page


def test_a_page_of_a_requirement_without_a_check_says_why(pages: dict[str, str]) -> None:
    without = [row for row in catalogue() if row.untested]
    assert without
    assert all(
        ":No check: " in pages[row.id] and "## Right and wrong" not in pages[row.id] for row in without
    )


@pytest.mark.parametrize(
    ("text", "markdown"),
    [
        ("a `data-yanked` of *.whl", r"a `data-yanked` of \*.whl"),
        ("<b> & [x](y)", r"\<b\> \& \[x\](y)"),
        ("two_names | `a|b`", r"two\_names \| `a|b`"),
    ],
)
def test_a_text_of_the_catalogue_is_no_markup(
    text: str, markdown: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert module("pages", monkeypatch).prose(text) == markdown


def test_a_text_in_a_table_keeps_its_cell(monkeypatch: pytest.MonkeyPatch) -> None:
    assert module("pages", monkeypatch).cell("c | `a|b`") == r"c \| `a\|b`"


def test_a_block_holds_fences_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    assert module("pages", monkeypatch).fenced("````x") == "`````text\n````x\n`````"


@pytest.mark.parametrize(
    ("tag", "problem"),
    [
        ('<a href="there.html#place">', ""),
        ('<a href="https://example.org/">', ""),
        ('<a href="gone.html">', "there is no such file"),
        ('<a href="there.html#gone">', "the page has no such place"),
        ('<img src="https://example.org/a.png">', "an asset from outside"),
        ('<link rel="stylesheet" href="//example.org/a.css">', "an asset from outside"),
        ('<script src="https://example.org/a.js">', "an asset from outside"),
    ],
)
def test_a_link_that_leads_nowhere_and_an_asset_from_outside_are_found(
    tag: str, problem: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "there.html").write_text('<p id="place">', encoding="utf-8")
    (tmp_path / "page.html").write_text(tag, encoding="utf-8")
    found = module("links", monkeypatch).broken_links(tmp_path)
    assert [each.rpartition(": ")[2] for each in found] == ([problem] if problem else [])
