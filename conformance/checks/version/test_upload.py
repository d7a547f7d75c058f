"""Which versions are taken, and which of them are one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from packaging.utils import canonicalize_name
from packaging.version import Version

from conformance.kit import expect
from conformance.kit.check import check
from conformance.kit.properties import strategies
from conformance.kit.uploads.refused_project import RefusedProject
from conformance.kit.uploads.single_fields import each_value_refused
from conformance.kit.versions import version_key
from reference_server.distributions import sdist, wheel

if TYPE_CHECKING:
    from conformance.kit.fixtures import Corpus, Examples, Index, NewName, RegistryClient
    from reference_server.distributions import Distribution


IN_THE_FORM_ALONE = ("dog", "1.0-SNAPSHOT", "1..0", "1.0+")
"""What is no version, and stands in the form of a wheel that is right."""

BY_DATE = "2026.01.05"
"""A version with leading zeros, as calendar versions have. Source: Version specifiers, #integer-normalization."""

SPELLED_OTHERWISE = ("version-pre", "version-post", "version-dev", "version-prefix")


@check("version.invalid-rejected")
def test_invalid_rejected(registry: RegistryClient, new_name: NewName, examples: Examples) -> None:
    other = RefusedProject(registry, new_name, "no-version")

    def rejected(version: str) -> None:
        expect.refused(other.upload(wheel(other.name, version)))

    project = new_name("form-version")
    refused = each_value_refused(registry, project, "version", IN_THE_FORM_ALONE)
    expect.not_listed(registry.project_page(project), [file.filename for file in refused])
    examples.each(strategies.non_versions(), rejected)
    other.lists_nothing()


@check("version.alternate-accepted")
def test_alternate_accepted(
    registry: RegistryClient, index: Index, new_name: NewName, examples: Examples
) -> None:
    """Wheels and sdists by turns; one file for each version, since a registry may want one spelling of it.

    Another spelling of a version is sent to another project.
    """
    name = new_name("alternate")
    sent: dict[Version, Distribution] = {}

    def accepted(version: str) -> None:
        another = Version(version) in sent
        distribution = (wheel, sdist)[len(sent) % 2](new_name("respelled") if another else name, version)
        expect.accepted(registry.upload(distribution))
        if not another:
            sent[Version(version)] = distribution

    accepted(BY_DATE)
    examples.each(strategies.public_versions(), accepted)
    expect.listed(registry.project_page(name), [distribution.filename for distribution in sent.values()])
    if index.offer.has("json>=1.1"):
        page = index.json(name).page
        listed = set(map(version_key, page.versions or ()))
        expect.rule(
            "every accepted version to be in `versions`",
            broken_by=sorted(f"{each} is missing" for each in sent.keys() - listed),
            where=page.where,
        )


@check("version.equal-one-release")
def test_equal_one_release(
    registry: RegistryClient, index: Index, new_name: NewName, examples: Examples
) -> None:
    def equal(spelled: tuple[str, str]) -> None:
        name, (first, second) = new_name("equal"), spelled
        one_release(registry, index, sdist(name, first), wheel(name, second))

    examples.each(strategies.equal_versions(), equal, independent=True)


@check("version.display-string")
def test_display_string(index: Index, corpus: Corpus) -> None:
    name = corpus["version-post"].name
    page = index.json(canonicalize_name(name)).page
    taken = [corpus.published[role] for role in SPELLED_OTHERWISE]
    normal = [str(Version(item.distribution.version)) for item in taken if item.accepted]
    missing = [f"{version} is missing" for version in normal if version not in (page.versions or ())]
    expect.rule(
        "every accepted version to be in `versions` in its normalized spelling",
        broken_by=missing,
        where=page.where,
    )


@check("version.local.private-ok")
def test_local_private_ok(registry: RegistryClient, corpus: Corpus) -> None:
    served_as_published("version-local", registry, corpus)


@check("version.rc-and-c")
def test_rc_and_c(registry: RegistryClient, index: Index, new_name: NewName) -> None:
    name = new_name("candidate")
    one_release(registry, index, sdist(name, "1.0c1"), wheel(name, "1.0rc1"))


@check("version.epoch")
def test_epoch(registry: RegistryClient, corpus: Corpus) -> None:
    served_as_published("version-epoch", registry, corpus)


def served_as_published(role: str, registry: RegistryClient, corpus: Corpus) -> None:
    """Require that a distribution of the corpus was accepted, is listed, and comes as it was sent."""
    distribution = corpus.published[role].distribution
    page = registry.project_page(canonicalize_name(distribution.name))
    expect.published(corpus, role, on=page)
    for file in page.files:
        if file.filename == distribution.filename:
            expect.same_bytes(registry.download(file.url), distribution)


def one_release(registry: RegistryClient, index: Index, *distributions: Distribution) -> None:
    """Require that distributions of equal versions are one release, or that one of them is refused."""
    answers = [registry.upload(distribution) for distribution in distributions]
    taken = [answer for answer in answers if answer.is_success]
    for answer in answers:
        if answer not in taken:
            expect.refused(answer)
    if taken:
        page = index.json(canonicalize_name(distributions[0].name)).page
        wanted = version_key(distributions[0].version)
        equal = dict.fromkeys(version for version in page.versions or () if version_key(version) == wanted)
        expect.rule(
            "equal versions to be one entry of `versions`",
            broken_by=[" and ".join(equal)] if len(equal) > 1 else [],
            where=page.where,
        )
