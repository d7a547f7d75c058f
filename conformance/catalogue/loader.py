"""Reads the catalogue's TOML files, and refuses rows that are not whole."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, replace
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any, Protocol

import msgspec

from conformance.catalogue.features import features_in, satisfiable
from conformance.catalogue.levels import Harm, Standing
from conformance.catalogue.model import Requirement, Source

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Set
    from importlib.resources.abc import Traversable

_SOURCES = "sources.toml"
_FEATURES = "features.toml"
_OTHERS = {"retired.toml", "causes.toml"}  # read by conformance.verdicts.sets and by catalogue.causes
_DEFAULTS = {"level", "standing", "feature", "since"}


class BadRow(ValueError):
    """A row of the catalogue is incomplete or contradicts itself. The catalogue is ours: fix the row."""


class HeldTo(Protocol):
    """Which rows a profile holds registries to; `conformance.profiles` has the profiles."""

    @property
    def standings(self) -> Set[str]:
        """The standings that count."""

    @property
    def groups(self) -> Set[str]:
        """The groups of features that a row may need."""

    @property
    def features(self) -> Set[str]:
        """Single features that a row may need besides."""

    @property
    def without(self) -> Set[str]:
        """Areas and beginnings of ids that are left out."""


class Profile(Protocol):
    """A profile, as far as the catalogue has to know it."""

    @property
    def held_to(self) -> HeldTo:
        """Which rows it holds registries to."""


@dataclass(frozen=True)
class Catalogue:
    """Every requirement, source and group of features, by id, by key and by name.

    `features` has one sentence for each feature of a group.
    """

    requirements: Mapping[str, Requirement]
    sources: Mapping[str, Source]
    features: Mapping[str, Mapping[str, str]]

    def __iter__(self) -> Iterator[Requirement]:
        return iter(self.requirements.values())

    def __getitem__(self, requirement_id: str) -> Requirement:
        return self.requirements[requirement_id]

    def __len__(self) -> int:
        return len(self.requirements)

    def for_profile(self, profile: Profile) -> list[Requirement]:
        """Return the requirements that registries of this profile are held to."""
        held_to = profile.held_to
        features = frozenset(held_to.features).union(*(self.features[group] for group in held_to.groups))
        return [
            requirement
            for requirement in self
            if requirement.standing in held_to.standings
            and satisfiable(requirement.feature, features)
            and not any(f"{requirement.id}.".startswith(f"{start}.") for start in held_to.without)
        ]

    def judged_in(self, profile: Profile) -> list[Requirement]:
        """Return the requirements that a run with this profile judges: those of the profile that have a check."""
        return [requirement for requirement in self.for_profile(profile) if requirement.untested is None]

    def cite(self, requirement: Requirement) -> str:
        """Return the source by title and anchor, as a reader looks it up."""
        key, _, anchor = requirement.source.partition("#")
        return f"{self.sources[key].title}, #{anchor}"

    def link(self, requirement: Requirement) -> str:
        """Return the address of the source with its anchor, or empty where it has none."""
        key, _, anchor = requirement.source.partition("#")
        url = self.sources[key].url
        return f"{url}#{anchor}" if url else ""


@cache
def catalogue() -> Catalogue:
    """Return the catalogue that ships with the suite.

    Raises BadRow when a file holds a row that is incomplete.
    """
    return read_catalogue(files("conformance.catalogue"))


def read_catalogue(folder: Traversable) -> Catalogue:
    """Read `folder`: `sources.toml`, `features.toml`, and files named as the ids in them begin. Raises BadRow.

    What most rows of a file share stands once, in its `[defaults]`.
    """
    tables = {
        entry.name: tomllib.loads(entry.read_text(encoding="utf-8"))
        for entry in sorted(folder.iterdir(), key=lambda entry: entry.name)
        if entry.name.endswith(".toml") and entry.name not in _OTHERS
    }
    sources = {
        key: msgspec.convert({"key": key, **table}, Source) for key, table in tables.pop(_SOURCES).items()
    }
    catalogue = Catalogue({}, sources, tables.pop(_FEATURES))
    requirements: dict[str, Requirement] = {}
    for file_name, table in tables.items():
        for requirement in _requirements(file_name, table):
            _check(requirement, file_name, catalogue)
            if requirement.id in requirements:
                raise BadRow(f"{file_name}: {requirement.id}: listed twice")
            requirements[requirement.id] = requirement
    return replace(catalogue, requirements=requirements)


def _requirements(file_name: str, table: dict[str, Any]) -> Iterator[Requirement]:
    """Fill in what rows take from the defaults of their file."""
    defaults = table.get("defaults", {})
    if unknown := defaults.keys() - _DEFAULTS:
        raise BadRow(f"{file_name}: [defaults] may not have {sorted(unknown)}")
    for row in table["requirement"]:
        try:
            yield msgspec.convert({**_harm(file_name, {**defaults, **row}), **defaults, **row}, Requirement)
        except msgspec.ValidationError as error:
            raise BadRow(f"{file_name}: {row.get('id', 'a row without id')}: {error}") from error


def _harm(file_name: str, row: dict[str, Any]) -> dict[str, str]:
    """Return the harm of a row that names none: what clients in wide use need, or run into, breaks them."""
    breaks = row.get("standing") == Standing.DE_FACTO or file_name.startswith("clients.")
    return {"harm": Harm.BREAKS_CLIENTS} if breaks else {}


def _check(requirement: Requirement, file_name: str, catalogue: Catalogue) -> None:
    """Refuse a row whose id does not fit its file, or whose source or features do not exist."""
    where = f"{file_name}: {requirement.id}"
    if requirement.area != file_name.partition(".")[0]:
        raise BadRow(f"{where}: belongs to {requirement.area}.toml")
    key, _, anchor = requirement.source.partition("#")
    if key not in catalogue.sources or not anchor:
        raise BadRow(f"{where}: source {requirement.source!r} is not <key of {_SOURCES}>#<anchor>")
    try:
        unknown = features_in(requirement.feature).difference(*catalogue.features.values())
    except ValueError as error:
        raise BadRow(f"{where}: {error}") from error
    if unknown:
        raise BadRow(f"{where}: {_FEATURES} lacks {sorted(unknown)}")
