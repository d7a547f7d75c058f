"""One requirement, as data."""

from __future__ import annotations

from typing import Annotated, Any

from msgspec import Meta, Struct, to_builtins

from conformance.catalogue.levels import Harm, Level, Standing

Text = Annotated[str, Meta(min_length=1)]

BY_CHANCE = frozenset({"consistency", "load", "race"})
"""Areas whose checks do not find the same twice."""


class Source(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A document that requirements are taken from."""

    key: Text
    title: Text
    url: str = ""
    """Its address, to which an anchor can be added; empty for a source without a page that the anchors are on."""


class Requirement(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A row of the catalogue.

    `source` is `<key of a Source>#<anchor>`. `harm` is what a deviation does to people.
    `untested` says why no check can hold the row; every other row has exactly one check.
    """

    id: Annotated[str, Meta(pattern=r"^[a-z][a-z0-9-]*(\.[a-z0-9][a-z0-9-]*)+$")]
    level: Level
    standing: Standing
    feature: Text
    statement: Text
    source: Text
    affects: Text
    since: Text
    harm: Harm = Harm.DEVIATES
    untested: Text | None = None

    @property
    def area(self) -> str:
        """The first segment of the id: the file of the catalogue, and the module of the checks."""
        return self.id.partition(".")[0]

    @property
    def runs_clients(self) -> bool:
        """Whether its check runs real clients, which take a second each."""
        return self.area == "clients" or self.id.endswith("-end-to-end")

    def as_json(self) -> dict[str, Any]:
        """Return the row as a JSON object, under the catalogue's own keys."""
        table: dict[str, Any] = to_builtins(self)
        return table
