"""One requirement, as data."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any


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
    DE_FACTO = "de-facto"
    DRAFT = "draft"

    @property
    def words(self) -> str:
        """What a registry does that fails a requirement of this standing."""
        return {
            Standing.SPEC: "violates the specification",
            Standing.IMPLIED: "contradicts what follows from the specification",
            Standing.VENDOR: "breaks what GitLab documents",
            Standing.DE_FACTO: "breaks clients in wide use",
            Standing.DRAFT: "differs from a draft",
        }[self]


@dataclass(frozen=True, kw_only=True)
class Source:
    """A document that requirements are taken from."""

    key: str
    title: str


@dataclass(frozen=True, kw_only=True)
class Requirement:
    """A row of the catalogue.

    `source` is `<key of a Source>#<anchor>`. `untested` says why no check can hold the row;
    every other row has exactly one check.
    """

    id: str
    level: Level
    standing: Standing
    feature: str
    statement: str
    source: str
    affects: str
    since: str
    untested: str | None = None

    @property
    def area(self) -> str:
        """The first segment of the id: the file of the catalogue, and the module of the checks."""
        return self.id.partition(".")[0]

    def as_json(self) -> dict[str, Any]:
        """Return the row as a JSON object, under the catalogue's own keys."""
        return asdict(self)
