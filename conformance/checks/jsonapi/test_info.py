"""What `info` says of a release."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlsplit

from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name

from conformance.checks.jsonapi.described_projects import REASON, licensed
from conformance.checks.jsonapi.listed_files import same_version
from conformance.checks.jsonapi.value_types import INFO, TEXT_LIST, wrong_values
from conformance.kit import expect
from conformance.kit.check import check
from conformance.kit.uploads.publishing import publish
from conformance.kit.urls import is_absolute
from conformance.verdicts import NotApplicable

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from conformance.checks.jsonapi.described_projects import Rich, YankedProjects
    from conformance.checks.jsonapi.descriptions import Description, Descriptions
    from conformance.kit.fixtures import Corpus, NewName, RegistryClient
    from reference_server.distributions import Distribution, Metadata

TEXTS = (
    *("author", "author_email", "description_content_type", "download_url", "home_page", "license"),
    *("maintainer", "maintainer_email", "name", "requires_python", "summary", "version"),
)
EMPTY: tuple[Any, ...] = (None, "", [], {})


def _words(value: Any) -> Any:
    """Return keywords as a set, whatever separates them."""
    return {each.strip() for each in value.split(",")} if isinstance(value, str) else value


def _requirements(value: Any) -> Any:
    """Return requirements as PEP 508 reads them."""
    try:
        return {str(Requirement(each)) for each in value} if TEXT_LIST.holds(value) else value
    except InvalidRequirement:
        return value


def _names(value: Any) -> Any:
    return {canonicalize_name(each) for each in value} if TEXT_LIST.holds(value) else value


def _without_end(value: Any) -> Any:
    return value.rstrip() if isinstance(value, str) else value


READ: Mapping[str, Callable[[Any], Any]] = {
    "description": _without_end,
    "keywords": _words,
    "requires_dist": _requirements,
    "provides_extra": _names,
    "classifiers": lambda value: set(value) if TEXT_LIST.holds(value) else value,
}
"""How a value is read where its metadata can be written in several ways; all others are compared as they are."""


def wanted_info(metadata: Metadata) -> dict[str, Any]:
    """Return the values that `info` has to have for metadata, read as `READ` has it."""
    return {name: getattr(metadata, name) for name in TEXTS} | {
        "description": _without_end(metadata.description),
        "keywords": set(metadata.keywords),
        "platform": metadata.platform[0],
        "requires_dist": _requirements(list(metadata.requires_dist)),
        "provides_extra": _names(list(metadata.provides_extra)),
        "classifiers": set(metadata.classifiers),
        "project_urls": dict(each.split(", ", 1) for each in metadata.project_urls),
    }


@check("jsonapi.info.keys")
def test_info_keys(descriptions: Descriptions, projects: tuple[str, ...]) -> None:
    for name in projects:
        found = descriptions.of(name)
        expect.rule(
            "each key in `info`, with a value of its type",
            broken_by=wrong_values(found.info, INFO),
            where=found,
        )


@check("jsonapi.info.metadata")
def test_metadata(descriptions: Descriptions, rich: Rich, corpus: Corpus) -> None:
    """Of metadata with each value, and of metadata that has few."""
    for version in ("", rich.latest.version):
        found = descriptions.of(rich.name, version)
        if version or found.version == rich.latest.version:  # jsonapi.latest.version is about others
            _expect_info(found, wanted_info(rich.latest.metadata))
    bare = corpus["main-latest"]
    found = descriptions.of(canonicalize_name(bare.name), bare.version)
    _expect_info(found, {name: getattr(bare.metadata, name) for name in TEXTS})


def _expect_info(found: Description, wanted: Mapping[str, Any]) -> None:
    for key, value in wanted.items():
        stated = found.info.get(key)
        if not (value in EMPTY and stated in EMPTY):
            read = READ.get(key, lambda value: value)
            expect.equal(read(stated), value, of=f"`{key}`", where=found)


@check("jsonapi.info.license")
def test_license(registry: RegistryClient, descriptions: Descriptions, new_name: NewName) -> None:
    file = licensed(new_name("described-license"))
    publish(registry, file)
    found = descriptions.of(file.name)
    expression, files = file.metadata.license_expression, list(file.metadata.license_file)
    expect.equal(found.info.get("license_expression"), expression, of="`license_expression`", where=found)
    stated: Any = found.info.get("license_files")
    expect.equal(
        sorted(stated) if TEXT_LIST.holds(stated) else stated, files, of="`license_files`", where=found
    )


@check("jsonapi.info.first-upload")
def test_first_upload(descriptions: Descriptions, rich: Rich) -> None:
    """Of a wheel before an sdist, and of an sdist before wheels, where a registry takes both."""
    releases: dict[str, list[Distribution]] = {}
    for file in rich.files:
        releases.setdefault(file.version, []).append(file)
    several = [(files[0], files[-1]) for files in releases.values() if len(files) > 1]
    if not several:
        raise NotApplicable("this registry takes one file of each release")
    for first, last in several:
        found = descriptions.of(
            rich.name,
            first.version,
            shows=partial(_has_file, last.filename),
        )
        expect.equal(found.info.get("summary"), first.metadata.summary, of="`summary`", where=found)


def _has_file(filename: str, found: Description) -> bool:
    return any(each.get("filename") == filename for each in found.urls)


@check("jsonapi.info.pages")
def test_pages(descriptions: Descriptions, projects: tuple[str, ...]) -> None:
    for name in projects:
        found = descriptions.of(name)
        pages = [found.info.get(key) for key in ("package_url", "project_url", "release_url")]
        expect.rule(
            "three absolute URLs",
            broken_by=[each for each in pages if not (isinstance(each, str) and is_absolute(each))],
            where=found,
        )
        package, project, release = map(str, pages)
        expect.equal(project, package, of="`project_url`, as `package_url`,", where=found)
        parts = unquote(urlsplit(project).path).rstrip("/").split("/")
        expect.equal(canonicalize_name(parts[-1]), name, of="the name in `project_url`", where=found)
        below = unquote(release.removeprefix(project)).strip("/")
        if not release.startswith(project) or not same_version(below, found.version):
            wanted = f"{project.rstrip('/')}/{found.version}/"
            expect.equal(release, wanted, of="`release_url`", where=found)


@check("jsonapi.info.yanked")
def test_yanked(descriptions: Descriptions, yanked: YankedProjects) -> None:
    released = (
        (yanked.reasoned, True, REASON),
        (yanked.kept, False, None),
        *((each, True, None) for each in yanked.all_yanked),
    )
    for file, is_yanked, reason in released:
        found = descriptions.of(
            file.name,
            file.version,
            shows=partial(_has_value, "yanked", is_yanked),
        )
        expect.equal(found.info.get("yanked"), is_yanked, of="`yanked`", where=found)
        stated = found.info.get("yanked_reason")
        expect.equal(stated or None, reason, of="`yanked_reason`", where=found)


def _has_value(key: str, value: object, found: Description) -> bool:
    return found.info.get(key) is value
