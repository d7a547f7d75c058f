"""Names that the run itself has published, to see what becomes of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from packaging.utils import canonicalize_name

if TYPE_CHECKING:
    from conformance.kit.fixtures import Corpus


def is_made_up(name: str, corpus: Corpus) -> bool:
    """Tell whether a listed name is of this run, but not one of its ordinary projects: a registry took an odd one.

    The checks of names at upload are about that; what the list makes of it says nothing of other names.
    """
    ordinary = any(project in canonicalize_name(name) for project in corpus.projects)
    return bool(corpus.run_id) and corpus.run_id in name.lower() and not ordinary
