"""What is said of each file."""

from __future__ import annotations

import hashlib
from collections import Counter
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING, Any

from conformance.checks.jsonapi.described_projects import REASON
from conformance.checks.jsonapi.listed_files import by_version, oldest, same_version, version_of
from conformance.checks.jsonapi.value_types import FILE, HASHES, wrong_values
from conformance.kit import expect
from conformance.kit.check import check
from conformance.kit.uploads.publishing import fetch
from conformance.kit.urls import is_absolute
from conformance.verdicts import NotApplicable, Untestable

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Mapping

    from conformance.checks.jsonapi.described_projects import Rich, YankedProjects
    from conformance.checks.jsonapi.descriptions import Description, Descriptions
    from conformance.kit.fixtures import Index
    from conformance.pages import FileLink, ProjectPage
    from reference_server.distributions import Distribution

DIGESTS = {
    "md5": lambda content: hashlib.md5(content, usedforsecurity=False).hexdigest(),
    "sha256": lambda content: hashlib.sha256(content).hexdigest(),
    "blake2b_256": lambda content: hashlib.blake2b(content, digest_size=32).hexdigest(),
}
SECOND = timedelta(seconds=1)


@check("jsonapi.files.urls")
def test_urls(index: Index, descriptions: Descriptions, projects: tuple[str, ...]) -> None:
    """Of a project, and of its oldest release."""
    for name in projects:
        page = index.pages(name)[-1]
        listed = by_version(page, name)
        for version in ("", *oldest(page, name)):
            found = descriptions.of(name, version)
            wanted = next((files for each, files in listed.items() if same_version(found.version, each)), [])
            differences = _differences(found.urls, {file.filename for file in wanted}, page)
            expect.rule(
                f"the files of {found.version} in `urls`, each once",
                broken_by=[*differences, *_elsewhere(found.urls, name, found.version)],
                where=found,
            )


@check("jsonapi.files.releases")
def test_releases(index: Index, descriptions: Descriptions, projects: tuple[str, ...]) -> None:
    """A version without files may stand there, too. The documentation holds the key for deprecated."""
    described = {name: found for name in projects if "releases" in (found := descriptions.of(name)).object}
    if not described:
        raise NotApplicable("no description has `releases`, which its documentation calls deprecated")
    for name, found in described.items():
        page = index.pages(name)[-1]
        files = [file for each in found.releases.values() for file in each]
        wanted = {each for each in page.filenames if version_of(each, name) is not None}
        elsewhere = [
            text for version, each in found.releases.items() for text in _elsewhere(each, name, version)
        ]
        expect.rule(
            "the files of the simple index in `releases`, each once, under its version",
            broken_by=[*_differences(files, wanted, page), *elsewhere],
            where=found,
        )


def _differences(
    files: Collection[Mapping[str, Any]], wanted: Collection[str], page: ProjectPage
) -> list[str]:
    """Return which wheels and sdists are missing, which files the page lacks, and which are there more than once."""
    found = Counter(_filenames(files))
    return [
        *(f"no {filename}" for filename in sorted(set(wanted) - found.keys())),
        *(f"{filename}, which is not listed" for filename in sorted(found.keys() - page.filenames)),
        *(f"{filename} {times} times" for filename, times in sorted(found.items()) if times > 1),
    ]


def _elsewhere(files: Collection[Mapping[str, Any]], name: str, version: str) -> list[str]:
    """Return which wheels and sdists stand under another version than their own."""
    return [
        f"{filename} under {version}"
        for filename in _filenames(files)
        if (own := version_of(filename, name)) is not None and not same_version(version, own)
    ]


def _filenames(files: Collection[Mapping[str, Any]]) -> list[str]:
    return [str(file.get("filename")) for file in files]


@check("jsonapi.file.keys")
def test_file_keys(descriptions: Descriptions, projects: tuple[str, ...]) -> None:
    for name in projects:
        found = descriptions.of(name)
        wrong = {
            f"{file.get('filename')}: {text}" for file in _files(found) for text in wrong_values(file, FILE)
        }
        expect.rule("each key of a file, with a value of its type", broken_by=wrong, where=found)


def _files(found: Description) -> list[Mapping[str, Any]]:
    """Return the files of a description. Raises Untestable without any."""
    if not found.files:
        raise Untestable(f"there is no file to look at: {found}; see jsonapi.files.urls")
    return found.files


@check("jsonapi.file.digests")
def test_digests(descriptions: Descriptions, projects: tuple[str, ...]) -> None:
    for name in projects:
        found = descriptions.of(name)
        wrong = {
            f"{file.get('filename')}: {text}" for file in _files(found) for text in _missing_digests(file)
        }
        expect.rule("md5, sha256 and blake2b_256 of each file", broken_by=wrong, where=found)


def _missing_digests(file: Mapping[str, Any]) -> Iterator[str]:
    digests = _digests(file)
    for name in DIGESTS:
        if not digests.get(name):
            yield f"no {name}"
    if "md5_digest" not in file:
        yield "no `md5_digest`"
    elif digests.get("md5") and file["md5_digest"] != digests["md5"]:
        yield f"`md5_digest` is {file['md5_digest']!r}"


def _digests(file: Mapping[str, Any]) -> Mapping[str, Any]:
    found = file.get("digests")
    return found if isinstance(found, dict) else {}


@check("jsonapi.file.digests-right")
def test_digests_right(descriptions: Descriptions, rich: Rich) -> None:
    found = descriptions.of(rich.name)
    wrong = {
        f"{name} of {file.filename}: {digest!r}"
        for file, stated in _of_own_files(found, rich)
        for name, digest in _digests(stated).items()
        if name in DIGESTS and digest and digest != DIGESTS[name](file.content)
    }
    expect.rule("each digest to be that of the content", broken_by=wrong, where=found)


def _of_own_files(found: Description, rich: Rich) -> list[tuple[Distribution, Mapping[str, Any]]]:
    """Return what is said of each file, wherever it is said. Raises Untestable where nothing is."""
    own = {file.filename: file for file in rich.files}
    described = [(file, stated) for stated in _files(found) if (file := own.get(str(stated.get("filename"))))]
    if not described:
        raise Untestable(f"no file of {rich.name} is described by its name: {found}; see jsonapi.files.urls")
    return described


@check("jsonapi.file.url")
def test_url(descriptions: Descriptions, rich: Rich) -> None:
    found = descriptions.of(rich.name)
    urls = {str(stated.get("url")): file for file, stated in _of_own_files(found, rich)}
    expect.each(urls, "to be absolute", is_absolute, of="`url`", where=found)
    for url, file in urls.items():
        expect.same_bytes(fetch(descriptions.registry, url), file)


@check("jsonapi.file.packagetype")
def test_packagetype(descriptions: Descriptions, rich: Rich) -> None:
    found = descriptions.of(rich.name)
    wrong = {
        f"{file.filename}: {pair}"
        for file, stated in _of_own_files(found, rich)
        if (pair := (stated.get("packagetype"), stated.get("python_version")))
        != (file.filetype, file.pyversion)
    }
    expect.rule("the type of each file, and the Python it is for", broken_by=wrong, where=found)


@check("jsonapi.file.same-as-simple")
def test_same_as_simple(index: Index, descriptions: Descriptions, projects: tuple[str, ...]) -> None:
    def differing(linked: FileLink, file: Mapping[str, Any]) -> Iterator[str]:
        for key, stated, wanted in _values(linked, file):
            if wanted is not None and stated != wanted:
                yield f"{key} of {linked.filename}: {stated!r} in place of {wanted!r}"

    _as_listed(index, descriptions, projects, "what the simple index says of each file", differing)


def _as_listed(
    index: Index,
    descriptions: Descriptions,
    projects: tuple[str, ...],
    rule: str,
    differing: Callable[[FileLink, Mapping[str, Any]], Iterable[str]],
) -> None:
    """Compare what each page of a project says of a file with what the description says. Raises Deviation."""
    for name in projects:
        found = descriptions.of(name)
        listed = _listed(found, index.pages(name))
        wrong = {text for linked, file in listed for text in differing(linked, file)}
        expect.rule(rule, broken_by=wrong, where=found)


def _listed(found: Description, pages: list[ProjectPage]) -> Iterator[tuple[FileLink, Mapping[str, Any]]]:
    """Yield what each page says of a file, and what the description says of it."""
    for file in _files(found):
        for page in pages:
            if linked := page.file(str(file.get("filename"))):
                yield linked, file


def _values(linked: FileLink, file: Mapping[str, Any]) -> tuple[tuple[str, Any, Any], ...]:
    """Return each value that both state, of the description and of the page."""
    return (
        ("size", file.get("size"), linked.size),
        ("sha256", _digests(file).get("sha256"), linked.hashes.get("sha256")),
        ("Requires-Python", file.get("requires_python") or "", linked.requires_python),
    )


@check("jsonapi.file.core-metadata")
def test_core_metadata(index: Index, descriptions: Descriptions, projects: tuple[str, ...]) -> None:
    def differing(linked: FileLink, file: Mapping[str, Any]) -> Iterator[str]:
        wanted = linked.core_metadata or False
        if not _is_metadata(file.get("core-metadata"), wanted):
            yield f"{linked.filename}: {file.get('core-metadata', 'no key')!r} in place of {wanted!r}"

    _as_listed(index, descriptions, projects, "`core-metadata` as on the page of the project", differing)


def _is_metadata(stated: Any, wanted: object) -> bool:
    """Whether a value is false, or has the hashes of a page; one without hashes says only that there is a file."""
    if not HASHES.holds(stated):
        return False
    return bool(stated) if wanted is True else bool(stated == wanted)


@check("jsonapi.file.upload-time")
def test_upload_time(index: Index, descriptions: Descriptions, projects: tuple[str, ...]) -> None:
    def differing(linked: FileLink, file: Mapping[str, Any]) -> Iterator[str]:
        for text in _wrong_times(file, linked.upload_time):
            yield f"{linked.filename}: {text}"

    rule = "the time of the upload in UTC, once without a zone, once with it"
    _as_listed(index, descriptions, projects, rule, differing)


def _wrong_times(file: Mapping[str, Any], listed: str | None) -> Iterator[str]:
    plain = _moment(file.get("upload_time"))
    zoned = _with_zone(_moment(file.get("upload_time_iso_8601")))
    if plain is None or plain.tzinfo is not None:
        plain = None
        yield f"`upload_time`: {file.get('upload_time')!r}"
    if zoned is None or zoned.utcoffset():
        yield f"`upload_time_iso_8601`: {file.get('upload_time_iso_8601')!r}"
    elif plain is not None and abs(zoned - plain.replace(tzinfo=UTC)) > SECOND:
        yield f"{plain.isoformat()} and {zoned.isoformat()}"
    elif (page := _with_zone(_moment(listed))) and abs(zoned - page) > SECOND:
        yield f"{zoned.isoformat()} in place of {page.isoformat()}"


def _moment(value: Any) -> datetime | None:
    try:
        return datetime.fromisoformat(value)
    except (TypeError, ValueError):
        return None


def _with_zone(moment: datetime | None) -> datetime | None:
    return moment if moment is not None and moment.tzinfo is not None else None


@check("jsonapi.file.yanked")
def test_file_yanked(descriptions: Descriptions, yanked: YankedProjects) -> None:
    marks = {
        yanked.reasoned: (True, REASON),
        yanked.kept: (False, None),
        yanked.all_yanked[0]: (True, None),
    }
    for file, mark in marks.items():
        for version in ("", file.version):
            found = descriptions.of(
                file.name,
                version,
                shows=partial(_has_mark, file, mark),
            )
            if not version and not found.releases:
                continue  # the documentation may remove it at any time
            expect.equal(
                _mark(found, file), mark, of=f"`yanked` with its reason of {file.filename}", where=found
            )


def _has_mark(file: Distribution, mark: tuple[Any, Any], found: Description) -> bool:
    return _mark(found, file) == mark


def _mark(found: Description, file: Distribution) -> tuple[Any, Any]:
    stated = next((each for each in found.files if each.get("filename") == file.filename), {})
    return stated.get("yanked"), stated.get("yanked_reason") or None
