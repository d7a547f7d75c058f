"""What pages say about provenance."""

from __future__ import annotations

from typing import TYPE_CHECKING

from conformance.kit import expect
from conformance.kit.check import check
from conformance.kit.urls import is_absolute, is_secure
from conformance.pages import contradictions

if TYPE_CHECKING:
    from conformance.kit.fixtures import Index
    from conformance.pages import ProjectPage

LEAST_VERSION = (1, 3)


@check("provenance.html.url")
def test_html_url(index: Index, projects: tuple[str, ...]) -> None:
    for name in projects:
        page = index.html(name).page
        expect.each(
            _urls(page).values(),
            "to be absolute",
            is_absolute,
            of="provenance URL",
            where=page.where,
        )


@check("provenance.secure-origin")
def test_secure_origin(index: Index, projects: tuple[str, ...]) -> None:
    for name in projects:
        for page in index.pages(name):
            wrong = [url for url in _urls(page).values() if is_absolute(url) and not is_secure(url)]
            expect.rule("every provenance URL to have a secure origin", broken_by=wrong, where=page.where)


@check("provenance.json.type")
def test_json_type(index: Index, projects: tuple[str, ...]) -> None:
    for name in projects:
        page = index.json(name).page
        values = [file.raw["provenance"] for file in page.files if "provenance" in file.raw]
        wrong = [repr(value) for value in values if value is not None and not isinstance(value, str)]
        expect.rule("every `provenance` to be a string or null", broken_by=wrong, where=page.where)


@check("provenance.json.same-rules")
def test_json_same_rules(index: Index, projects: tuple[str, ...]) -> None:
    for name in projects:
        page = index.json(name).page
        found = _urls(page)
        expect.each(
            found.values(),
            "to be an absolute URL of a secure origin",
            lambda url: is_absolute(url) and is_secure(url),
            of="`provenance`",
            where=page.where,
        )
        if index.offer.has("html"):
            html = index.html(name).page
            different = (
                each for pair in contradictions.pairs(html, page) for each in contradictions.provenance(*pair)
            )
            expect.rule(
                "JSON to have the provenance that HTML has",
                broken_by=map(contradictions.written, different),
                where=f"{html.where}, {page.where}",
            )


@check("provenance.api-version")
def test_api_version(index: Index, projects: tuple[str, ...]) -> None:
    for name in projects:
        page = index.json(name).page
        has_provenance = any("provenance" in file.raw for file in page.files)
        old = [str(page.api_version)] if has_provenance and _number(page.api_version) < LEAST_VERSION else []
        expect.rule("a page with provenance to declare version 1.3 or later", broken_by=old, where=page.where)


def _urls(page: ProjectPage) -> dict[str, str]:
    return {file.filename: file.provenance for file in page.files if file.provenance is not None}


def _number(version: str | None) -> tuple[int, ...]:
    return tuple(int(part) for part in (version or "").split(".") if part.isdigit())
