"""Names of files, projects and versions that are written as something else."""

from __future__ import annotations

import re
import string
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import unquote

from packaging.utils import canonicalize_name

from conformance.checks.security.hostile_uploads import (
    Sent,
    kept_in_place,
    links_to,
    named_with,
    page_if_any,
    sent_as,
)
from conformance.kit import expect
from conformance.kit.check import check
from conformance.kit.http import upload_form
from conformance.kit.uploads.publishing import link, publish
from reference_server.distributions import sdist, wheel

if TYPE_CHECKING:
    from collections.abc import Mapping

    from conformance.checks.security.conftest import Remove
    from conformance.kit.fixtures import Index, NewName, RegistryClient, Strays
    from conformance.kit.http import UploadForm
    from reference_server.distributions import Distribution

CONTROL = re.compile(r"[\x00-\x1f\x7f]")

NAMES: Mapping[str, str] = {
    "a name that leads up": "../../{}",
    "a name with a folder": "x/{}",
    "an absolute name": "/{}",
    "a name that goes on and up": "{}/../../x",
    "a name with backslashes": r"..\{}",
    "a name, percent-encoded": "..%2f{}",
}
VERSIONS: Mapping[str, str] = {
    "a version that leads up": "../{}",
    "a version with a folder": "{}/x",
    "a version that goes on and up": "{}/../../x",
    "a version with backslashes": r"..\{}",
    "a version, percent-encoded": "%2e%2e%2f{}",
}

ROUTES = ("simple", "packages", "legacy", "json", "namespace", "namespaces", "con", "nul", "constructor")
"""Names that are valid: parts of an index's URLs, devices of Windows, and what every object of JavaScript has.

None can carry a run's id.
"""
DOTS = (".", "..", "-")


@check("security.traversal.filename")
def test_traversal_filename(registry: RegistryClient, named_like_paths: list[Sent], strays: Strays) -> None:
    kept_in_place(registry, named_like_paths, strays=strays)


@check("security.traversal.filename-star")
def test_traversal_filename_star(registry: RegistryClient, named_twice: list[Sent], strays: Strays) -> None:
    kept_in_place(registry, named_twice, strays=strays)


@check("security.control-chars.filename")
def test_control_characters_in_filename(registry: RegistryClient, named_with_controls: list[Sent]) -> None:
    page = page_if_any(registry, named_with_controls[0].file.name)
    wrong = [file.filename for file in page.files if CONTROL.search(unquote(file.filename))]
    expect.rule(
        "every listed file name to be free of control characters",
        broken_by=map(repr, wrong),
        where=named_with(
            page.where,
            (
                each
                for each in named_with_controls
                if any(file.filename in wrong for file in links_to(each, page))
            ),
        ),
    )
    kept_in_place(registry, named_with_controls)


@check("security.no-server-error")
def test_no_server_error(registry: RegistryClient, hostile: list[Sent]) -> None:
    expect.rule(
        "every upload to be accepted (2xx) or refused (4xx)",
        broken_by=[str(each) for each in hostile if each.failed],
        where=expect.requests(each.answer for each in hostile if each.failed),
    )
    names = dict.fromkeys(each.file.name for each in hostile)
    for answer in registry.read_each(lambda name: registry.project_answer(name, fresh=True), names):
        expect.no_server_error(answer)


@check("security.traversal.name-version")
def test_traversal_name_version(
    registry: RegistryClient, index: Index, new_name: NewName, strays: Strays
) -> None:
    def as_name(file: Distribution, path: str) -> UploadForm:
        return upload_form(file).with_field("name", path.format(file.name))

    def as_version(file: Distribution, path: str) -> UploadForm:
        return upload_form(file).with_field("version", path.format(file.version))

    def below_name(file: Distribution, path: str) -> str:
        return f"{path.format(file.name)}/{file.filename}"

    def below_version(file: Distribution, path: str) -> str:
        return f"{file.name}/{path.format(file.version)}/{file.filename}"

    project = new_name("version-path")
    kept_in_place(
        registry,
        sent_as(registry, new_name("name-path"), NAMES, as_name, below_name),
        sent_as(registry, project, VERSIONS, as_version, below_version),
        strays=strays,
    )
    for page in index.pages(project) if page_if_any(registry, project).files else []:
        expect.each(
            page.versions or (),
            "to be free of path separators",
            lambda version: set(version).isdisjoint("/\\%"),
            of="version",
            where=page.where,
        )


@check("security.reserved-names")
def test_reserved_names(registry: RegistryClient, index: Index, remove: Remove) -> None:
    """A project that is there already is left alone; ours are removed at once, as they cannot carry the run's id."""
    before = landmarks(index)
    known = registry.read_each(lambda name: registry.project_answer(name, fresh=True), ROUTES)
    free = [name for name, answer in zip(ROUTES, known, strict=True) if answer.status != 200]
    files = [wheel(name, "0.1") for name in (*free, *DOTS)]
    sent = [
        Sent(what=f"the name {file.name!r}", file=file, answer=answer)
        for file, answer in zip(files, registry.for_each(registry.upload, files), strict=True)
    ]
    taken = [each for each in sent if each.accepted]
    pages = registry.read_each(lambda each: page_if_any(registry, canonicalize_name(each.file.name)), taken)
    wrong = [f"{each.what}: {each.answer}" for each in sent if each.failed]
    wrong += [f"a page, before: {answer}" for answer in known if answer.is_server_error]
    wrong += [
        f"{each.what}: accepted, and {each.file.filename} is not on its page"
        for each, page in zip(taken, pages, strict=True)
        if each.file.filename not in page.filenames
    ]
    after = landmarks(index)
    wrong += [
        f"projects or files no longer listed: {was.where}"
        for was, now in zip(before, after, strict=True)
        if was.names - now.names
    ]
    for each in sent:
        if each.accepted:
            remove(each.file)
    expect.rule(
        "every upload to be refused, or to be served beside the pages that were there",
        broken_by=wrong,
        where=registry.target.index_url,
    )


@dataclass(frozen=True)
class Landmark:
    """A page, and what it shows of this run's projects: others come and go."""

    where: str
    names: frozenset[str]


def landmarks(index: Index) -> list[Landmark]:
    """Return the page of the first project, and the list of projects in every form, as they are now."""
    page = page_if_any(index.registry, index.project)
    roots = index.roots(fresh=True)
    return [
        Landmark(page.where, page.filenames),
        *(
            Landmark(root.where, frozenset(map(canonicalize_name, root.names)) & {*index.projects})
            for root in roots
        ),
    ]


@check("security.case-collision")
def test_case_collision(registry: RegistryClient, new_name: NewName) -> None:
    """A second name may be refused, or taken and not listed: what counts is the file that was there."""
    name = new_name("case")
    firsts = (sdist(name, "1.0"), wheel(name, "1.0"))
    publish(registry, *firsts)
    before = registry.project_page(name)
    urls = {first.filename: link(before, first).url for first in firsts}
    seconds = {each.filename: each for each in map(in_other_case, firsts) if registry.upload(each).is_success}
    page = registry.project_page(name, fresh=True)
    gone = sorted(urls.keys() - page.filenames)
    expect.rule("every earlier file to stay on the page", broken_by=gone, where=page.where)
    for first in firsts:
        expect.same_bytes(registry.download(link(page, first).url), first)
    for file in page.files:
        if file.filename in seconds:
            expect.same_bytes(registry.download(file.url), seconds[file.filename])


def in_other_case(first: Distribution) -> Distribution:
    """Return other bytes under a file name that differs in case alone; the extension stays."""
    build = wheel if first.filename.endswith(".whl") else sdist
    filename = string.capwords(first.filename, "_")
    return build(first.name, first.version, marker="in another case", filename=filename)
