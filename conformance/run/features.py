"""The features that a target offers."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from conformance.catalogue.features import alternatives
from conformance.verdicts import NotApplicable, Untestable

if TYPE_CHECKING:
    from collections.abc import Mapping

    from conformance.catalogue.features import Term


DRIVEN = frozenset({"yank", "status", "provenance"})
"""Features that a run can switch on with a driver: see docs/drivers.md."""


@dataclass(frozen=True, kw_only=True)
class OfferedFeatures:
    """The features that a target offers, and the API versions that its pages declare."""

    features: frozenset[str] = field(default_factory=frozenset)
    versions: dict[str, str] = field(default_factory=dict)
    """By form, `html` or `json`: what the page says, such as `1.4`."""
    claimed: frozenset[str] = frozenset()
    """Features that the target claims, and that were looked for."""
    lost: Mapping[str, str] = field(default_factory=dict)
    """Features that the target claims and that are found nowhere, each with where they are claimed."""
    unknown: Mapping[str, str] = field(default_factory=dict)
    """Features whose probe ended in a server error, each with the request."""
    failing: frozenset[str] = frozenset()
    """Features that the target claims, and where the registry has answered with errors of its own: taken for offered,
    so that their requirements find the error."""
    unseen: frozenset[str] = frozenset()
    """Features that the target claims, and that nothing which the run can look at has to show."""

    def has(self, expression: str) -> bool:
        """Tell whether `a`, `a|b` (either), `a+b` (both) or `json>=1.1` is offered; `+` binds closer."""
        return any(all(map(self._has, terms)) for terms in alternatives(expression))

    def refusal(self, expression: str) -> str:
        """Return in words what of an expression is not offered."""
        lacking = [[term for term in terms if not self._has(term)] for terms in alternatives(expression)]
        words = " or ".join(dict.fromkeys(" and ".join(map(str, terms)) for terms in lacking))
        by_driver = any(term.feature in DRIVEN for terms in lacking for term in terms)
        if by_driver:
            return f"the registry does not offer {words}, and [management] names no driver that can (docs/drivers.md)"
        return f"the registry does not offer {words}"

    def lacking(self, expression: str) -> list[str]:
        """Return what an expression needs and is not offered, such as `json>=1.1`; of alternatives, `html|json`."""
        needed = [
            [self._lacking(term) for term in terms if not self._has(term)]
            for terms in alternatives(expression)
        ]
        in_each = set.intersection(*map(set, needed))
        either = ["+".join(term for term in terms if term not in in_each) for terms in needed]
        return sorted(in_each | ({"|".join(dict.fromkeys(either))} if all(either) else set()))

    def _lacking(self, term: Term) -> str:
        """Return a term with its version, where that is what is not offered."""
        return f"{term.feature}>={term.version}" if term.feature in self.features else term.feature

    def require_known(self, expression: str) -> None:
        """Raise Untestable where a server error is why it is unknown whether an expression is offered."""
        if lacking := [feature for feature in self.lacking(expression) if feature in self.unknown]:
            raise Untestable(
                f"it is unknown whether the registry offers {lacking[0]}, as the request that shows it ends in a "
                f"server error: {self.unknown[lacking[0]]}"
            )

    def _has(self, term: Term) -> bool:
        if term.feature not in self.features:
            return False
        declared = self.versions.get(term.feature, "1.0")
        return term.version is None or _number(declared) >= _number(term.version)

    def as_json(self) -> dict[str, Any]:
        """Return the offer for another process."""
        return {
            "features": sorted(self.features),
            "versions": self.versions,
            "claimed": sorted(self.claimed),
            "lost": dict(self.lost),
            "unknown": dict(self.unknown),
            "failing": sorted(self.failing),
            "unseen": sorted(self.unseen),
        }


class NotOffered(NotApplicable):
    """The target does not offer what a requirement needs, and does not claim to."""

    def __init__(self, offer: OfferedFeatures, expression: str) -> None:
        super().__init__(offer.refusal(expression))
        self.lacking = offer.lacking(expression)


def offer_from_json(table: dict[str, Any]) -> OfferedFeatures:
    """Read what `OfferedFeatures.as_json` wrote."""
    return OfferedFeatures(
        features=frozenset(table["features"]),
        versions=dict(table["versions"]),
        claimed=frozenset(table["claimed"]),
        lost=dict(table["lost"]),
        unknown=dict(table["unknown"]),
        failing=frozenset(table["failing"]),
        unseen=frozenset(table["unseen"]),
    )


def _number(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in re.findall(r"\d+", version))
