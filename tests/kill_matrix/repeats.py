"""Requirements that repeat another: every fault turns both red, and both find the same in the same place.

They may expect it in other words. Of checks that search by chance the words are all that is kept, and have to be the
same.
"""

from __future__ import annotations

from collections import defaultdict
from itertools import combinations
from typing import TYPE_CHECKING

from .signatures import ANY

if TYPE_CHECKING:
    from collections.abc import Mapping

    from .signatures import Observation

    Seen = frozenset[tuple[str, str, str]]


def repeats(observed: Mapping[str, Observation]) -> set[tuple[str, str]]:
    """Return the pairs of requirements, by id, that no observation tells apart, in whatever words they expect it."""
    found = defaultdict(list)
    for name, seen in _seen(observed).items():
        found[seen].append(name)
    return {pair for alike in found.values() for pair in combinations(sorted(alike), 2)}


def _seen(observed: Mapping[str, Observation]) -> dict[str, Seen]:
    """Return what each requirement finds, where, and with which fault."""
    seen: dict[str, set[tuple[str, str, str]]] = defaultdict(set)
    for fault, each in observed.items():
        for name, accepted in {**each.named, **(each.consequences or {})}.items():
            for one in accepted:
                seen[name].add((fault, one.expected if one.found == ANY else one.found, one.where))
    return {name: frozenset(found) for name, found in seen.items()}
