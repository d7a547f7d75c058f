"""What holds for every JSON answer, and for a project's page as a whole."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

from conformance.checks.simple.json_pages import json_answers, json_pages
from conformance.kit import expect
from conformance.kit.api_version import api_version, is_newer
from conformance.kit.check import check
from conformance.kit.optional_fixtures import if_applicable
from conformance.pages import contradictions

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pytest

    from conformance.kit.fixtures import Index, Remark
    from conformance.pages import ProjectPage
    from reference_server.distributions import Distribution


FROZEN = (1, 4)
"""The last version that HTML has (PEP 833)."""

SINCE_OF_PAGE = {"versions": (1, 1), "project-status": (1, 4), "namespaces": (1, 5)}
SINCE_OF_FILE = {"size": (1, 1), "upload-time": (1, 1), "provenance": (1, 3)}

REJECTED = {"tracks", "alternate-locations"}
KNOWN_OF_META = {"api-version"} | REJECTED
KNOWN_OF_PAGE = {"meta", "name", "files", "projects"} | SINCE_OF_PAGE.keys() | REJECTED
KNOWN_OF_FILE = SINCE_OF_FILE.keys() | {
    *("filename", "url", "hashes", "requires-python", "yanked", "gpg-sig"),
    *("core-metadata", "dist-info-metadata"),
}


@check("simple.json.is-object")
def test_is_object(index: Index) -> None:
    for answer in json_answers(index):
        data = answer.document.data
        found = [] if isinstance(data, dict) else [type(data).__name__]
        expect.rule("every JSON document to be an object", broken_by=found, where=answer)


@check("simple.json.wellformed")
def test_wellformed(index: Index) -> None:
    for answer in json_answers(index):
        expect.rule("every body to be valid JSON", broken_by=answer.document.problems, where=answer)


@check("simple.json.meta")
def test_meta(index: Index) -> None:
    for answer in json_answers(index):
        found = answer.document.object.get("meta")
        expect.rule(
            "`meta` to be an object", broken_by=[] if isinstance(found, dict) else [repr(found)], where=answer
        )


@check("simple.json.api-version")
def test_api_version(index: Index) -> None:
    for answer in json_answers(index):
        found = answer.document.meta.get("api-version")
        expect.rule(
            "`meta.api-version` to be a string Major.Minor",
            broken_by=[] if api_version(found) else [repr(found)],
            where=answer,
        )


@check("simple.json.api-version.major-1")
def test_major_1(index: Index) -> None:
    for answer in json_answers(index):
        declared = api_version(answer.document.meta.get("api-version"))
        if declared is not None:
            expect.equal(declared[0], 1, of="the major version", where=answer)


@check("simple.json.api-version.covers-content")
def test_covers_content(index: Index) -> None:
    for page in json_pages(index):
        declared = api_version(page.page.api_version) or (1, 0)
        on_page = {key: SINCE_OF_PAGE[key] for key in SINCE_OF_PAGE.keys() & page.document.object.keys()}
        on_files = {
            key: SINCE_OF_FILE[key] for file in page.document.files for key in file if key in SINCE_OF_FILE
        }
        later = sorted(
            f"`{key}`, which version {_written(since)} introduced"
            for key, since in (on_page | on_files).items()
            if since > declared
        )
        expect.rule(
            f"only keys of version {_written(declared)}, which the page declares", broken_by=later, where=page
        )


@check("simple.json.api-version.delivers")
def test_delivers(index: Index) -> None:
    for page in json_pages(index):
        if (api_version(page.page.api_version) or (1, 0)) >= (1, 1):
            missing = ["no `versions`"] if "versions" not in page.document.object else []
            missing += [
                f"no `size` of {file.get('filename')}" for file in page.document.files if "size" not in file
            ]
            expect.rule(
                f"every key that version {page.page.api_version} requires", broken_by=missing, where=page
            )


@check("simple.json.version-in-sync")
def test_version_in_sync(index: Index) -> None:
    for name in index.projects:
        html, json = index.html(name), index.json(name)
        in_json, in_html = (api_version(page.api_version or "1.0") for page in (json.page, html.page))
        if in_json and in_html:
            wanted = _written(min(in_json, FROZEN))
            expect.equal(
                _written(in_html), wanted, of="the version in HTML, as in JSON,", where=f"{html}, {json}"
            )


@check("simple.json.detail.name")
def test_name(index: Index) -> None:
    for name in index.projects:
        page = index.json(name)
        expect.equal(page.document.object.get("name"), name, of="`name`", where=page)


@check("simple.json.detail.files")
def test_files(index: Index) -> None:
    for page in json_pages(index):
        files = page.document.object.get("files")
        wrong = [] if isinstance(files, list) else [f"`files` {files!r}"]
        entries: list[Any] = files if isinstance(files, list) else []
        wrong += [f"entry {entry!r}" for entry in entries if not isinstance(entry, dict)]
        expect.rule("`files` to be an array of objects", broken_by=wrong, where=page)
        names = Counter(str(file.get("filename")) for file in page.document.files)
        expect.rule(
            "every file to be listed once", broken_by=[name for name in names if names[name] > 1], where=page
        )


@check("simple.json.detail.same-as-html")
def test_same_as_html(index: Index) -> None:
    for name in index.projects:
        html, json = index.html(name), index.json(name)
        expect.rule(
            "HTML and JSON to list the same files, and not to contradict each other",
            broken_by=_differences(html.page, json.page),
            where=f"{html}, {json}",
        )


def _differences(html: ProjectPage, json: ProjectPage) -> Iterator[str]:
    yield from contradictions.listed(html, json)
    for file, twin in contradictions.pairs(html, json):
        for compared in _COMPARED:
            yield from map(contradictions.written, compared(file, twin))
    yield from map(contradictions.written, contradictions.yanks(html, json))


_COMPARED = (
    contradictions.hashes,
    contradictions.requires_python,
    contradictions.provenance,
    contradictions.metadata,
)


@check("simple.json.file.no-data-prefix")
def test_no_data_prefix(index: Index) -> None:
    for page in json_pages(index):
        keys = {key for each in (page.document.object, *page.document.files) for key in each}
        expect.rule(
            "every key to be spelled without the prefix `data-`",
            broken_by=sorted(key for key in keys if key.startswith("data-")),
            where=page,
        )


@check("simple.json.private-keys")
def test_private_keys(index: Index, remark: Remark, request: pytest.FixtureRequest) -> None:
    """On the page of a file with provenance, too, where a driver attaches it."""
    attested: Distribution | None = if_applicable(request, "attested")
    for answer in (*json_answers(index), *([index.json(attested.name)] if attested else ())):
        document = answer.document
        if is_newer(declared := document.meta.get("api-version")):
            remark(f"pages of version {declared} were left out: it may define more keys")
            continue
        unknown = {
            *(document.object.keys() - KNOWN_OF_PAGE),
            *(f"meta.{key}" for key in document.meta.keys() - KNOWN_OF_META if not key.startswith("_")),
            *(key for file in document.files for key in file.keys() - KNOWN_OF_FILE),
        }
        expect.rule(
            "every key outside the specifications to begin with an underscore",
            broken_by=sorted(key for key in unknown if not key.startswith(("_", "data-"))),
            where=answer,
        )


def _written(version: tuple[int, int]) -> str:
    return ".".join(map(str, version))
