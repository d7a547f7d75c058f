"""The version expression: each of its parts, everything it matches, and nothing else."""

from __future__ import annotations

from typing import TYPE_CHECKING

from conformance.kit import expect
from conformance.kit.check import check
from conformance.kit.properties import strategies
from conformance.kit.uploads.single_fields import each_value_refused
from reference_server.distributions import wheel

if TYPE_CHECKING:
    from conformance.kit.fixtures import Corpus, Examples, NewName, RegistryClient


def accepted_and_listed(role: str, registry: RegistryClient, corpus: Corpus) -> None:
    expect.published(corpus, role, on=registry.project_page(corpus.published[role].distribution.name))


BY_DATE = "2026.01.05"
"""A version with leading zeros, as calendar versions have."""

IN_THE_FORM_ALONE = ("dog", "1.0-SNAPSHOT", "1..0", "1.0+")
"""What the expression does not match, in the form of a wheel that is right."""


@check("gitlab.version.epoch")
def test_epoch(registry: RegistryClient, corpus: Corpus) -> None:
    accepted_and_listed("version-epoch", registry, corpus)


@check("gitlab.version.release")
def test_release(registry: RegistryClient, corpus: Corpus) -> None:
    accepted_and_listed("version-release", registry, corpus)


@check("gitlab.version.pre-release")
def test_pre_release(registry: RegistryClient, corpus: Corpus) -> None:
    accepted_and_listed("version-pre", registry, corpus)


@check("gitlab.version.post-release")
def test_post_release(registry: RegistryClient, corpus: Corpus) -> None:
    accepted_and_listed("version-post", registry, corpus)


@check("gitlab.version.dev-release")
def test_dev_release(registry: RegistryClient, corpus: Corpus) -> None:
    accepted_and_listed("version-dev", registry, corpus)


@check("gitlab.version.local")
def test_local(registry: RegistryClient, corpus: Corpus) -> None:
    accepted_and_listed("version-local", registry, corpus)


@check("gitlab.version.leading-v")
def test_leading_v(registry: RegistryClient, corpus: Corpus) -> None:
    accepted_and_listed("version-prefix", registry, corpus)


@check("gitlab.version.all-parts")
def test_all_parts(registry: RegistryClient, corpus: Corpus) -> None:
    accepted_and_listed("version-all", registry, corpus)


@check("gitlab.version.accepts-every-match")
def test_accepts_every_match(registry: RegistryClient, new_name: NewName, examples: Examples) -> None:
    name = new_name("matches")
    sent: list[str] = []

    def accepted(version: str) -> None:
        distribution = wheel(name, version)
        if distribution.filename not in sent:  # 1.0 and v1.0 are one file
            expect.accepted(registry.upload(distribution))
            sent.append(distribution.filename)

    accepted(BY_DATE)
    examples.each(strategies.gitlab_versions(), accepted)
    expect.listed(registry.project_page(name), sent)


@check("gitlab.version.refuses-everything-else")
def test_refuses_everything_else(registry: RegistryClient, new_name: NewName, examples: Examples) -> None:
    def refused(version: str) -> None:
        expect.refused(registry.upload(wheel(new_name("mismatch"), version)))

    each_value_refused(registry, new_name("form-version"), "version", IN_THE_FORM_ALONE)
    examples.each(strategies.gitlab_non_versions(), refused, independent=True)


@check("gitlab.version.white-space-refused")
def test_white_space_refused(registry: RegistryClient, new_name: NewName) -> None:
    expect.refused(registry.upload(wheel(new_name("blank"), "1.0 ")))


@check("gitlab.version.refused-leaves-nothing")
def test_refused_leaves_nothing(registry: RegistryClient, new_name: NewName) -> None:
    distribution = wheel(new_name("snapshot"), "1.0-SNAPSHOT")
    registry.upload(distribution)
    expect.not_listed(registry.project_page(distribution.name), [distribution.filename])
