"""Features: what a registry may leave out, and the expressions that rows make of them."""

from __future__ import annotations

import re
from functools import cache
from typing import NamedTuple

_TERM = re.compile(r"(?P<feature>[a-z0-9-]+)(>=(?P<version>\d+\.\d+))?")


class Term(NamedTuple):
    """A feature, and the API version that it takes at least; None where any will do."""

    feature: str
    version: str | None

    def __str__(self) -> str:
        """Return it in words."""
        return f"{self.feature} of API version {self.version}" if self.version else self.feature


@cache
def alternatives(expression: str) -> tuple[tuple[Term, ...], ...]:
    """Read `a`, `a|b` (either), `a+b` (both) or `json>=1.1`; `+` binds closer. Raises ValueError."""
    return tuple(tuple(map(_term, each.split("+"))) for each in expression.split("|"))


def features_in(expression: str) -> frozenset[str]:
    """Return the features that an expression names. Raises ValueError."""
    return frozenset(term.feature for terms in alternatives(expression) for term in terms)


def in_words(expression: str) -> str:
    """Return an expression in words: `a or b`, `a and b`, `json of API version 1.1`. Raises ValueError."""
    return " or ".join(" and ".join(map(str, terms)) for terms in alternatives(expression))


def satisfiable(expression: str, features: frozenset[str]) -> bool:
    """Tell whether a registry with these features can satisfy an expression, at some API version."""
    return any(features.issuperset(term.feature for term in terms) for terms in alternatives(expression))


def _term(text: str) -> Term:
    match = _TERM.fullmatch(text)
    if match is None:
        raise ValueError(f"{text!r} is not a feature")
    return Term(match["feature"], match["version"])
