"""How strongly a requirement is asked for, by whom, and what a deviation does."""

from __future__ import annotations

from enum import StrEnum


class Level(StrEnum):
    """How strongly the source asks for it (RFC 2119)."""

    MUST = "MUST"
    SHOULD = "SHOULD"
    MAY = "MAY"


class Harm(StrEnum):
    """What a deviation does to people, the worst first. Reports begin with the worst."""

    UNSAFE = "unsafe"
    DATA_LOSS = "data-loss"
    BREAKS_CLIENTS = "breaks-clients"
    DEVIATES = "deviates"

    @property
    def words(self) -> str:
        """The harm in a line of a report; empty where there is none beyond the deviation itself."""
        return {"unsafe": "unsafe", "data-loss": "loses data", "breaks-clients": "breaks clients"}.get(
            self, ""
        )


class Standing(StrEnum):
    """Where the authority of a requirement comes from. It decides the words of a failure, not the verdict."""

    SPEC = "spec"
    IMPLIED = "implied"
    VENDOR = "vendor"
    POLICY = "policy"
    DE_FACTO = "de-facto"
    DRAFT = "draft"
    CLAIM = "claim"

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
    Standing.CLAIM: (
        "does not offer what registry.toml claims",
        "departs from what registry.toml claims",
        "leaves out what registry.toml claims",
    ),
}
