"""Names of files, projects and versions that are written as something else."""

from __future__ import annotations

import string
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import quote, unquote

from packaging.utils import canonicalize_name

from conformance.checks.security.file_names_in_forms import named, starred
from conformance.checks.security.hostile_uploads import Sent, kept_in_place, page_if_any, sent_as
from conformance.kit import expect
from conformance.kit.check import check
from conformance.kit.http import upload_form
from reference_server.distributions import sdist, wheel

if TYPE_CHECKING:
    from collections.abc import Mapping

    from conformance.checks.security.conftest import Remove
    from conformance.kit.fixtures import Index, NewName, RegistryClient, Strays
    from conformance.kit.http import UploadForm
    from reference_server.distributions import Distribution

PATHS: Mapping[str, str] = {
    "one folder up": "../{}",
    "many folders up": "../../../../../../../../tmp/{}",
    "up and down again": "x/../{}",
    "a folder": "./{}",
    "an absolute path": "/tmp/{}",  # noqa: S108 - of a machine that is not this one
    "up, with a backslash": r"..\{}",
    "a drive": r"C:\{}",
    "up, percent-encoded": "%2e%2e%2f{}",
    "up, with an encoded backslash": "..%5c{}",
    "another name behind it": "{}/../../a",
    "a dot at the end": "{}.",
    "a space at the end": "{} ",
}
"""File names; `{}` is the plain one."""

SECOND_NAMES: Mapping[str, tuple[str, str]] = {
    "up, as the only name": ("", "..%2F..%2F{}"),
    "up, beside a plain name": ("{}", "..%2F..%2F{}"),
    "up with a backslash, beside a plain name": ("{}", "..%5C{}"),
    "another extension, beside a plain name": ("{}", "{}.html"),
    "plain, beside one that leads up": ("../../{}", "{}"),
    "plain, beside another extension": ("{}.html", "{}"),
}
"""`filename` and `filename*`; nothing where there is none."""

CONTROLS: Mapping[str, str] = {
    "a NUL": "\0",
    "a tab": "\t",
    "a line feed": "\n",
    "an escape": "\x1b",
    "a DEL": "\x7f",
}
"""What stands in the middle of a file name."""

ENCODED_CONTROLS: Mapping[str, str] = {
    "an encoded NUL": "%00",
    "an encoded line break": "%0D%0A",
}

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

ROUTES = ("simple", "packages", "legacy", "json", "namespace", "namespaces", "con", "nul")
"""Names that are valid: parts of an index's URLs, and devices of Windows. None can carry a run's id."""
DOTS = (".", "..", "-")


@check("security.traversal.filename")
def test_traversal_filename(registry: RegistryClient, new_name: NewName, strays: Strays) -> None:
    def as_path(file: Distribution, path: str) -> UploadForm:
        return named(upload_form(file), path.format(file.filename))

    def path_of(file: Distribution, path: str) -> str:
        return path.format(file.filename)

    kept_in_place(registry, sent_as(registry, new_name("path"), PATHS, as_path, path_of), strays)


@check("security.traversal.filename-star")
def test_traversal_filename_star(registry: RegistryClient, new_name: NewName, strays: Strays) -> None:
    def with_two_names(file: Distribution, names: tuple[str, str]) -> UploadForm:
        first, second = (name.format(file.filename) for name in names)
        return starred(upload_form(file), first or None, second)

    def path_of(file: Distribution, names: tuple[str, str]) -> str:
        return next(unquote(name.format(file.filename)) for name in names if name not in {"", "{}"})

    sent = sent_as(registry, new_name("second-name"), SECOND_NAMES, with_two_names, path_of)
    kept_in_place(registry, sent, strays)


@check("security.control-chars.filename")
def test_control_characters_in_filename(registry: RegistryClient, new_name: NewName) -> None:
    def controlled(file: Distribution, control: str) -> UploadForm:
        middle = file.filename.removesuffix(".whl")
        if control.startswith("%"):
            return starred(upload_form(file), file.filename, f"{quote(middle)}{control}.whl")
        return named(upload_form(file), f"{middle}{control}.whl")

    payloads = {**CONTROLS, **ENCODED_CONTROLS}
    kept_in_place(registry, sent_as(registry, new_name("control"), payloads, controlled))


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

    kept_in_place(registry, sent_as(registry, new_name("name-path"), NAMES, as_name, below_name), strays)
    project = new_name("version-path")
    kept_in_place(registry, sent_as(registry, project, VERSIONS, as_version, below_version), strays)
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
    free = [name for name in ROUTES if registry.project_answer(name, fresh=True).status != 200]
    files = [wheel(name, "0.1") for name in (*free, *DOTS)]
    sent = [Sent(what=f"the name {file.name!r}", file=file, answer=registry.upload(file)) for file in files]
    wrong = [f"{each.what}: {each.answer.status}" for each in sent if each.failed]
    wrong += [
        f"{each.what}: accepted, and {each.file.filename} is not on its page"
        for each in sent
        if each.accepted
        and each.file.filename not in page_if_any(registry, canonicalize_name(each.file.name)).filenames
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
    name = new_name("case")
    firsts = (sdist(name, "1.0"), wheel(name, "1.0"))
    for first in firsts:
        expect.accepted(registry.upload(first))
    seconds = [in_other_case(first) for first in firsts]
    taken = [second for second in seconds if registry.upload(second).is_success]
    page = page_if_any(registry, name)
    expect.listed(page, {each.filename for each in (*firsts, *taken)})
    for file in page.files:
        sent = [each for each in (*firsts, *taken) if each.filename == file.filename]
        expect.rule(
            "every listed file to be one that was uploaded",
            broken_by=[] if sent else [file.filename],
            where=page.where,
        )
        expect.same_bytes(registry.download(file.url), sent[0])


def in_other_case(first: Distribution) -> Distribution:
    """Return other bytes under a file name that differs in case alone; the extension stays."""
    build = wheel if first.filename.endswith(".whl") else sdist
    filename = string.capwords(first.filename, "_")
    return build(first.name, first.version, marker="in another case", filename=filename)
