"""Releases, and what of the corpus is served."""

from __future__ import annotations

from typing import TYPE_CHECKING

from packaging.utils import canonicalize_name
from packaging.version import InvalidVersion, Version

from conformance.kit import expect

if TYPE_CHECKING:
    from conformance.kit.fixtures import Corpus, Index, Registry
    from reference_server.distributions import Distribution


def served(role: str, registry: Registry, corpus: Corpus) -> None:
    """Require that a distribution of the corpus was accepted, is listed, and comes as it was sent."""
    distribution = corpus.published[role].distribution
    page = registry.project_page(canonicalize_name(distribution.name))
    expect.published(corpus, role, on=page)
    for file in page.files:
        if file.filename == distribution.filename:
            expect.same_bytes(registry.download(file.url), distribution)


def one_release(registry: Registry, index: Index, *distributions: Distribution) -> None:
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
        expect.nothing(of=list(equal)[1:], is_="a release beside an equal one", where=page.where)


def version_key(version: str) -> Version | str:
    """Return what is the same for every spelling of a version."""
    try:
        return Version(version)
    except InvalidVersion:
        return version
