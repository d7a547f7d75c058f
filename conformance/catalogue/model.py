"""One requirement, as data."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Any

from msgspec import Meta, Struct, to_builtins

Text = Annotated[str, Meta(min_length=1)]


class Level(StrEnum):
    """How strongly the source asks for it (RFC 2119)."""

    MUST = "MUST"
    SHOULD = "SHOULD"
    MAY = "MAY"


class Standing(StrEnum):
    """Where the authority of a requirement comes from. It decides the words of a failure, not the verdict."""

    SPEC = "spec"
    IMPLIED = "implied"
    VENDOR = "vendor"
    POLICY = "policy"
    DE_FACTO = "de-facto"
    DRAFT = "draft"

    def words(self, level: Level) -> str:
        """What a registry does that fails a requirement of this standing and level."""
        must, should, may = _WORDS[self]
        return {Level.MUST: must, Level.SHOULD: should, Level.MAY: may}[level]


_WORDS = {
    Standing.SPEC: (
        "violates the specification",
        "departs from a recommendation of the specification",
        "leaves out what the specification allows",
    ),
    Standing.IMPLIED: (
        "contradicts what follows from the specification",
        "departs from what the specification suggests",
        "leaves out what the specification makes possible",
    ),
    Standing.VENDOR: (
        "contradicts GitLab's documentation",
        "departs from what GitLab's documentation recommends",
        "leaves out what GitLab's documentation allows",
    ),
    Standing.POLICY: (
        "breaks a rule of the Python Package Index",
        "departs from a practice of the Python Package Index",
        "leaves out what the Python Package Index allows",
    ),
    Standing.DE_FACTO: (
        "breaks clients in wide use",
        "causes trouble for clients in wide use",
        "leaves out what some clients can use",
    ),
    Standing.DRAFT: (
        "differs from a draft",
        "departs from a recommendation of a draft",
        "leaves out what a draft allows",
    ),
}


class Source(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A document that requirements are taken from."""

    key: Text
    title: Text


class Requirement(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A row of the catalogue.

    `source` is `<key of a Source>#<anchor>`. `untested` says why no check can hold the row;
    every other row has exactly one check.
    """

    id: Annotated[str, Meta(pattern=r"^[a-z][a-z0-9-]*(\.[a-z0-9][a-z0-9-]*)+$")]
    level: Level
    standing: Standing
    feature: Text
    statement: Text
    source: Text
    affects: Text
    since: Text
    untested: Text | None = None

    @property
    def area(self) -> str:
        """The first segment of the id: the file of the catalogue, and the module of the checks."""
        return self.id.partition(".")[0]

    def as_json(self) -> dict[str, Any]:
        """Return the row as a JSON object, under the catalogue's own keys."""
        table: dict[str, Any] = to_builtins(self)
        return table
