"""The versions of a project, which JSON lists beside its files."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from packaging.utils import canonicalize_name, parse_wheel_filename
from packaging.version import Version

from conformance.checks.simple.json_pages import json_pages
from conformance.kit import expect
from conformance.kit.check import check
from conformance.kit.uploads.publishing import publish
from conformance.kit.versions import version_key
from reference_server.distributions import sdist, wheel

if TYPE_CHECKING:
    from conformance.kit.fixtures import Corpus, Index, NewName, RegistryClient, Remark

SDIST = (".tar.gz", ".zip")


@check("simple.json.versions.present")
def test_present(index: Index) -> None:
    for page in json_pages(index):
        versions = page.document.object.get("versions")
        is_strings = isinstance(versions, list) and all(isinstance(version, str) for version in versions)
        expect.rule(
            "`versions` to be an array of strings",
            broken_by=[] if is_strings else [repr(versions)],
            where=page,
        )


@check("simple.json.versions.set")
def test_set(index: Index) -> None:
    for page in json_pages(index):
        times = Counter(page.page.versions or ())
        expect.rule(
            "every version to be in `versions` once",
            broken_by=[each for each in times if times[each] > 1],
            where=page,
        )


@check("simple.json.versions.covers-files")
def test_covers_files(index: Index) -> None:
    for name in index.projects:
        page = index.json(name)
        listed = set(map(version_key, page.page.versions or ()))
        wrong = [
            file.filename
            for file in page.page.files
            if (readings := _versions_in(file.filename, name)) and not readings & listed
        ]
        expect.rule("the version of every file to be in `versions`", broken_by=wrong, where=page)


@check("simple.json.versions.complete")
def test_complete(
    registry: RegistryClient, index: Index, corpus: Corpus, new_name: NewName, remark: Remark
) -> None:
    """Of a version without a wheel that is another as a number, and of one whose only wheel has a build tag, too."""
    accepted = [item.distribution for item in corpus.published.values() if item.accepted]
    for name in corpus.projects:
        page = index.json(name)
        listed = set(map(version_key, page.page.versions or ()))
        uploaded = {each.version for each in accepted if canonicalize_name(each.name) == name}
        missing = sorted(version for version in uploaded if version_key(version) not in listed)
        expect.rule(
            "every uploaded version to be in `versions`",
            broken_by=[f"{version} is missing" for version in missing],
            where=page,
        )
    if corpus.published and not any(each.filename.endswith(SDIST) for each in accepted):
        remark("judged without the version of an sdist: the target has accepted none")
    elif corpus.published:
        alone = sdist(new_name("sdist-alone"), "1.10")
        built = wheel(alone.name, "2.0", build="1")
        publish(registry, alone, built)
        page = index.json(alone.name)
        listed = set(map(version_key, page.page.versions or ()))
        for only, kind in ((alone, "an sdist"), (built, "a wheel with a build tag")):
            is_missing = version_key(only.version) not in listed
            expect.rule(
                f"the version of {kind} to be in `versions`",
                broken_by=[f"{only.version} is missing"] if is_missing else [],
                where=page,
            )


@check("simple.json.versions.normalized")
def test_normalized(index: Index) -> None:
    for page in json_pages(index):
        expect.each(
            page.page.versions or (),
            "to be normalized",
            _is_normalized,
            of="entry of `versions`",
            where=page,
        )


def _is_normalized(version: str) -> bool:
    key = version_key(version)
    return isinstance(key, Version) and str(key) == version


def _versions_in(filename: str, project: str) -> set[Version]:
    """Return the versions that the name of a project's file can mean.

    There is none in a name of no known form; old sdists leave open where the project's name ends.
    """
    if filename.endswith(".whl"):
        try:
            return {parse_wheel_filename(filename)[1]}
        except ValueError:
            return set()
    suffix = next((suffix for suffix in SDIST if filename.endswith(suffix)), None)
    parts = filename.removesuffix(suffix).split("-") if suffix else []
    splits = (("-".join(parts[:at]), version_key("-".join(parts[at:]))) for at in range(1, len(parts)))
    return {key for stem, key in splits if canonicalize_name(stem) == project and isinstance(key, Version)}
