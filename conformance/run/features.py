"""The features that a target offers."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

_TERM = re.compile(r"(?P<feature>[a-z0-9-]+)(>=(?P<version>\d+\.\d+))?")


@dataclass(frozen=True, kw_only=True)
class OfferedFeatures:
    """The features that a target offers, and the API versions that its pages declare."""

    features: frozenset[str] = field(default_factory=frozenset)
    versions: dict[str, str] = field(default_factory=dict)
    """By form, `html` or `json`: what the page says, such as `1.4`."""

    def has(self, expression: str) -> bool:
        """Tell whether `a`, `a|b` (either), `a+b` (both) or `json>=1.1` is offered; `+` binds closer."""
        return any(all(map(self._has, each.split("+"))) for each in expression.split("|"))

    def _has(self, term: str) -> bool:
        match = _TERM.fullmatch(term)
        if match is None:
            raise ValueError(f"{term!r} is not a feature")
        wanted = match["version"]
        if match["feature"] not in self.features:
            return False
        return wanted is None or _number(self.versions.get(match["feature"], "1.0")) >= _number(wanted)

    def as_json(self) -> dict[str, Any]:
        """Return the offer for another process."""
        return {"features": sorted(self.features), "versions": self.versions}


def offer_from_json(table: dict[str, Any]) -> OfferedFeatures:
    """Read what `OfferedFeatures.as_json` wrote."""
    return OfferedFeatures(features=frozenset(table["features"]), versions=dict(table["versions"]))


def _number(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in re.findall(r"\d+", version))
