"""The names on lists of projects, which may be too long for a set of all of them."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from packaging.utils import canonicalize_name

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from conformance.pages import RootPage

OURS = "conformance"
"""What every name of a run has in it."""


def absent(wanted: Iterable[str], root: RootPage) -> list[str]:
    """Return the normalized names that a list of projects lacks, in any spelling, sorted."""
    missing = set(wanted)
    for name in root.names:
        missing.discard(canonicalize_name(name))
    return sorted(missing)


def only_in(one: RootPage, other: RootPage) -> set[str]:
    """Return the normalized names that the one list has and the other lacks."""
    there = {
        hash(canonicalize_name(name)) for name in other.names
    }  # a number takes a third of a name's memory
    return {found for name in one.names if hash(found := canonicalize_name(name)) not in there}


def listed_twice(names: Sequence[str]) -> list[str]:
    """Return the spellings of each project that is listed more than once."""
    seen: set[int] = set()
    often: set[int] = set()
    for name in names:
        number = hash(canonicalize_name(name))
        (often if number in seen else seen).add(number)
    spellings: dict[str, list[str]] = defaultdict(list)
    for name in names if often else ():
        if hash(normalized := canonicalize_name(name)) in often:
            spellings[normalized].append(name)
    return [" and ".join(each) for each in spellings.values() if len(each) > 1]
