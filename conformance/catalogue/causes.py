"""Which requirement explains which other deviations, as data."""

from __future__ import annotations

import re
from fnmatch import fnmatchcase
from functools import cache, cached_property
from importlib.resources import files

import msgspec

_REFUSED_UPLOAD = re.compile(r"status [45]\d\d\b.*\nPOST ")
"""An upload that was refused: what was found, and where."""


class Cause(msgspec.Struct, frozen=True, forbid_unknown_fields=True, dict=True):
    """An entry of causes.toml."""

    roots: tuple[str, ...]
    """The requirements that are about the defect itself, the best one first."""
    consequences: tuple[str, ...]
    """Patterns of ids whose deviations may follow from it."""
    evidence: str = ""
    """A regular expression that each of these deviations has to show; empty where its id says enough."""
    apart: tuple[str, ...] = ()
    """Ids whose deviations stand for themselves, though a pattern fits."""
    named_unjudged: bool = False
    """Whether a run that judges none of its roots names the first one: its defect is beneath what others look at."""
    harmless: bool = False
    """Whether the consequences do no harm of their own: each finds the defect of the root once more."""

    @cached_property
    def _evidence(self) -> re.Pattern[str]:
        return re.compile(self.evidence, re.MULTILINE)

    def is_shown_by(self, evidence: str) -> bool:
        """Tell whether a deviation with this evidence may belong to it."""
        return bool(self._evidence.search(evidence))

    def explains(self, requirement_id: str, evidence: str) -> bool:
        """Tell whether a deviation of this requirement, with this evidence, follows from a root that deviates.

        What all that read a page or a file may follow from explains no refused upload.
        """
        if "*" in self.consequences and requirement_id not in self.roots and _REFUSED_UPLOAD.match(evidence):
            return False
        return self.may_explain(requirement_id) and self.is_shown_by(evidence)

    def may_explain(self, requirement_id: str) -> bool:
        """Tell whether deviations of this requirement are among its roots and consequences."""
        patterns = (*self.roots, *self.consequences)
        return requirement_id not in self.apart and any(
            fnmatchcase(requirement_id, each) for each in patterns
        )


class _Causes(msgspec.Struct, forbid_unknown_fields=True):
    cause: tuple[Cause, ...]


@cache
def causes() -> tuple[Cause, ...]:
    """Return the entries of causes.toml, in their order."""
    text = files("conformance.catalogue").joinpath("causes.toml").read_bytes()
    return msgspec.toml.decode(text, type=_Causes).cause


def is_harmless(consequence: str, root: str, evidence: str) -> bool:
    """Tell whether a deviation, which follows from another one, does no harm beyond that; both by their ids.

    `evidence` is what was found, and where: of several entries that have both, the first that it shows counts.
    """
    entries = [each for each in causes() if root in each.roots and each.may_explain(consequence)]
    shown = [each for each in entries if each.is_shown_by(evidence)] or entries
    return bool(shown) and shown[0].harmless
