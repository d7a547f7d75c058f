"""Which release is described."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from packaging.utils import canonicalize_name

from conformance.checks.jsonapi.descriptions import Description, Errors
from conformance.checks.jsonapi.listed_files import by_version, latest, latest_stated, same_version
from conformance.checks.jsonapi.test_projects import expect_described
from conformance.checks.jsonapi.value_types import PARTS, wrong_values
from conformance.kit import expect
from conformance.kit.check import check
from conformance.kit.optional_fixtures import if_applicable
from conformance.verdicts import NotApplicable, Untestable

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pytest
    from packaging.version import Version

    from conformance.checks.jsonapi.described_projects import YankedProjects
    from conformance.checks.jsonapi.descriptions import Descriptions
    from conformance.kit.fixtures import Corpus, Index
    from conformance.kit.http import Answer
    from reference_server.distributions import Distribution

MOST_RELEASES = 12
"""Releases of one project that are asked for: one of our own has fewer, another one may have hundreds."""

EQUAL: Mapping[str, tuple[str, ...]] = {
    "main-wheel": ("1.0", "1", "1.0.0", "v1.0", "0!1.0", "01.0"),
    "main-prerelease": ("2.0rc1", "2.0.RC1", "2.0-c1", "2.0_pre_1", "2rc01"),
    "version-epoch": ("1!1.0", "1!1", "v1!1.0.0"),
    "version-pre": ("1.0a1", "1.0-Alpha.1", "1.0.alpha1", "1a1"),
    "version-post": ("1.0.post1", "1.0-1", "1.0-r1", "1.0.REV-1"),
    "version-dev": ("1.0.dev2", "1.0.DEV2", "1.0-dev-2"),
    "version-local": ("1.0+local.7", "1.0+LOCAL-7", "1+local_07"),
}
"""Spellings of versions of the corpus, for each part of a version. Source: PEP 440, "Normalization"."""


@check("jsonapi.latest.version")
def test_latest_version(
    index: Index, descriptions: Descriptions, projects: tuple[str, ...], request: pytest.FixtureRequest
) -> None:
    """Of projects without yanks, which another requirement is about."""
    previews: tuple[Distribution, ...] | None = if_applicable(request, "previews")
    names = (*projects, previews[0].name) if previews else projects
    judged = 0
    for name in names:
        page = index.pages(name)[-1]
        wanted = latest(page, name)
        if wanted is None or any(file.yanked is not None for file in page.files):
            continue
        judged += 1
        newest = {wanted, latest_stated(page) or wanted}
        found = descriptions.of(name, shows=partial(_describes, newest))
        if not _describes(newest, found):
            expect.equal(found.version, str(wanted), of="the version that is described", where=found)
    if not judged:
        raise NotApplicable("each project of this run has yanked files")


def _describes(newest: set[Version], found: Description) -> bool:
    """Whether the newest version is described: of those that have files, or of all."""
    return any(same_version(found.version, each) for each in newest)


@check("jsonapi.latest.yanked")
def test_latest_yanked(descriptions: Descriptions, projects: tuple[str, ...], yanked: YankedProjects) -> None:
    """A project without yanks is described: where none is, its address is wrong."""
    descriptions.of(projects[0])
    for name, wanted in yanked.latest.items():
        answer = descriptions.answer(
            name,
            shows=partial(_answers_with, wanted),
        )
        expect.status(answer, 200)
        expect.equal(Description(answer).version, wanted, of="the version that is described", where=answer)


def _answers_with(wanted: str, answer: Answer) -> bool:
    return same_version(Description(answer).version, wanted)


@check("jsonapi.release.served")
def test_release_served(index: Index, descriptions: Descriptions, projects: tuple[str, ...]) -> None:
    for name in projects:
        versions = sorted(by_version(index.pages(name)[-1], name))[-MOST_RELEASES:]
        for version in versions:
            answer = descriptions.answer(
                name, str(version), shows=lambda answer: answer.status == 200, errors=Errors.ANY
            )
            expect_described(answer)
            found = Description(answer)
            if not same_version(found.version, version):
                expect.equal(found.version, str(version), of="the version that is described", where=found)
            expect.rule(
                "each key to be there, of its type", broken_by=wrong_values(found.object, PARTS), where=found
            )


@check("jsonapi.project.every-state")
def test_every_state(descriptions: Descriptions, request: pytest.FixtureRequest) -> None:
    """Other checks of yanks look at what is described, and have nothing to judge by after a server error."""
    previews: tuple[Distribution, ...] = if_applicable(request, "previews") or ()
    yanked: YankedProjects | None = if_applicable(request, "yanked")
    files = (*previews, *((yanked.reasoned, *yanked.all_yanked) if yanked else ()))
    if not files:
        raise NotApplicable("no pre-release is published here, and nothing is yanked")
    asked = dict.fromkeys((file.name, version) for file in files for version in (file.version, ""))
    answers = [descriptions.answer(*each, errors=Errors.LASTING) for each in asked]
    failed = [answer for answer in answers if answer.is_server_error]
    expect.rule(
        "a description without a server error, whatever the state of a release",
        broken_by=[f"status {answer.status}" for answer in failed],
        where=expect.requests(failed),
    )


@check("jsonapi.release.spelling")
def test_release_spelling(corpus: Corpus, descriptions: Descriptions) -> None:
    if not corpus.published:
        raise NotApplicable("the run only reads, and this check looks at what it has published")
    accepted = {role: item.distribution for role, item in corpus.published.items() if item.accepted}
    judged = [(accepted[role], spellings) for role, spellings in EQUAL.items() if role in accepted]
    if not judged:
        raise Untestable("no version of the corpus was accepted; see the checks of uploads")
    for distribution, spellings in judged:
        name = canonicalize_name(distribution.name)
        normalized, *others = spellings
        descriptions.of(name, normalized)
        for spelled in others:
            answer = descriptions.answer(
                name, spelled, shows=lambda answer: answer.status == 200, errors=Errors.LASTING
            )
            expect.status(answer, 200)
            found = Description(answer)
            if not same_version(found.version, spelled):
                expect.equal(found.version, spelled, of="the version that is described", where=found)


@check("jsonapi.release.without-releases")
def test_without_releases(descriptions: Descriptions, projects: tuple[str, ...]) -> None:
    name = projects[0]
    found = descriptions.of(name, descriptions.of(name).version)
    expect.rule(
        "a release without `releases`",
        broken_by=["the key `releases`"] if "releases" in found.object else [],
        where=found,
    )
