"""How the registries in `implementations/` fare with each requirement, by the results that are kept there."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from conformance.catalogue import Requirement, catalogue
from conformance.profiles import profile
from implementations.adjudication import FILE, Finding, Row, read_adjudication
from implementations.recipe import Implementation, implementations

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


@dataclass(frozen=True, kw_only=True)
class Fare:
    """An implementation and a requirement: what a person found of it. `row` is None without a deviation."""

    title: str
    version: str
    row: Row | None


def fares() -> Mapping[str, Sequence[Fare]]:
    """Return by requirement the implementations that are held to it: those that deviate, then all others."""
    found: dict[str, list[Fare]] = defaultdict(list)
    for each in implementations().values():
        rows = read_adjudication(each.folder / FILE)
        for requirement in _held_to(each):
            row = rows.get(requirement.id)
            kept = None if row is None or row.finding is Finding.WRONG else row
            found[requirement.id].append(Fare(title=each.declared.title, version=each.version, row=kept))
    return {name: sorted(each, key=lambda fare: fare.row is None) for name, each in found.items()}


def _held_to(implementation: Implementation) -> list[Requirement]:
    known = catalogue()
    return known.judged_in(profile(_profile(implementation)))


def _profile(implementation: Implementation) -> Any:
    return implementation.declared.target["profile"]
