"""How pages say a project's status."""

from __future__ import annotations

from typing import TYPE_CHECKING

from conformance.checks.status.marked_projects import REASON, Marks
from conformance.kit import expect
from conformance.kit.api_version import is_newer
from conformance.kit.check import check
from conformance.verdicts import NotApplicable

if TYPE_CHECKING:
    from conformance.kit.fixtures import Index
    from conformance.pages import HtmlDocument, JsonDocument


MARKERS = ("active", "archived", "quarantined", "deprecated")


META, META_REASON = "pypi:project-status", "pypi:project-status-reason"

HTML_VERSION = "1.4"
LEAST_JSON = (1, 4)


@check("status.html.value")
def test_html_value(index: Index, projects: tuple[str, ...]) -> None:
    for name in projects:
        reading = index.html(name)
        metas = status_metas(reading.document)
        wrong = [repr(content) for content in metas if content not in MARKERS]
        expect.rule(f"{META} to be one of {', '.join(MARKERS)}", broken_by=wrong, where=reading)
        expect.rule(f"at most one {META}", broken_by=metas[1:], where=reading)


@check("status.html.emitted")
def test_html_emitted(index: Index, marks: Marks) -> None:
    for marked in marks.those("archived", "deprecated"):
        reading = index.html(marked.project)
        found = [content.lower() for content in status_metas(reading.document)]
        expect.equal(found[:1], [marked.status], of=f"the first {META}", where=reading)


@check("status.html.reason")
def test_html_reason(index: Index, marks: Marks) -> None:
    readings = [index.html(marked.project) for marked in marks.those("archived", "deprecated")]
    reasons = [(reading, status_metas(reading.document, META_REASON)) for reading in readings]
    if not any(found for _, found in reasons):
        raise NotApplicable("no page states a reason, and none has to")
    for reading, found in reasons:
        expect.equal(found or [REASON], [REASON], of=META_REASON, where=reading)


@check("status.json.emitted")
def test_json_emitted(index: Index, marks: Marks) -> None:
    for marked in marks.those("archived", "deprecated"):
        reading = index.json(marked.project)
        missing = [] if status_objects(reading.document) else [marked.project]
        expect.rule(
            f"the page of a project that is {marked.status} to have `project-status`",
            broken_by=missing,
            where=reading,
        )


@check("status.json.object")
def test_json_object(index: Index, projects: tuple[str, ...]) -> None:
    for name in projects:
        reading = index.json(name)
        top = reading.document.object.get("project-status")
        is_right = isinstance(top, dict) and "status" in top
        wrong = [repr(found) for found in status_objects(reading.document)] if not is_right else []
        expect.rule(
            "`project-status` to be an object with `status`, at the top level", broken_by=wrong, where=reading
        )


@check("status.json.value")
def test_json_value(index: Index, projects: tuple[str, ...]) -> None:
    for name in projects:
        reading = index.json(name)
        if is_newer(reading.page.api_version):
            continue  # a later version may define more
        objects = [found for found in status_objects(reading.document) if isinstance(found, dict)]
        wrong = [repr(found.get("status")) for found in objects if found.get("status") not in MARKERS]
        expect.rule(f"`status` to be one of {', '.join(MARKERS)}", broken_by=wrong, where=reading)


@check("status.json.reason")
def test_json_reason(index: Index, projects: tuple[str, ...]) -> None:
    for name in projects:
        reading = index.json(name)
        objects = [found for found in status_objects(reading.document) if isinstance(found, dict)]
        reasons = [found["reason"] for found in objects if "reason" in found]
        expect.rule(
            "every `reason` to be a string",
            broken_by=[r for r in reasons if not isinstance(r, str)],
            where=reading,
        )


@check("status.api-version")
def test_api_version(index: Index, projects: tuple[str, ...]) -> None:
    for name in projects:
        if index.offer.has("html") and status_metas(index.html(name).document):
            page = index.html(name).page
            expect.equal(
                page.api_version,
                HTML_VERSION,
                of="the version that a page with a status declares",
                where=page.where,
            )
        if index.offer.has("json") and status_objects(index.json(name).document):
            page = index.json(name).page
            found = _number(page.api_version)
            expect.rule(
                "a page with a status to declare version 1.4 or later",
                broken_by=[str(page.api_version)] if found < LEAST_JSON else [],
                where=page.where,
            )


def _number(version: str | None) -> tuple[int, ...]:
    return tuple(int(part) for part in (version or "").split(".") if part.isdigit())


@check("status.not-on-root")
def test_not_on_root(index: Index) -> None:
    if index.offer.has("html"):
        html = index.html_root()
        expect.rule(
            f"the list of projects to be free of {META}", broken_by=status_metas(html.document), where=html
        )
    if index.offer.has("json"):
        json = index.json_root()
        projects = json.document.object.get("projects")
        entries = [each for each in projects if isinstance(each, dict)] if isinstance(projects, list) else []
        found = [
            *status_objects(json.document),
            *(each["name"] for each in entries if "project-status" in each),
        ]
        expect.rule(
            "the list of projects to be free of `project-status`", broken_by=map(repr, found), where=json
        )


@check("status.html-json-agree")
def test_html_json_agree(index: Index, projects: tuple[str, ...]) -> None:
    for name in projects:
        html, json = index.html(name).page, index.json(name).page
        if html.status and json.status:
            expect.equal(json.status, html.status, of="the status in JSON, as in HTML,", where=json.where)


def status_metas(document: HtmlDocument, name: str = META) -> list[str]:
    """Return the content of every meta tag of that name, wherever it stands."""
    metas = (*document.metas, *document.stray_metas)
    return [meta.get("content") or "" for meta in metas if meta.get("name") == name]


def status_objects(document: JsonDocument) -> list[object]:
    """Return what stands under `project-status`: at the top level, or where it should not, in `meta`."""
    places = (document.object, document.meta)
    return [place["project-status"] for place in places if "project-status" in place]
