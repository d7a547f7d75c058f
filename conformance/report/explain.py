"""A verdict in words."""

from __future__ import annotations

from typing import TYPE_CHECKING

from conformance.catalogue.examples import examples
from conformance.profiles import profile, profile_names

if TYPE_CHECKING:
    from collections.abc import Sequence

    from conformance.catalogue import Catalogue, Requirement
    from conformance.catalogue.examples import Example
    from conformance.verdicts import Deviation

INDENT = 11
MOST_NAMES = 5


def explain_deviation(requirement: Requirement, deviation: Deviation, catalogue: Catalogue) -> str:
    """Return what was expected and found, where, who is affected, and the source of the rule."""
    return _table(
        requirement.statement,
        expected=deviation.expected,
        found=deviation.found,
        where=deviation.where,
        affects=requirement.affects,
        source=catalogue.cite(requirement),
    )


def explain_requirement(requirement: Requirement, catalogue: Catalogue) -> str:
    """Return everything that the catalogue says about a requirement, with an example of right and wrong."""
    example = examples().get(requirement.id)
    return f"{requirement.id}\n" + _table(
        requirement.statement,
        level=f"{requirement.level}; a failing registry {requirement.standing.words(requirement.level)}",
        harm=requirement.harm.words,
        **{_plural("feature", requirement.feature): in_words(requirement.feature)},
        profiles=", ".join(profiles_by_id(catalogue)[requirement.id]),
        affects=requirement.affects,
        source=catalogue.cite(requirement),
        **{"in sets": f"since {requirement.since}"},
        untested=requirement.untested or "",
        **(_right_and_wrong(example) if example else {}),
    )


def _right_and_wrong(example: Example) -> dict[str, str]:
    """Return what a check says of a server with a fault that breaks the requirement, by label."""
    others = f"\nAlso broken by {_some(example.others)}." if example.others else ""
    return {
        "right": f"expected {example.expected}",
        "wrong": f"found {example.found}" if example.found else "",
        "where": example.where,
        "fault": f"{example.fault}: {example.does}{others}",
    }


def _some(names: Sequence[str]) -> str:
    """Return a few names in words, and the number of the others."""
    more = len(names) - MOST_NAMES
    *first, last = [*names[:MOST_NAMES], f"{more} more"] if more > 0 else names
    return f"{', '.join(first)} and {last}" if first else last


def in_words(expression: str) -> str:
    """Return an expression of features in words: `a+b|c` is "a and b, or c"."""
    either = [each.replace("+", " and ") for each in expression.split("|")]
    return (", or " if "+" in expression else " or ").join(either)


def profiles_by_id(catalogue: Catalogue) -> dict[str, list[str]]:
    """Return by requirement the names of the profiles that hold registries to it."""
    found: dict[str, list[str]] = {requirement.id: [] for requirement in catalogue}
    for name in profile_names():
        for requirement in catalogue.for_profile(profile(name)):
            found[requirement.id].append(name)
    return found


def _plural(noun: str, expression: str) -> str:
    return f"{noun}s" if "+" in expression or "|" in expression else noun


def _table(head: str, **rows: str) -> str:
    lines = [head]
    for label, text in rows.items():
        if text:
            first, *rest = text.splitlines() or [""]
            lines.append(f"  {label:<{INDENT - 2}}{first}")
            lines += [" " * INDENT + line for line in rest]
    return "\n".join(lines)
