"""The distributions of the run that the registry accepted."""

from __future__ import annotations

from typing import TYPE_CHECKING

from packaging.utils import canonicalize_name

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from conformance.kit.fixtures import Corpus
    from conformance.kit.index import Index
    from conformance.pages import FileLink, ProjectPage
    from reference_server.distributions import Distribution


def own_files(index: Index, corpus: Corpus) -> Iterator[tuple[ProjectPage, FileLink, Distribution]]:
    """Yield every distribution of the run that is listed, with its page and its link in HTML.

    Raises NotApplicable in a run that only reads.
    """
    for distribution in own_distributions(corpus).values():
        page = index.html(canonicalize_name(distribution.name)).page
        file = page.file(distribution.filename)
        if file is not None:
            yield page, file, distribution


def own_distributions(corpus: Corpus) -> Mapping[str, Distribution]:
    """Return what the run has published, by file name. Raises NotApplicable in a run that only reads."""
    accepted = [corpus[role] for role in (corpus.published or ["main-wheel"]) if _was_taken(corpus, role)]
    return {distribution.filename: distribution for distribution in accepted}


def _was_taken(corpus: Corpus, role: str) -> bool:
    return role not in corpus.published or corpus.published[role].accepted
